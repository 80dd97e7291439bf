-- The files of the region that are in force, and what of newer ones is not.
CREATE TABLE sources.configuration (
    digest bytea PRIMARY KEY,
    files bytea NOT NULL,
    adopted_at timestamptz NOT NULL
);
COMMENT ON TABLE sources.configuration IS 'The files of sources that were in force, so that a start never depends on an edit that is not finished.';
COMMENT ON COLUMN sources.configuration.digest IS 'The SHA-256 of the files.';
COMMENT ON COLUMN sources.configuration.files IS 'The files as an archive.';
COMMENT ON COLUMN sources.configuration.adopted_at IS 'When they came into force last.';

CREATE TABLE sources.not_in_force (
    one boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
    faults text [] NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE sources.not_in_force IS 'Why what lies on disk is not in force; empty when it is.';
COMMENT ON COLUMN sources.not_in_force.one IS 'Always true: there is one row at most.';
COMMENT ON COLUMN sources.not_in_force.faults IS 'What is wrong: words of region files.';
COMMENT ON COLUMN sources.not_in_force.since IS 'Since when.';
