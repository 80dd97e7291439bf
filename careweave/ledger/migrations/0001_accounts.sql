CREATE SCHEMA ledger;
COMMENT ON SCHEMA ledger IS 'The sealed account of everything shown, changed and signed in.';

CREATE TABLE ledger.account (
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  actor text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  source int,
  action text COLLATE "C" NOT NULL,
  door text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  subjects bigint[] NOT NULL,
  what text COLLATE "C" NOT NULL,
  n_items int NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  clauses text COLLATE "C" NOT NULL,
  config_version int NOT NULL,
  answer_ms int,
  bytes bigint,
  PRIMARY KEY (tx, id)
);
COMMENT ON TABLE ledger.account IS 'One account per person per answer or change; rows are only ever added.';
COMMENT ON COLUMN ledger.account.tx IS 'The transaction that added it: the order of sealing, safe against late commits.';
COMMENT ON COLUMN ledger.account.id IS 'A UUID of version 7, so that ids grow with time.';
COMMENT ON COLUMN ledger.account.at IS 'When, by the clock of the server that answered.';
COMMENT ON COLUMN ledger.account.actor IS 'Who asked: the client or the person, by name of the account.';
COMMENT ON COLUMN ledger.account.organisation IS 'On behalf of whom.';
COMMENT ON COLUMN ledger.account.source IS 'The source that the actor writes as; null for none.';
COMMENT ON COLUMN ledger.account.action IS 'What was done: read, search, create and so on.';
COMMENT ON COLUMN ledger.account.door IS 'By which door.';
COMMENT ON COLUMN ledger.account.request_id IS 'The number of the request, as the logs have it.';
COMMENT ON COLUMN ledger.account.purpose IS 'Why: a code of HL7 v3 ActReason.';
COMMENT ON COLUMN ledger.account.subjects IS 'The subjects that were touched.';
COMMENT ON COLUMN ledger.account.what IS 'The question in canonical parameters, without values of anybody.';
COMMENT ON COLUMN ledger.account.n_items IS 'How many entries were shown or changed.';
COMMENT ON COLUMN ledger.account.outcome IS 'permit, withheld, refused or absent.';
COMMENT ON COLUMN ledger.account.reason IS 'Why it was withheld or refused, as a code.';
COMMENT ON COLUMN ledger.account.clauses IS 'The clauses that allowed it.';
COMMENT ON COLUMN ledger.account.config_version IS 'The version of the running configuration.';
COMMENT ON COLUMN ledger.account.answer_ms IS 'How long the answer took, where known.';
COMMENT ON COLUMN ledger.account.bytes IS 'How large the answer was, where known.';

CREATE TABLE ledger.seal (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL,
  at timestamptz NOT NULL,
  up_to_tx xid8 NOT NULL,
  up_to_id uuid NOT NULL,
  leaves bytea NOT NULL,
  peaks bytea NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  signature bytea NOT NULL
);
COMMENT ON TABLE ledger.seal IS 'One tree head for each run of the sealer; rows are only ever added.';
COMMENT ON COLUMN ledger.seal.size IS 'How many accounts the tree holds; an account''s number is its place in it.';
COMMENT ON COLUMN ledger.seal.root IS 'The root of the RFC 6962 tree over the canonical bytes of the accounts.';
COMMENT ON COLUMN ledger.seal.at IS 'When it was sealed.';
COMMENT ON COLUMN ledger.seal.up_to_tx IS 'The transaction of the last account sealed.';
COMMENT ON COLUMN ledger.seal.up_to_id IS 'The id of the last account sealed.';
COMMENT ON COLUMN ledger.seal.leaves IS 'The leaf hashes that this run added, 32 bytes each, in order.';
COMMENT ON COLUMN ledger.seal.peaks IS 'The frontier: roots of the perfect subtrees, largest first, 32 bytes each.';
COMMENT ON COLUMN ledger.seal.key_id IS 'Which key signed: the first 16 hexadecimal digits of the SHA-256 of the public key.';
COMMENT ON COLUMN ledger.seal.signature IS 'Ed25519 over the canonical bytes of the head.';

CREATE FUNCTION ledger.refuse_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is only ever added to.';
END
$$;
CREATE TRIGGER account_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.account
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_v1();
CREATE TRIGGER seal_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.seal
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_v1();
