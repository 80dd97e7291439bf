CREATE TABLE db.configuration (
  version int PRIMARY KEY CHECK (version > 0),
  files bytea NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  by_name text NOT NULL CHECK (by_name <> ''),
  second_name text NOT NULL CHECK (second_name <> '' AND second_name <> by_name),
  note text NOT NULL CHECK (note <> ''),
  applied_at timestamptz NOT NULL,
  effective_from timestamptz NOT NULL CHECK (effective_from >= applied_at),
  reverted_from int
);
CREATE INDEX configuration_effective ON db.configuration (effective_from, version);
COMMENT ON TABLE db.configuration IS 'The versions of who may see what: the files of the region that say it, whole, never changed.';
COMMENT ON COLUMN db.configuration.version IS 'Counts the versions; of those that are effective the highest is in force.';
COMMENT ON COLUMN db.configuration.files IS 'The files as a ZIP archive; the same files give the same bytes.';
COMMENT ON COLUMN db.configuration.digest IS 'The SHA-256 of the archive.';
COMMENT ON COLUMN db.configuration.by_name IS 'Who applied it.';
COMMENT ON COLUMN db.configuration.second_name IS 'The other person who agreed to it.';
COMMENT ON COLUMN db.configuration.note IS 'Why it was applied.';
COMMENT ON COLUMN db.configuration.applied_at IS 'When it was applied.';
COMMENT ON COLUMN db.configuration.effective_from IS 'From when it is in force.';
COMMENT ON COLUMN db.configuration.reverted_from IS 'The version that it brought back; null for new files.';
