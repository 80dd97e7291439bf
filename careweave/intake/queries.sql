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

-- name: arrivals_seen
-- What came lately under the same id, or with the same content from the same source.
SELECT w.place, s.message, TRUE AS is_same_id, s.sha256 = w.sha256 AS is_same_content
FROM unnest(%(source)s::text[], %(control_id)s::text[], %(sha256)s::bytea[])
    WITH ORDINALITY AS w (source, control_id, sha256, place)
INNER JOIN intake.seen AS s ON w.source = s.source AND w.control_id = s.control_id
WHERE w.control_id <> '' OR s.sha256 = w.sha256
UNION ALL
SELECT w.place, s.message, FALSE AS is_same_id, TRUE AS is_same_content
FROM unnest(%(source)s::text[], %(control_id)s::text[], %(sha256)s::bytea[])
    WITH ORDINALITY AS w (source, control_id, sha256, place)
INNER JOIN intake.seen AS s ON w.sha256 = s.sha256
WHERE s.source = w.source AND s.control_id <> w.control_id;

-- name: arrivals_keep
-- Keeps arrivals with bodies, lanes and keys; no number for one that somebody else has just kept.
WITH arrival AS MATERIALIZED (
    SELECT
        u.place, nextval('intake.message_number'::regclass) AS id, u.received_at, u.source,
        u.channel, u.name, u.parent, u.line, u.identity, u.control_id, u.kind, u.version,
        u.event_at, u.sent_at, u.sha256, u.body, u.state, u.reason, u.where_, u.findings,
        (%(lane)s::bigint[])[u.lane_from:u.lane_to] AS lanes
    FROM unnest(
        %(received_at)s::timestamptz[], %(source)s::text[], %(channel)s::text[], %(name)s::text[],
        %(parent)s::bigint[], %(line)s::int[], %(identity)s::text[], %(control_id)s::text[],
        %(kind)s::text[], %(version)s::text[], %(event_at)s::timestamptz[],
        %(sent_at)s::timestamptz[], %(sha256)s::bytea[], %(body)s::bytea[], %(state)s::text[],
        %(reason)s::text[], %(where)s::text[], %(findings)s::text[], %(lane_from)s::int[],
        %(lane_to)s::int[]
    ) WITH ORDINALITY AS u (
        received_at, source, channel, name, parent, line, identity, control_id, kind, version,
        event_at, sent_at, sha256, body, state, reason, where_, findings, lane_from, lane_to, place
    )
),

fresh AS (
    INSERT INTO intake.seen (source, control_id, sha256, message, received_at)
    SELECT a.source, a.identity, a.sha256, a.id, a.received_at
    FROM arrival AS a
    WHERE a.state <> 'refused'
    ORDER BY a.source, a.identity, a.sha256, a.place
    ON CONFLICT DO NOTHING
    RETURNING message
),

kept AS MATERIALIZED (
    SELECT a.place, a.id
    FROM arrival AS a
    LEFT JOIN fresh AS f ON a.id = f.message
    WHERE f.message IS NOT NULL OR a.state = 'refused'
),

message AS (
    INSERT INTO intake.message (
        id, received_at, source, channel, name, parent, line, control_id, kind, version, event_at,
        sent_at, sha256, size, lanes, state, reason, place, findings, done_at
    )
    SELECT
        a.id, a.received_at, a.source, a.channel, a.name, a.parent, a.line, a.control_id, a.kind,
        a.version, a.event_at, a.sent_at, a.sha256, length(a.body), a.lanes, a.state, a.reason,
        a.where_, a.findings::jsonb, CASE WHEN a.state = 'done' THEN a.received_at END
    FROM arrival AS a
    INNER JOIN kept AS k ON a.id = k.id
    ORDER BY a.id
),

body AS (
    INSERT INTO intake.body (id, received_at, body)
    SELECT a.id, a.received_at, a.body
    FROM arrival AS a
    INNER JOIN kept AS k ON a.id = k.id
    WHERE a.state <> 'refused'
    ORDER BY a.id
),

line AS (
    INSERT INTO intake.line (lane, message, received_at, source, lanes)
    SELECT l.lane, a.id, a.received_at, a.source, a.lanes
    FROM arrival AS a
    INNER JOIN kept AS k ON a.id = k.id
    CROSS JOIN LATERAL unnest(a.lanes) AS l (lane)
    WHERE a.state = 'new'
    ORDER BY a.id, l.lane
),

parked AS (
    INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
    SELECT a.id, a.received_at, a.source, a.kind, a.state, a.reason, a.received_at
    FROM arrival AS a
    INNER JOIN kept AS k ON a.id = k.id
    WHERE a.state IN ('quarantined', 'refused')
    ORDER BY a.id
),

key AS (
    INSERT INTO intake.message_key (key, received_at, message)
    SELECT p.key, a.received_at, a.id
    FROM unnest(%(patient)s::bigint[], %(patient_place)s::bigint[]) AS p (key, place)
    INNER JOIN arrival AS a ON p.place = a.place
    INNER JOIN kept AS k ON a.id = k.id
    ORDER BY p.key, a.id
)

SELECT a.place, k.id
FROM arrival AS a
LEFT JOIN kept AS k ON a.id = k.id
ORDER BY a.place;

-- name: arrivals_wake
-- Wakes the workers when this transaction commits.
SELECT pg_notify('cw_inbox', '') AS woken;

-- name: seen_expire
-- Forgets what came before a time.
DELETE FROM intake.seen
WHERE received_at < %(before)s;
