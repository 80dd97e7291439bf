CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Who may come to a door: the clients and the digests of their tokens.';

CREATE TABLE access.client (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  system text COLLATE "C" NOT NULL,
  source int NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  scopes text[] NOT NULL,
  id_prefix text COLLATE "C",
  token_digest bytea NOT NULL UNIQUE CHECK (octet_length(token_digest) = 32),
  added_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE UNIQUE INDEX client_name ON access.client (name) WHERE revoked_at IS NULL;
COMMENT ON TABLE access.client IS 'One system client and its token; a revoked one stays, for the accounts that name it.';
COMMENT ON COLUMN access.client.id IS 'A number for the operator.';
COMMENT ON COLUMN access.client.name IS 'The name that accounts carry; one living client has it.';
COMMENT ON COLUMN access.client.organisation IS 'On whose behalf it asks and writes; also the id authority of its patients.';
COMMENT ON COLUMN access.client.system IS 'The system of the organisation that it is.';
COMMENT ON COLUMN access.client.source IS 'The source of the record that its writes belong to.';
COMMENT ON COLUMN access.client.purpose IS 'Why it asks: a code of HL7 v3 ActReason.';
COMMENT ON COLUMN access.client.scopes IS 'SMART 2.2 system scopes.';
COMMENT ON COLUMN access.client.id_prefix IS 'The beginning of the ids that it may choose itself; null for none.';
COMMENT ON COLUMN access.client.token_digest IS 'The SHA-256 of its token; the token itself is kept nowhere.';
COMMENT ON COLUMN access.client.added_at IS 'When it was added.';
COMMENT ON COLUMN access.client.expires_at IS 'From when on its token is dead.';
COMMENT ON COLUMN access.client.revoked_at IS 'When it was revoked; null while it lives.';
