-- name: lock
-- Makes those who ask for the same thing take turns until their transactions end.
SELECT count(pg_advisory_xact_lock(wanted.key)::text) AS n_locked
FROM (
    SELECT k.key
    FROM unnest(%(keys)s::bigint[]) AS k (key)
    ORDER BY k.key
) AS wanted;

-- name: share
-- Keeps those from `lock` who ask for the same thing, until this transaction ends.
SELECT count(pg_advisory_xact_lock_shared(wanted.key)::text) AS n_locked
FROM (
    SELECT k.key
    FROM unnest(%(keys)s::bigint[]) AS k (key)
    ORDER BY k.key
) AS wanted;

-- name: pieces
-- The pieces of a file that were imported before.
SELECT m.start, m.finish, m.n_stored, m.n_refused
FROM intake.manifest AS m
WHERE m.source = %(source)s AND m.file = %(file)s
ORDER BY m.start;

-- name: keep_piece
-- Writes down that a piece of a file was imported.
INSERT INTO intake.manifest (source, file, start, finish, n_stored, n_refused, at)
VALUES (
    %(source)s, %(file)s, %(start)s, %(finish)s, %(n_stored)s, %(n_refused)s, %(at)s
)
ON CONFLICT (source, file, start) DO NOTHING;

-- name: unsettled_add
-- Writes down entries whose labels are to be passed on once the whole import is stored.
INSERT INTO intake.unsettled (source, type, id)
SELECT %(source)s, u.type, u.id
FROM unnest(%(types)s::text[], %(ids)s::text[]) AS u (type, id)
ON CONFLICT DO NOTHING;

-- name: unsettled_take
-- Takes some of the entries of a source whose labels are to be passed on.
DELETE FROM intake.unsettled AS u
USING (
    SELECT w.type, w.id
    FROM intake.unsettled AS w
    WHERE w.source = %(source)s
    ORDER BY w.type, w.id
    LIMIT %(most)s
) AS first
WHERE u.source = %(source)s AND u.type = first.type AND u.id = first.id
RETURNING u.type, u.id;
