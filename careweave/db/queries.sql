-- name: bulk
-- Lets the statements of this transaction take a minute and read whole tables.
SELECT
  pg_catalog.set_config('statement_timeout', '60s', TRUE),
  pg_catalog.set_config('enable_seqscan', 'on', TRUE);

-- name: secret
-- The secret of this installation.
SELECT secret FROM db.installation;

-- name: lock_migrations
-- Lets one process at a time migrate.
SELECT pg_catalog.pg_advisory_xact_lock(7261001);

-- name: digest_of_migration
-- The digest with which a migration ran.
SELECT digest FROM db.migration WHERE name = %(name)s;

-- name: add_migration
-- Writes down that a migration ran.
INSERT INTO db.migration (name, digest) VALUES (%(name)s, %(digest)s);

-- name: migrations
-- The names of all migrations that ran.
SELECT name FROM db.migration ORDER BY name;
