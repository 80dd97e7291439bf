-- name: lock
-- Makes those who ask for the same thing take turns until their transactions end.
SELECT count(pg_advisory_xact_lock(wanted.key)::text) AS n_locked
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
