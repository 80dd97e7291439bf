CREATE TABLE db.installation (
  one boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
  secret bytea NOT NULL CHECK (octet_length(secret) = 32),
  made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE db.installation IS 'What makes this installation different from every other; one row.';
COMMENT ON COLUMN db.installation.one IS 'Always true, so that there is one row.';
COMMENT ON COLUMN db.installation.made_at IS 'When it was first migrated.';
COMMENT ON COLUMN db.installation.secret IS 'Keys the hashes of search values; never leaves the installation.';
INSERT INTO db.installation (secret)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
