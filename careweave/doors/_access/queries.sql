-- name: lock_clients
-- Lets one transaction at a time change clients, so that prefixes never overlap.
SELECT pg_catalog.pg_advisory_xact_lock(7261003);

-- name: overlapping
-- Whether a living client of another source has a prefix that begins this one, or the reverse.
SELECT EXISTS (
  SELECT 1
  FROM access.client AS c
  WHERE
    c.revoked_at IS NULL AND c.id_prefix IS NOT NULL AND c.source <> %(source)s
    AND (starts_with(c.id_prefix, %(id_prefix)s) OR starts_with(%(id_prefix)s, c.id_prefix))
);

-- name: add_client
-- Adds a client.
INSERT INTO access.client (
  name, organisation, system, source, purpose, scopes, id_prefix, role, setting, team, user_name,
  person, token_digest, added_at, expires_at
)
VALUES (
  %(name)s, %(organisation)s, %(system)s, %(source)s, %(purpose)s, %(scopes)s, %(id_prefix)s,
  %(role)s, %(setting)s, %(team)s, %(user_name)s, %(person)s, %(token_digest)s, %(now)s, %(expires_at)s
);

-- name: client_of_token
-- The living client of a token.
SELECT
  c.name, c.organisation, c.source, c.purpose, c.scopes, c.id_prefix, c.expires_at, c.role,
  c.setting, c.team, c.user_name, c.person
FROM access.client AS c
WHERE c.token_digest = %(token_digest)s AND c.revoked_at IS NULL;

-- name: revoke_client
-- Revokes the living client of that name.
UPDATE access.client
SET revoked_at = %(now)s
WHERE name = %(name)s AND revoked_at IS NULL
RETURNING organisation, source, purpose;

-- name: clients
-- All clients, the living ones first.
SELECT
  c.name, c.organisation, c.system, c.source, c.purpose, c.scopes, c.id_prefix, c.added_at,
  c.expires_at, c.revoked_at, c.role, c.setting, c.team, c.user_name
FROM access.client AS c
ORDER BY c.revoked_at IS NOT NULL, c.name, c.id;

-- name: add_account
-- Adds an account, unless somebody has or had the name.
INSERT INTO access.account (
  user_name, display_name, organisation, person, is_administrator, handle, added_at
)
VALUES (
  %(user)s, %(display_name)s, %(organisation)s, %(person)s, %(is_administrator)s, %(handle)s, %(now)s
)
ON CONFLICT (user_name) DO NOTHING
RETURNING id;

-- name: accounts
-- Accounts with their living postings, the living and last used first; all without a name, number or handle.
SELECT
  a.id, a.user_name, a.display_name, a.organisation, a.person, a.is_administrator, a.handle, a.ended_at,
  (SELECT count(*) FROM access.passkey AS k WHERE k.account = a.id AND k.ended_at IS NULL),
  p.id, p.organisation, p.role, p.setting, p.team, p.office, p.used_at
FROM access.account AS a
LEFT JOIN access.posting AS p ON a.id = p.account AND p.ended_at IS NULL
WHERE
  (%(user)s::text IS NULL OR a.user_name = %(user)s)
  AND (%(id)s::bigint IS NULL OR a.id = %(id)s)
  AND (%(handle)s::bytea IS NULL OR a.handle = %(handle)s)
ORDER BY a.ended_at IS NOT NULL, a.user_name, p.used_at DESC NULLS LAST, p.id;

-- name: display_names
-- What the users of these names are called, those too whose accounts have ended.
SELECT a.user_name, a.display_name
FROM access.account AS a
WHERE a.user_name = ANY(%(users)s::text[])
ORDER BY a.user_name, a.ended_at NULLS FIRST;

-- name: add_posting
-- Lets an account act in a role.
INSERT INTO access.posting (account, organisation, role, setting, team, office, added_at)
VALUES (%(account)s, %(organisation)s, %(role)s, %(setting)s, %(team)s, %(office)s, %(now)s);

-- name: end_posting
-- Takes a role from its account.
UPDATE access.posting SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL;

-- name: know_person
-- Notes which person of the record an account is.
UPDATE access.account SET person = %(person)s WHERE id = %(account)s AND ended_at IS NULL;

-- name: end_account
-- Ends an account.
UPDATE access.account SET ended_at = %(now)s WHERE id = %(account)s AND ended_at IS NULL;

-- name: end_passkeys
-- Ends all passkeys of an account.
UPDATE access.passkey SET ended_at = %(now)s WHERE account = %(account)s AND ended_at IS NULL;

-- name: end_codes
-- Takes back all codes of an account.
UPDATE access.code SET used_at = %(now)s WHERE account = %(account)s AND used_at IS NULL;

-- name: end_password
-- Takes back the password of an account.
DELETE FROM access.password WHERE account = %(account)s;

-- name: add_session
-- Begins a session, and notes that its role was used.
WITH used AS (
  UPDATE access.posting SET used_at = %(now)s WHERE id = %(posting)s
)
INSERT INTO access.session (
  digest, key, account, posting, purpose, assurance, secret, device, launched_by, authenticated_at,
  began_at, seen_at, step_up_at
)
VALUES (
  %(digest)s, %(key)s, %(account)s, %(posting)s, %(purpose)s, %(assurance)s, %(secret)s, %(device)s,
  %(launched_by)s, %(authenticated_at)s, %(now)s, %(now)s, %(step_up_at)s
);

-- name: session
-- The living session of an id, with the account and the role that must live too.
SELECT
  s.key, s.account, a.user_name, a.display_name, a.person, s.assurance, s.secret, s.posting,
  p.organisation, p.role, p.setting, p.team, p.office, s.purpose, s.authenticated_at, s.began_at,
  s.seen_at, s.step_up_at, s.launched_by
FROM access.session AS s
INNER JOIN access.account AS a ON s.account = a.id AND a.ended_at IS NULL
LEFT JOIN access.posting AS p ON s.posting = p.id AND p.ended_at IS NULL
WHERE
  s.digest = %(digest)s AND s.ended_at IS NULL
  AND s.seen_at > %(idle)s AND s.authenticated_at > %(absolute)s
  AND (s.posting IS NULL OR p.id IS NOT NULL);

-- name: touch_session
-- Notes that the holder of a session did something; what has ended stays so.
UPDATE access.session
SET seen_at = greatest(seen_at, %(now)s)
WHERE key = %(key)s AND ended_at IS NULL;

-- name: end_session
-- Ends a session and gives what it said of its browser.
UPDATE access.session
SET ended_at = %(now)s, ended_by = %(by)s
WHERE key = %(key)s AND ended_at IS NULL
RETURNING device;

-- name: end_session_of
-- Ends one session of an account.
UPDATE access.session AS s
SET ended_at = %(now)s, ended_by = %(by)s
FROM access.account AS a
WHERE s.key = %(key)s AND s.account = %(account)s AND s.ended_at IS NULL AND a.id = s.account
RETURNING a.organisation;

-- name: end_sessions
-- Ends all sessions of an account but one.
UPDATE access.session
SET ended_at = %(now)s, ended_by = %(by)s
WHERE account = %(account)s AND ended_at IS NULL AND key <> %(but)s;

-- name: living_sessions
-- The living sessions of an account, the newest first.
SELECT
  s.key, p.organisation, p.role, p.setting, p.team, p.office, s.assurance, s.device, s.began_at, s.seen_at
FROM access.session AS s
LEFT JOIN access.posting AS p ON s.posting = p.id
WHERE
  s.account = %(account)s AND s.ended_at IS NULL
  AND s.seen_at > %(idle)s AND s.authenticated_at > %(absolute)s
ORDER BY s.began_at DESC, s.key;

-- name: forget_sessions
-- Forgets sessions that were over long ago; the ledger keeps that they were.
DELETE FROM access.session WHERE began_at < %(before)s;

-- name: demonstration
-- The mark of a demonstration.
SELECT d.ahead, d.made_at FROM access.demonstration AS d;

-- name: mark_demonstration
-- Marks a database as a demonstration's, once.
INSERT INTO access.demonstration (ahead, made_at) VALUES (%(ahead)s, %(made_at)s)
ON CONFLICT (is_it) DO NOTHING;

-- name: spend
-- Notes that something was used; nothing where it was before.
INSERT INTO access.spent (digest, until) VALUES (%(digest)s, %(until)s)
ON CONFLICT (digest) DO NOTHING;

-- name: forget_spent
-- Forgets what is worthless by now.
DELETE FROM access.spent WHERE until <= %(now)s;

-- name: count_try
-- Counts a try and gives how many there were in a row; those of long ago no longer count.
INSERT INTO access.tries (digest, n, since) VALUES (%(digest)s, 1, %(now)s)
ON CONFLICT (digest) DO UPDATE
SET
  n = CASE WHEN access.tries.since <= %(since)s THEN 1 ELSE access.tries.n + 1 END,
  since = CASE
    WHEN access.tries.since <= %(since)s OR access.tries.n < 5 THEN excluded.since
    ELSE access.tries.since
  END
RETURNING access.tries.n;

-- name: forget_old_tries
-- Forgets the tries of long ago: they no longer count.
DELETE FROM access.tries WHERE since <= %(before)s;

-- name: forget_tries
-- Forgets the tries at a name.
DELETE FROM access.tries WHERE digest = %(digest)s;

-- name: passkey
-- The account and public key of a passkey that counts.
SELECT k.account, k.public_key
FROM access.passkey AS k
WHERE k.credential = %(credential)s AND k.ended_at IS NULL;

-- name: passkeys
-- The passkeys of an account that count, the first enrolled first.
SELECT k.id, k.name, k.added_at, k.used_at, k.credential
FROM access.passkey AS k
WHERE k.account = %(account)s AND k.ended_at IS NULL
ORDER BY k.id;

-- name: add_passkey
-- Enrols a passkey, unless somebody has it.
INSERT INTO access.passkey (account, credential, public_key, n_signed, name, added_at)
VALUES (%(account)s, %(credential)s, %(public_key)s, %(n_signed)s, %(name)s, %(now)s)
ON CONFLICT (credential) DO NOTHING
RETURNING id;

-- name: count_signature
-- Notes the counter of a signature, if it has gone on; authenticators without one always say 0.
UPDATE access.passkey
SET n_signed = %(n)s, used_at = %(now)s
WHERE
  credential = %(credential)s AND ended_at IS NULL
  AND (n_signed < %(n)s OR (n_signed = 0 AND %(n)s = 0));

-- name: end_copied_passkey
-- Ends a passkey of which there is a copy.
UPDATE access.passkey SET ended_at = %(now)s WHERE credential = %(credential)s AND ended_at IS NULL;

-- name: end_passkey
-- Ends a passkey.
UPDATE access.passkey SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL;

-- name: lock_account
-- Lets one transaction at a time change what an account has.
SELECT a.id FROM access.account AS a WHERE a.id = %(account)s FOR UPDATE OF a;

-- name: add_codes
-- Adds codes to an account.
INSERT INTO access.code (account, digest, made_at, expires_at)
SELECT %(account)s, d.digest, %(now)s, %(expires_at)s
FROM unnest(%(digests)s::bytea[]) AS d (digest);

-- name: use_code
-- Uses a code up.
UPDATE access.code
SET used_at = %(now)s
WHERE account = %(account)s AND digest = %(digest)s AND used_at IS NULL AND expires_at > %(now)s;

-- name: n_codes
-- How many codes an account may still use.
SELECT count(*)
FROM access.code AS c
WHERE c.account = %(account)s AND c.used_at IS NULL AND c.expires_at > %(now)s;

-- name: password
-- The hash of the password of an account.
SELECT p.hash FROM access.password AS p WHERE p.account = %(account)s;

-- name: set_password
-- Sets the password of an account.
INSERT INTO access.password (account, hash, made_at) VALUES (%(account)s, %(hash)s, %(now)s);

-- name: n_administrators
-- How many living administrators have passkeys enough.
SELECT count(*)
FROM access.account AS a
WHERE
  a.is_administrator AND a.ended_at IS NULL
  AND (
    SELECT count(*) FROM access.passkey AS k WHERE k.account = a.id AND k.ended_at IS NULL
  ) >= %(enough)s;

-- name: launching_client
-- The number and organisation of the living client of a name that may launch.
SELECT c.id, c.organisation
FROM access.client AS c
WHERE
  c.name = %(name)s AND c.revoked_at IS NULL AND c.expires_at > %(now)s AND 'launch' = ANY(c.scopes);

-- name: add_launch
-- Keeps a launch until it is opened.
INSERT INTO access.launch (
  digest, client, organisation, user_name, purpose, sealed, made_at, expires_at
)
VALUES (
  %(digest)s, %(client)s, %(organisation)s, %(user)s, %(purpose)s, %(sealed)s, %(now)s, %(expires_at)s
);

-- name: launch
-- A launch that waits.
SELECT l.client, l.organisation, l.user_name, l.purpose, l.sealed
FROM access.launch AS l
WHERE l.digest = %(digest)s AND l.expires_at > %(now)s;

-- name: take_launch
-- Takes a launch, if nobody else just did.
DELETE FROM access.launch WHERE digest = %(digest)s;

-- name: forget_launches
-- Forgets launches that nobody opened.
DELETE FROM access.launch WHERE expires_at <= %(now)s;
