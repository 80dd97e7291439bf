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

-- name: has_migrations
-- Whether the table of migrations is there.
SELECT pg_catalog.to_regclass('db.migration') IS NOT NULL;

-- name: digest_of_migration
-- The digest with which a migration ran.
SELECT digest FROM db.migration WHERE name = %(name)s;

-- name: add_migration
-- Writes down that a migration ran.
INSERT INTO db.migration (name, digest) VALUES (%(name)s, %(digest)s);

-- name: migrations
-- The names of all migrations that ran.
SELECT name FROM db.migration ORDER BY name;

-- name: put_job
-- Puts a job, unless one of its kind with the same unique key is there.
INSERT INTO db.job (kind, lane, args, unique_key, due_at)
VALUES (
  %(kind)s, %(lane)s, %(args)s, %(unique_key)s, coalesce(%(run_at)s::timestamptz, now())
)
ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
RETURNING id;

-- name: bury_jobs
-- Gives up jobs whose workers were lost too often: nobody knows what they did.
UPDATE db.job
SET state = 'dead', reason = 'lease-lost', worker = NULL
WHERE
  state = 'leased' AND kind = ANY(%(kinds)s::text[]) AND n_attempts >= %(most_attempts)s
  AND due_at <= coalesce(%(now)s::timestamptz, now());

-- name: claim_jobs
-- Leases jobs that are due and the first of their lanes, unless somebody else is taking them.
WITH due AS (
  SELECT j.id
  FROM db.job AS j
  WHERE
    j.kind = ANY(%(kinds)s::text[]) AND j.state IN ('ready', 'leased')
    AND j.due_at <= coalesce(%(now)s::timestamptz, now())
    AND NOT EXISTS (
      SELECT 1
      FROM db.job AS e
      WHERE e.lane = j.lane AND e.id < j.id AND e.state IN ('ready', 'leased')
    )
  ORDER BY j.due_at, j.id
  LIMIT %(most)s
  FOR UPDATE OF j SKIP LOCKED
)
UPDATE db.job AS j
SET
  state = 'leased', fence = j.fence + 1, n_attempts = j.n_attempts + 1, worker = %(worker)s,
  due_at = coalesce(%(now)s::timestamptz, now()) + %(lease)s::interval
FROM due
WHERE j.id = due.id
RETURNING j.id, j.kind, j.lane, j.args, j.n_attempts, j.fence;

-- name: finish_job
-- Removes a job that was done, if the lease still holds.
DELETE FROM db.job WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased';

-- name: renew_job
-- Makes a lease longer, if it still holds.
UPDATE db.job
SET due_at = coalesce(%(now)s::timestamptz, now()) + %(lease)s::interval
WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased';

-- name: fail_job
-- Puts a job back for later, or gives it up after its last attempt, if the lease still holds.
UPDATE db.job
SET
  state = CASE WHEN n_attempts >= %(most_attempts)s THEN 'dead' ELSE 'ready' END,
  due_at = coalesce(%(now)s::timestamptz, now()) + %(delay)s::interval,
  reason = %(reason)s, worker = NULL
WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased';

-- name: dead_jobs
-- The jobs that were given up, the oldest first.
SELECT j.id, j.kind, j.lane, j.n_attempts, j.reason, j.put_at
FROM db.job AS j
WHERE j.state = 'dead'
ORDER BY j.id
LIMIT %(most)s;

-- name: revive_job
-- Lets a job that was given up be tried anew.
UPDATE db.job
SET state = 'ready', n_attempts = 0, due_at = coalesce(%(now)s::timestamptz, now())
WHERE id = %(id)s AND state = 'dead';

-- name: notify
-- Wakes who listens; once for all of a transaction.
SELECT pg_catalog.pg_notify(%(channel)s, '');

-- name: open_consumer
-- Makes a consumer known.
INSERT INTO db.consumer (name) VALUES (%(name)s) ON CONFLICT DO NOTHING;

-- name: lock_consumer
-- Whether this transaction is the one that reads for the consumer.
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(%(name)s, 7261004));

-- name: place_of_consumer
-- How far a consumer has read, and up to where it may read now.
SELECT c.tx, c.seq, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
FROM db.consumer AS c
WHERE c.name = %(name)s;

-- name: move_consumer
-- Writes down how far a consumer has read.
UPDATE db.consumer SET tx = %(tx)s, seq = %(seq)s, at = now() WHERE name = %(name)s;

-- name: lock_configuration
-- Lets one process at a time add a version of the configuration.
SELECT pg_catalog.pg_advisory_xact_lock(7261005);

-- name: add_configuration
-- Adds a version of the configuration and returns its number.
INSERT INTO db.configuration (
  version, files, digest, by_name, second_name, note, applied_at, effective_from, reverted_from
)
SELECT
  coalesce(max(c.version), 0) + 1, %(files)s, %(digest)s, %(by)s, %(second)s, %(note)s,
  %(applied_at)s, %(effective_from)s, %(reverted_from)s
FROM db.configuration AS c
RETURNING version;

-- name: configuration_at
-- The number of the version in force at a moment.
SELECT max(c.version)
FROM db.configuration AS c
WHERE c.effective_from <= %(at)s;

-- name: configuration_files
-- The files of a version, and their digest when they were applied.
SELECT c.files, c.digest FROM db.configuration AS c WHERE c.version = %(version)s;

-- name: configurations
-- The versions, the newest first.
SELECT
  c.version, c.digest, c.by_name, c.second_name, c.note, c.applied_at, c.effective_from,
  c.reverted_from
FROM db.configuration AS c
ORDER BY c.version DESC
LIMIT %(most)s;
