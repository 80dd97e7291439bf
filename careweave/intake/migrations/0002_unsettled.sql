-- Labelled entries of an import whose labels other processes may have missed, until they are passed on.
CREATE TABLE intake.unsettled (
    source smallint NOT NULL,
    type text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, type, id)
);
COMMENT ON TABLE intake.unsettled IS 'Entries whose labels an import has yet to pass on, each written in the transaction of the entry.';
COMMENT ON COLUMN intake.unsettled.source IS 'The source that the entry belongs to.';
COMMENT ON COLUMN intake.unsettled.type IS 'The type of the entry.';
COMMENT ON COLUMN intake.unsettled.id IS 'The public id of the entry.';
