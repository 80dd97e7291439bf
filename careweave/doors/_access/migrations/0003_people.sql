-- People who sign in: their accounts, roles, passkeys and codes, and the sessions that they have.
CREATE TABLE access.account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_name text COLLATE "C" NOT NULL UNIQUE,
  display_name text NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  person uuid,
  is_administrator boolean NOT NULL DEFAULT FALSE,
  handle bytea NOT NULL UNIQUE CHECK (octet_length(handle) = 32),
  added_at timestamptz NOT NULL,
  ended_at timestamptz
);
COMMENT ON TABLE access.account IS 'One person who may sign in; one that has ended stays, for the accounts that name it.';
COMMENT ON COLUMN access.account.id IS 'A number that other tables refer to.';
COMMENT ON COLUMN access.account.user_name IS 'The name that the ledger carries; it is never given to anybody else.';
COMMENT ON COLUMN access.account.display_name IS 'The name that pages show to the person and to colleagues.';
COMMENT ON COLUMN access.account.organisation IS 'The organisation that answers for the account.';
COMMENT ON COLUMN access.account.person IS 'Who that is in the record, to refuse and to notice looks at oneself and one''s own; null where unknown.';
COMMENT ON COLUMN access.account.is_administrator IS 'Whether a password opens the enrolment of its first two passkeys.';
COMMENT ON COLUMN access.account.handle IS 'A random name for authenticators, which says nothing of anybody.';
COMMENT ON COLUMN access.account.added_at IS 'When it was added.';
COMMENT ON COLUMN access.account.ended_at IS 'From when on nobody signs in with it; null while it lives.';

CREATE TABLE access.posting (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account bigint NOT NULL REFERENCES access.account,
  organisation text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  setting text COLLATE "C" NOT NULL DEFAULT '',
  team text COLLATE "C" NOT NULL DEFAULT '',
  office text COLLATE "C" NOT NULL DEFAULT '',
  added_at timestamptz NOT NULL,
  ended_at timestamptz,
  used_at timestamptz
);
CREATE UNIQUE INDEX posting_living ON access.posting (account, organisation, role, setting, team, office)
WHERE ended_at IS NULL;
COMMENT ON TABLE access.posting IS 'As what an account may act: one role in one place; a session has one of them at a time.';
COMMENT ON COLUMN access.posting.id IS 'A number that sessions refer to.';
COMMENT ON COLUMN access.posting.account IS 'Whose it is.';
COMMENT ON COLUMN access.posting.organisation IS 'The organisation acted for.';
COMMENT ON COLUMN access.posting.role IS 'A role of the matrix; empty for an office, which opens no record.';
COMMENT ON COLUMN access.posting.setting IS 'Where the role works, such as home-care; empty for none.';
COMMENT ON COLUMN access.posting.team IS 'In which team or service; empty for none.';
COMMENT ON COLUMN access.posting.office IS 'An office instead of a role, such as privacy-officer; empty for a role.';
COMMENT ON COLUMN access.posting.added_at IS 'From when on it may be used.';
COMMENT ON COLUMN access.posting.ended_at IS 'From when on it is over, also in open sessions; null while it lives.';
COMMENT ON COLUMN access.posting.used_at IS 'When a session last began in it, so that the last one is offered first.';

CREATE TABLE access.passkey (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account bigint NOT NULL REFERENCES access.account,
  credential bytea NOT NULL UNIQUE,
  public_key bytea NOT NULL,
  n_signed bigint NOT NULL,
  name text NOT NULL DEFAULT '',
  added_at timestamptz NOT NULL,
  used_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX passkey_account ON access.passkey (account);
COMMENT ON TABLE access.passkey IS 'The public half of one passkey of one account.';
COMMENT ON COLUMN access.passkey.id IS 'A number for its owner.';
COMMENT ON COLUMN access.passkey.account IS 'Whose it is; a passkey belongs to one account for good.';
COMMENT ON COLUMN access.passkey.credential IS 'The id that the authenticator gave it.';
COMMENT ON COLUMN access.passkey.public_key IS 'Its public key, COSE.';
COMMENT ON COLUMN access.passkey.n_signed IS 'The counter of its last signature; one that goes back ends the passkey.';
COMMENT ON COLUMN access.passkey.name IS 'What its owner calls it.';
COMMENT ON COLUMN access.passkey.added_at IS 'When it was enrolled.';
COMMENT ON COLUMN access.passkey.used_at IS 'When it last signed in.';
COMMENT ON COLUMN access.passkey.ended_at IS 'From when on it is refused; null while it counts.';

CREATE TABLE access.code (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account bigint NOT NULL REFERENCES access.account,
  digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX code_account ON access.code (account);
COMMENT ON TABLE access.code IS 'Codes that open, once, the enrolment of a passkey and nothing else.';
COMMENT ON COLUMN access.code.id IS 'A number.';
COMMENT ON COLUMN access.code.account IS 'Whose it is.';
COMMENT ON COLUMN access.code.digest IS 'A keyed digest of it; the code itself is kept nowhere.';
COMMENT ON COLUMN access.code.made_at IS 'When it was made.';
COMMENT ON COLUMN access.code.expires_at IS 'From when on it opens nothing.';
COMMENT ON COLUMN access.code.used_at IS 'When it was used or taken back; null while it may be used.';

CREATE TABLE access.password (
  account bigint PRIMARY KEY REFERENCES access.account,
  hash text COLLATE "C" NOT NULL,
  made_at timestamptz NOT NULL
);
COMMENT ON TABLE access.password IS 'The password of an administrator who has not enrolled two passkeys yet; the row goes then.';
COMMENT ON COLUMN access.password.account IS 'Whose it is.';
COMMENT ON COLUMN access.password.hash IS 'Argon2id, with its salt and costs.';
COMMENT ON COLUMN access.password.made_at IS 'When it was made.';

CREATE TABLE access.spent (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  until timestamptz NOT NULL
);
CREATE INDEX spent_until ON access.spent (until);
COMMENT ON TABLE access.spent IS 'What may be used once and was: challenges of passkeys, links of launches.';
COMMENT ON COLUMN access.spent.digest IS 'The SHA-256 of it.';
COMMENT ON COLUMN access.spent.until IS 'From when on it is worthless anyway and is forgotten here.';

CREATE TABLE access.tries (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  n int NOT NULL,
  since timestamptz NOT NULL
);
COMMENT ON TABLE access.tries IS 'Failures to sign in: after some, what they were about is locked for a while.';
COMMENT ON COLUMN access.tries.digest IS 'A keyed digest of the user name that was tried, whether there is one or not.';
COMMENT ON COLUMN access.tries.n IS 'How many in a row.';
COMMENT ON COLUMN access.tries.since IS 'When the last one was.';

CREATE TABLE access.session (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  key text COLLATE "C" NOT NULL UNIQUE,
  account bigint NOT NULL REFERENCES access.account,
  posting bigint REFERENCES access.posting,
  purpose text COLLATE "C" NOT NULL DEFAULT '',
  assurance text COLLATE "C" NOT NULL,
  secret bytea NOT NULL CHECK (octet_length(secret) = 32),
  device text NOT NULL DEFAULT '',
  launched_by text COLLATE "C" NOT NULL DEFAULT '',
  authenticated_at timestamptz NOT NULL,
  began_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  step_up_at timestamptz,
  ended_at timestamptz,
  ended_by text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX session_account ON access.session (account, began_at);
COMMENT ON TABLE access.session IS 'One time of being signed in, in one role; the cookie holds a random id whose digest stands here.';
COMMENT ON COLUMN access.session.digest IS 'The SHA-256 of the id in the cookie; the id itself is kept nowhere.';
COMMENT ON COLUMN access.session.key IS 'A random name of it that may be told: the ledger carries it.';
COMMENT ON COLUMN access.session.account IS 'Who has signed in.';
COMMENT ON COLUMN access.session.posting IS 'As what; null until a role is chosen, and then nothing can be opened.';
COMMENT ON COLUMN access.session.purpose IS 'Why its holder asks: a code of HL7 v3 ActReason; empty without a role.';
COMMENT ON COLUMN access.session.assurance IS 'How the holder proved who it is: passkey, password, demo or code.';
COMMENT ON COLUMN access.session.secret IS 'Made at random; what is opaque on its pages is made with it.';
COMMENT ON COLUMN access.session.device IS 'The kind of browser in a few words, for its owner to know it by.';
COMMENT ON COLUMN access.session.launched_by IS 'The client that launched it; empty for none.';
COMMENT ON COLUMN access.session.authenticated_at IS 'When its holder proved who it is; it ends some hours after that at the latest.';
COMMENT ON COLUMN access.session.began_at IS 'When this id was given: at sign-in, change of role, step-up.';
COMMENT ON COLUMN access.session.seen_at IS 'When its holder last did something.';
COMMENT ON COLUMN access.session.step_up_at IS 'When its holder last proved it again within the session; null for never.';
COMMENT ON COLUMN access.session.ended_at IS 'When it was ended; null while it lives or ran out.';
COMMENT ON COLUMN access.session.ended_by IS 'What ended it: sign-out, switch, elsewhere, operator; empty while it lives.';

CREATE TABLE access.launch (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  client text COLLATE "C" NOT NULL,
  organisation text COLLATE "C" NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  sealed bytea NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX launch_expires ON access.launch (expires_at);
COMMENT ON TABLE access.launch IS 'A launch from another system that waits to be opened, minutes at most; opened, its row goes.';
COMMENT ON COLUMN access.launch.digest IS 'The SHA-256 of the opaque part of its address.';
COMMENT ON COLUMN access.launch.client IS 'The client that asked for it.';
COMMENT ON COLUMN access.launch.organisation IS 'The organisation that it is bound to.';
COMMENT ON COLUMN access.launch.user_name IS 'The user that it is bound to.';
COMMENT ON COLUMN access.launch.purpose IS 'Why: a code of HL7 v3 ActReason.';
COMMENT ON COLUMN access.launch.sealed IS 'The identifier of the person, encrypted.';
COMMENT ON COLUMN access.launch.made_at IS 'When it was asked for.';
COMMENT ON COLUMN access.launch.expires_at IS 'From when on it opens nothing.';

CREATE TABLE access.demonstration (
  is_it boolean PRIMARY KEY DEFAULT TRUE CHECK (is_it),
  ahead interval NOT NULL,
  made_at timestamptz NOT NULL
);
COMMENT ON TABLE access.demonstration IS 'One row where careweave demo made this database, none anywhere else.';
COMMENT ON COLUMN access.demonstration.is_it IS 'Always true: there is one row at most.';
COMMENT ON COLUMN access.demonstration.ahead IS 'How far the clock of the demonstration is from the true one.';
COMMENT ON COLUMN access.demonstration.made_at IS 'When the demonstration was first started, by the true clock.';
