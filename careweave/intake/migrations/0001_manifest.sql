-- What the way in keeps of its own: how far each imported file came.
CREATE SCHEMA intake;
COMMENT ON SCHEMA intake IS 'The way in; only the room intake names its tables.';

CREATE TABLE intake.manifest (
    source smallint NOT NULL,
    file bytea NOT NULL,
    start bigint NOT NULL,
    finish bigint NOT NULL,
    n_stored int NOT NULL,
    n_refused int NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (source, file, start)
);
COMMENT ON TABLE intake.manifest IS 'The pieces of files that were imported, each written in the transaction of its entries.';
COMMENT ON COLUMN intake.manifest.source IS 'The source that the entries belong to.';
COMMENT ON COLUMN intake.manifest.file IS 'Digest of the content of the file.';
COMMENT ON COLUMN intake.manifest.start IS 'Offset of the first byte of the piece, in the uncompressed content.';
COMMENT ON COLUMN intake.manifest.finish IS 'Offset after the last byte.';
COMMENT ON COLUMN intake.manifest.n_stored IS 'How many entries were stored.';
COMMENT ON COLUMN intake.manifest.n_refused IS 'How many lines were refused.';
COMMENT ON COLUMN intake.manifest.at IS 'When.';
