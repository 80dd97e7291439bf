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
