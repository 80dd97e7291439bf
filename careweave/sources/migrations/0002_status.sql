-- How each feed does, and what arrives that no mapping uses.
CREATE SCHEMA IF NOT EXISTS sources;

CREATE TABLE sources.feed_status (
    source text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    rhythm interval,
    last_asked_at timestamptz,
    last_success_at timestamptz,
    last_event_at timestamptz,
    last_visible_at timestamptz,
    lag interval,
    state text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'failing', 'stopped')),
    why text NOT NULL DEFAULT '',
    since timestamptz NOT NULL,
    n_failed int NOT NULL DEFAULT 0,
    PRIMARY KEY (source, feed)
) WITH (fillfactor = 50);
COMMENT ON TABLE sources.feed_status IS 'How each feed does: one row a source and feed. Late and silent follow from the time of reading, so no row says them.';
COMMENT ON COLUMN sources.feed_status.source IS 'The name of the source in the region.';
COMMENT ON COLUMN sources.feed_status.feed IS 'Which of its feeds.';
COMMENT ON COLUMN sources.feed_status.rhythm IS 'How often the description says that something comes; null where it says nothing.';
COMMENT ON COLUMN sources.feed_status.last_asked_at IS 'When it was last looked at or asked.';
COMMENT ON COLUMN sources.feed_status.last_success_at IS 'When it was last heard from, also to say that there is nothing new.';
COMMENT ON COLUMN sources.feed_status.last_event_at IS 'The newest time of an event that it told.';
COMMENT ON COLUMN sources.feed_status.last_visible_at IS 'When something of it last came into the record.';
COMMENT ON COLUMN sources.feed_status.lag IS 'From the event to the record, at the last arrival.';
COMMENT ON COLUMN sources.feed_status.state IS 'ok, failing since the last failure, or stopped by an operator.';
COMMENT ON COLUMN sources.feed_status.why IS 'What failed, or why it was stopped, in words without data.';
COMMENT ON COLUMN sources.feed_status.since IS 'Since when the state holds.';
COMMENT ON COLUMN sources.feed_status.n_failed IS 'Failures in a row.';

CREATE TABLE sources.feed_count (
    source text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    what text COLLATE "C" NOT NULL CHECK (what IN ('arrival', 'lag', 'wait', 'gap')),
    bucket smallint NOT NULL,
    n int NOT NULL,
    PRIMARY KEY (source, feed, what, since, bucket)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.feed_count IS 'Counts of each feed by hour (gaps by day): arrivals, and histograms whose steps are half powers of two.';
COMMENT ON COLUMN sources.feed_count.source IS 'The name of the source.';
COMMENT ON COLUMN sources.feed_count.feed IS 'Which of its feeds.';
COMMENT ON COLUMN sources.feed_count.since IS 'The hour, or the day for gaps.';
COMMENT ON COLUMN sources.feed_count.what IS 'arrival; lag from event to record; wait from arrival to record; gap between two arrivals.';
COMMENT ON COLUMN sources.feed_count.bucket IS 'Step b of 1 to 63 holds 2^((b-1)/2) to 2^(b/2) milliseconds; 0 less than one, and arrivals.';
COMMENT ON COLUMN sources.feed_count.n IS 'How many.';
CREATE INDEX feed_count_since ON sources.feed_count (since);

CREATE TABLE sources.live_check (
    source text COLLATE "C" NOT NULL,
    subject bigint NOT NULL,
    heading text COLLATE "C" NOT NULL,
    asked_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('answered', 'silent', 'failed')),
    PRIMARY KEY (subject, source, heading)
);
COMMENT ON TABLE sources.live_check IS 'The last answer of a live source for one subject and heading; kept a day.';
COMMENT ON COLUMN sources.live_check.source IS 'The name of the source.';
COMMENT ON COLUMN sources.live_check.subject IS 'Whom it was asked about.';
COMMENT ON COLUMN sources.live_check.heading IS 'Which heading it was asked for.';
COMMENT ON COLUMN sources.live_check.asked_at IS 'When.';
COMMENT ON COLUMN sources.live_check.outcome IS 'answered, silent (not in time) or failed.';
CREATE INDEX live_check_asked ON sources.live_check (asked_at);

CREATE TABLE sources.coverage_day (
    source text COLLATE "C" NOT NULL,
    mapping text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    day date NOT NULL,
    n_messages int NOT NULL,
    n_mapped bigint NOT NULL,
    n_unmapped bigint NOT NULL,
    PRIMARY KEY (source, mapping, kind, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.coverage_day IS 'How many of the fields that arrived with a value were used, by kind of message and day.';
COMMENT ON COLUMN sources.coverage_day.source IS 'The name of the source.';
COMMENT ON COLUMN sources.coverage_day.mapping IS 'The mapping with its version.';
COMMENT ON COLUMN sources.coverage_day.kind IS 'The kind of message.';
COMMENT ON COLUMN sources.coverage_day.day IS 'The day of mapping, UTC.';
COMMENT ON COLUMN sources.coverage_day.n_messages IS 'How many messages.';
COMMENT ON COLUMN sources.coverage_day.n_mapped IS 'Fields with a value that the mapping used.';
COMMENT ON COLUMN sources.coverage_day.n_unmapped IS 'Fields with a value that it neither used nor dropped with a reason.';

CREATE TABLE sources.path_day (
    source text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    day date NOT NULL,
    n int NOT NULL,
    is_mapped boolean NOT NULL,
    PRIMARY KEY (source, kind, path, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.path_day IS 'In how many messages each field had a value, by day.';
COMMENT ON COLUMN sources.path_day.source IS 'The name of the source.';
COMMENT ON COLUMN sources.path_day.kind IS 'The kind of message.';
COMMENT ON COLUMN sources.path_day.path IS 'The field or column.';
COMMENT ON COLUMN sources.path_day.day IS 'The day of mapping, UTC.';
COMMENT ON COLUMN sources.path_day.n IS 'Messages with a value in it.';
COMMENT ON COLUMN sources.path_day.is_mapped IS 'Whether the mapping used it last.';

CREATE TABLE sources.unmapped (
    source text COLLATE "C" NOT NULL,
    mapping text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    n int NOT NULL,
    top jsonb NOT NULL,
    n_other int NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    example bigint NOT NULL,
    PRIMARY KEY (source, mapping, path)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.unmapped IS 'Fields that arrive and that the mapping neither uses nor drops with a reason.';
COMMENT ON COLUMN sources.unmapped.source IS 'The name of the source.';
COMMENT ON COLUMN sources.unmapped.mapping IS 'The mapping with its version.';
COMMENT ON COLUMN sources.unmapped.path IS 'The field or column.';
COMMENT ON COLUMN sources.unmapped.n IS 'Messages with a value in it.';
COMMENT ON COLUMN sources.unmapped.top IS 'The most frequent values and how often each came; a value stands as its keyed digest, never as itself.';
COMMENT ON COLUMN sources.unmapped.n_other IS 'How often other values came.';
COMMENT ON COLUMN sources.unmapped.first_at IS 'When it was first seen.';
COMMENT ON COLUMN sources.unmapped.last_at IS 'When it was last seen.';
COMMENT ON COLUMN sources.unmapped.example IS 'The newest message with it.';

CREATE TABLE sources.unmapped_code (
    source text COLLATE "C" NOT NULL,
    mapping text COLLATE "C" NOT NULL,
    code_table text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    display text NOT NULL,
    n int NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    example bigint NOT NULL,
    PRIMARY KEY (source, mapping, code_table, code)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.unmapped_code IS 'Codes that no table of the mapping has.';
COMMENT ON COLUMN sources.unmapped_code.source IS 'The name of the source.';
COMMENT ON COLUMN sources.unmapped_code.mapping IS 'The mapping with its version.';
COMMENT ON COLUMN sources.unmapped_code.code_table IS 'The table of the mapping that was asked.';
COMMENT ON COLUMN sources.unmapped_code.code IS 'The code as it came, cut at 64 characters.';
COMMENT ON COLUMN sources.unmapped_code.display IS 'What the source calls it, cut at 120 characters.';
COMMENT ON COLUMN sources.unmapped_code.n IS 'How often.';
COMMENT ON COLUMN sources.unmapped_code.first_at IS 'When it first came.';
COMMENT ON COLUMN sources.unmapped_code.last_at IS 'When it last came.';
COMMENT ON COLUMN sources.unmapped_code.example IS 'The newest message with it.';

CREATE TABLE sources.finding_count (
    source text COLLATE "C" NOT NULL,
    mapping text COLLATE "C" NOT NULL,
    finding text COLLATE "C" NOT NULL,
    n int NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    example bigint NOT NULL,
    PRIMARY KEY (source, mapping, finding)
) WITH (fillfactor = 70);
COMMENT ON TABLE sources.finding_count IS 'How often each finding was made in the messages of a source.';
COMMENT ON COLUMN sources.finding_count.source IS 'The name of the source.';
COMMENT ON COLUMN sources.finding_count.mapping IS 'The mapping with its version.';
COMMENT ON COLUMN sources.finding_count.finding IS 'The word of the finding.';
COMMENT ON COLUMN sources.finding_count.n IS 'Messages with it.';
COMMENT ON COLUMN sources.finding_count.first_at IS 'When it was first made.';
COMMENT ON COLUMN sources.finding_count.last_at IS 'When it was last made.';
COMMENT ON COLUMN sources.finding_count.example IS 'The newest message with it.';
