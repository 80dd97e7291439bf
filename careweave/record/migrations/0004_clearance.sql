-- What somebody has read and released: no entry counts as cleared before.
CREATE TABLE record.cleared (
    subject bigint NOT NULL,
    rid bigint NOT NULL,
    ver int NOT NULL,
    at timestamptz NOT NULL,
    by_actor text NOT NULL,
    PRIMARY KEY (subject, rid)
);
COMMENT ON TABLE record.cleared IS 'Entries released by the check for third parties and serious harm.';
COMMENT ON COLUMN record.cleared.subject IS 'The subject of the entry.';
COMMENT ON COLUMN record.cleared.rid IS 'The entry.';
COMMENT ON COLUMN record.cleared.ver IS 'The version that was read; a later one has to be released anew.';
COMMENT ON COLUMN record.cleared.at IS 'When it was released.';
COMMENT ON COLUMN record.cleared.by_actor IS 'Who released it.';
