-- What sources say of two of their own records being one; and how a group finds all that it did.
CREATE TABLE identity.feed_link (
    subject bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('replaced-by', 'replaces', 'seealso')),
    other_id text COLLATE "C" NOT NULL,
    authority text COLLATE "C" NOT NULL,
    local_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    said_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'applied', 'refused')),
    group_id uuid,
    PRIMARY KEY (subject, kind, other_id)
);
CREATE INDEX feed_link_other ON identity.feed_link (authority, other_id);
CREATE INDEX feed_link_waiting ON identity.feed_link (said_at) WHERE state = 'waiting';
COMMENT ON TABLE identity.feed_link IS 'Links between records of one authority, as its Patient entries tell them now.';
COMMENT ON COLUMN identity.feed_link.subject IS 'The local identity whose entry tells it.';
COMMENT ON COLUMN identity.feed_link.kind IS 'The kind of FHIR: replaced by, replaces, or see also.';
COMMENT ON COLUMN identity.feed_link.other_id IS 'The public Patient id of the other.';
COMMENT ON COLUMN identity.feed_link.authority IS 'The id namespace of both.';
COMMENT ON COLUMN identity.feed_link.local_id IS 'The public Patient id of the one that tells it.';
COMMENT ON COLUMN identity.feed_link.source IS 'The source that told it.';
COMMENT ON COLUMN identity.feed_link.said_at IS 'Since when it is told.';
COMMENT ON COLUMN identity.feed_link.state IS 'Waiting for the other to be known, applied, or refused by a veto.';
COMMENT ON COLUMN identity.feed_link.group_id IS 'The group that applied it, which is taken back when it is told no more.';

CREATE INDEX decision_seq ON identity.decision (seq);
CREATE INDEX event_inverse ON identity.event (inverse_of) WHERE inverse_of IS NOT NULL;
CREATE INDEX review_closed ON identity.review (closed_seq) WHERE closed_seq IS NOT NULL;
