-- Finding messages by time over all sources, and the rows of a file.
CREATE INDEX message_received ON intake.message (received_at DESC, id DESC);
CREATE INDEX message_parent ON intake.message (parent, line) WHERE parent IS NOT NULL;
CREATE INDEX parked_received ON intake.parked (received_at DESC, message DESC);
