CREATE SCHEMA IF NOT EXISTS sources;
COMMENT ON SCHEMA sources IS 'What is known of the systems that send: their mappings, their status.';

CREATE TABLE sources.mapping_version (
  id text COLLATE "C" NOT NULL,
  version int NOT NULL CHECK (version > 0),
  digest bytea NOT NULL,
  body bytea NOT NULL,
  activated_at timestamptz NOT NULL,
  PRIMARY KEY (id, version)
);
COMMENT ON TABLE sources.mapping_version IS
'The mappings that were ever in force; a row is never changed, so that what a version did can be read.';
COMMENT ON COLUMN sources.mapping_version.id IS 'The name of the mapping.';
COMMENT ON COLUMN sources.mapping_version.version IS 'Its version; another content is another version.';
COMMENT ON COLUMN sources.mapping_version.digest IS 'The SHA-256 of the body.';
COMMENT ON COLUMN sources.mapping_version.body IS 'The bytes of its files, one after the other.';
COMMENT ON COLUMN sources.mapping_version.activated_at IS 'When it was first put in force.';
