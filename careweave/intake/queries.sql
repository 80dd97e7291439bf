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
        %(reason)s::text[], %(spot)s::text[], %(findings)s::text[], %(lane_from)s::int[],
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
    INSERT INTO intake.line (lane, message, received_at, source, lanes, size)
    SELECT l.lane, a.id, a.received_at, a.source, a.lanes, length(a.body)
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

-- name: search_recent
-- The newest messages of all sources that fit, among so many; where and which.
SELECT w.received_at, w.id
FROM (
        SELECT m.received_at, m.id, m.source, m.kind, m.state, m.reason
        FROM intake.message AS m
        WHERE
            m.received_at >= %(since)s AND m.received_at < %(until)s
            AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
        ORDER BY m.received_at DESC, m.id DESC
        LIMIT %(reach)s
    ) AS w
WHERE
    (
        %(kind)s::text IS NULL
        OR w.kind = %(kind)s::text
        OR starts_with(w.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR w.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR w.reason = %(reason)s::text)
ORDER BY w.received_at DESC, w.id DESC
LIMIT %(most)s;

-- name: search_recent_end
-- The last of the messages of all sources that such a search looks at; nothing when it sees the end.
SELECT m.received_at, m.id
FROM intake.message AS m
WHERE
    m.received_at >= %(since)s AND m.received_at < %(until)s
    AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
ORDER BY m.received_at DESC, m.id DESC
LIMIT 1 OFFSET %(reach)s - 1;

-- name: search_of_source
-- The newest messages of one source that fit, among so many; where and which.
SELECT w.received_at, w.id
FROM (
        SELECT m.received_at, m.id, m.source, m.kind, m.state, m.reason
        FROM intake.message AS m
        WHERE
            m.source = %(source)s AND m.received_at >= %(since)s AND m.received_at < %(until)s
            AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
        ORDER BY m.received_at DESC, m.id DESC
        LIMIT %(reach)s
    ) AS w
WHERE
    (
        %(kind)s::text IS NULL
        OR w.kind = %(kind)s::text
        OR starts_with(w.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR w.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR w.reason = %(reason)s::text)
ORDER BY w.received_at DESC, w.id DESC
LIMIT %(most)s;

-- name: search_of_source_end
-- The last of the messages of one source that such a search looks at; nothing when it sees the end.
SELECT m.received_at, m.id
FROM intake.message AS m
WHERE
    m.source = %(source)s AND m.received_at >= %(since)s AND m.received_at < %(until)s
    AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
ORDER BY m.received_at DESC, m.id DESC
LIMIT 1 OFFSET %(reach)s - 1;

-- name: search_of_patient
-- The newest messages that name a patient and fit.
SELECT k.received_at, k.message
FROM intake.message_key AS k
INNER JOIN intake.message AS m ON k.message = m.id AND k.received_at = m.received_at
WHERE
    k.key = %(key)s
    AND k.received_at >= %(since)s AND k.received_at < %(until)s
    AND (k.received_at, k.message) < (%(at)s::timestamptz, %(id)s::bigint)
    AND (%(source)s::text IS NULL OR m.source = %(source)s::text)
    AND (%(control_id)s::text IS NULL OR m.control_id = %(control_id)s::text)
    AND (
        %(kind)s::text IS NULL
        OR m.kind = %(kind)s::text
        OR starts_with(m.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR m.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR m.reason = %(reason)s::text)
ORDER BY k.received_at DESC, k.message DESC
LIMIT %(most)s;

-- name: search_by_control
-- The newest messages with a control id that fit.
SELECT m.received_at, m.id
FROM intake.message AS m
WHERE
    m.control_id = %(control_id)s
    AND m.received_at >= %(since)s AND m.received_at < %(until)s
    AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
    AND (%(source)s::text IS NULL OR m.source = %(source)s::text)
    AND (
        %(kind)s::text IS NULL
        OR m.kind = %(kind)s::text
        OR starts_with(m.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR m.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR m.reason = %(reason)s::text)
ORDER BY m.received_at DESC, m.id DESC
LIMIT %(most)s;

-- name: search_of_file
-- The last rows of a file that fit.
SELECT m.received_at, m.id
FROM intake.message AS m
WHERE
    m.parent = %(parent)s
    AND m.received_at >= %(since)s AND m.received_at < %(until)s
    AND (m.received_at, m.id) < (%(at)s::timestamptz, %(id)s::bigint)
    AND (%(source)s::text IS NULL OR m.source = %(source)s::text)
    AND (
        %(kind)s::text IS NULL
        OR m.kind = %(kind)s::text
        OR starts_with(m.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR m.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR m.reason = %(reason)s::text)
ORDER BY m.received_at DESC, m.id DESC
LIMIT %(most)s;

-- name: search_parked
-- The newest messages that are held, quarantined or refused and fit.
SELECT p.received_at, p.message
FROM intake.parked AS p
WHERE
    p.received_at >= %(since)s AND p.received_at < %(until)s
    AND (p.received_at, p.message) < (%(at)s::timestamptz, %(id)s::bigint)
    AND (%(source)s::text IS NULL OR p.source = %(source)s::text)
    AND (
        %(kind)s::text IS NULL
        OR p.kind = %(kind)s::text
        OR starts_with(p.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR p.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR p.reason = %(reason)s::text)
ORDER BY p.received_at DESC, p.message DESC
LIMIT %(most)s;

-- name: search_waiting
-- The newest messages that wait for their turn and fit; their order is that of their numbers.
SELECT w.received_at, w.message
FROM (
        SELECT DISTINCT l.message, l.received_at
        FROM intake.line AS l
        WHERE l.message < %(id)s AND NOT l.is_replay
        ORDER BY l.message DESC
        LIMIT %(reach)s
    ) AS w
INNER JOIN intake.message AS m ON w.message = m.id AND w.received_at = m.received_at
WHERE
    m.received_at >= %(since)s AND m.received_at < %(until)s
    AND (%(source)s::text IS NULL OR m.source = %(source)s::text)
    AND (
        %(kind)s::text IS NULL
        OR m.kind = %(kind)s::text
        OR starts_with(m.kind, %(kind)s::text || '^')
    )
    AND (%(state)s::text IS NULL OR m.state = %(state)s::text)
    AND (%(reason)s::text IS NULL OR m.reason = %(reason)s::text)
ORDER BY w.message DESC
LIMIT %(most)s;

-- name: search_waiting_end
-- The last of the waiting messages that such a search looks at; nothing when it sees the end.
SELECT w.received_at, w.message
FROM (
        SELECT DISTINCT l.message, l.received_at
        FROM intake.line AS l
        WHERE l.message < %(id)s AND NOT l.is_replay
        ORDER BY l.message DESC
        LIMIT %(reach)s
    ) AS w
ORDER BY w.message DESC
LIMIT 1 OFFSET %(reach)s - 1;

-- name: message_rows
-- What is known of some messages, newest first.
SELECT
    m.id, m.received_at, m.source, m.channel, m.name, m.parent, m.line, m.control_id, m.kind,
    m.version, m.event_at, m.sent_at, m.size, m.state, m.reason, m.place, m.suggestion,
    m.findings::text AS findings, m.mapping, m.n_attempts, m.n_entries, m.done_at
FROM unnest(%(at)s::timestamptz[], %(id)s::bigint[]) AS w (at, id)
INNER JOIN intake.message AS m ON w.id = m.id AND w.at = m.received_at
ORDER BY m.received_at DESC, m.id DESC;

-- name: message_places
-- When the messages of some numbers were received.
SELECT m.received_at, m.id
FROM intake.message AS m
WHERE m.id = ANY(%(id)s::bigint[])
ORDER BY m.id;

-- name: message_bytes
-- The bytes of one message.
SELECT b.body
FROM intake.body AS b
WHERE b.id = %(id)s AND b.received_at = %(at)s;

-- name: bodies
-- The bytes of messages of one source, by number alone.
SELECT m.id, b.body
FROM intake.message AS m
INNER JOIN intake.body AS b ON m.id = b.id AND m.received_at = b.received_at
WHERE m.id = ANY(%(ids)s::bigint[]) AND m.source = %(source)s
ORDER BY m.id;

-- name: message_attempts
-- The attempts on one message.
SELECT a.n, a.started_at, a.finished_at, a.worker, a.mapping, a.outcome, a.reason
FROM intake.attempt AS a
WHERE a.message = %(id)s
ORDER BY a.n;

-- name: message_entries
-- The entries that one message speaks of.
SELECT DISTINCT c.type, c.id
FROM intake.contribution AS c
WHERE c.message = %(id)s
ORDER BY c.type, c.id;

-- name: contributions_add
-- Keeps what messages said of entries.
INSERT INTO intake.contribution (
    id, type, rank, event_at, sent_at, turn, digest, part, message, received_at, source, list, said
)
SELECT
    u.id, u.type, u.rank, u.event_at, u.sent_at, u.turn, u.digest, u.part, u.message,
    u.received_at, u.source, u.list, u.said
FROM unnest(
    %(id)s::text[], %(type)s::text[], %(rank)s::smallint[], %(event_at)s::timestamptz[],
    %(sent_at)s::timestamptz[], %(turn)s::text[], %(digest)s::bytea[], %(part)s::smallint[],
    %(message)s::bigint[], %(received_at)s::timestamptz[], %(source)s::smallint[],
    %(list)s::text[], %(said)s::bytea[]
) AS u (
    id, type, rank, event_at, sent_at, turn, digest, part, message, received_at, source, list, said
)
ON CONFLICT DO NOTHING;

-- name: contributions_remove
-- Takes back what messages said of entries.
DELETE FROM intake.contribution
WHERE message = ANY(%(messages)s);

-- name: contributions
-- Everything that was said of these entries.
SELECT
    c.type, c.id, c.rank, c.event_at, c.sent_at, c.turn, c.digest, c.part, c.message,
    c.received_at, c.source, c.list, c.said
FROM unnest(%(types)s::text[], %(ids)s::text[]) AS w (type, id)
INNER JOIN intake.contribution AS c ON w.id = c.id AND w.type = c.type;

-- name: contribution_heads
-- The newest that was said of each of these entries; a seed only where there is nothing else.
SELECT w.type, w.id, c.rank, c.event_at, c.sent_at, c.turn, c.digest, c.part
FROM unnest(%(types)s::text[], %(ids)s::text[]) AS w (type, id)
CROSS JOIN LATERAL (
    SELECT h.rank, h.event_at, h.sent_at, h.turn, h.digest, h.part
    FROM intake.contribution AS h
    WHERE h.id = w.id AND h.type = w.type
    ORDER BY
        h.id DESC, h.type DESC, h.rank DESC, h.event_at DESC, h.sent_at DESC, h.turn DESC,
        h.digest DESC, h.part DESC, h.message DESC
    LIMIT 1
) AS c;

-- name: said_by
-- The entries of which these messages have spoken.
SELECT DISTINCT c.type, c.id
FROM intake.contribution AS c
WHERE c.message = ANY(%(messages)s);

-- name: listed_by
-- The lists that these messages have given whole.
SELECT DISTINCT s.list
FROM intake.snapshot AS s
WHERE s.message = ANY(%(messages)s);

-- name: list_members
-- The entries that were ever on these lists.
SELECT DISTINCT c.type, c.id, c.list
FROM intake.contribution AS c
WHERE c.list = ANY(%(lists)s);

-- name: markers
-- The newest time that each of these lists was given whole, but for what some messages said.
SELECT w.list, s.event_at, s.sent_at, s.turn, s.digest, s.received_at, s.ids
FROM unnest(%(lists)s::text[]) AS w (list)
CROSS JOIN LATERAL (
    SELECT n.event_at, n.sent_at, n.turn, n.digest, n.received_at, n.ids
    FROM intake.snapshot AS n
    WHERE n.list = w.list AND n.message <> ALL(%(without)s::bigint[])
    ORDER BY
        n.list DESC, n.event_at DESC, n.sent_at DESC, n.turn DESC, n.digest DESC, n.message DESC
    LIMIT 1
) AS s;

-- name: snapshots_add
-- Keeps lists that messages gave whole.
INSERT INTO intake.snapshot (
    list, event_at, sent_at, turn, digest, message, received_at, ids
)
SELECT
    u.list, u.event_at, u.sent_at, u.turn, u.digest, u.message, u.received_at,
    string_to_array(u.ids, ' ')
FROM unnest(
    %(list)s::text[], %(event_at)s::timestamptz[], %(sent_at)s::timestamptz[], %(turn)s::text[],
    %(digest)s::bytea[], %(message)s::bigint[], %(received_at)s::timestamptz[], %(ids)s::text[]
) AS u (list, event_at, sent_at, turn, digest, message, received_at, ids)
ON CONFLICT DO NOTHING;

-- name: snapshots_remove
-- Takes back lists that messages gave whole.
DELETE FROM intake.snapshot
WHERE message = ANY(%(messages)s);

-- name: quarantine_groups
-- How many messages wait for somebody, by source, state and reason, and since when.
SELECT p.source, p.state, p.reason, count(*) AS n, min(p.since) AS since, max(p.message) AS newest
FROM intake.parked AS p
WHERE p.state IN ('held', 'quarantined')
GROUP BY p.source, p.state, p.reason
ORDER BY p.source, p.state, p.reason;

-- name: quarantine_lanes
-- The lanes that wait, by source and reason: how many, since when, and what waits behind them.
SELECT
    h.source, h.reason, count(*) AS n_lanes, min(h.since) AS since,
    min(h.since) FILTER (WHERE starts_with(p.kind, 'ADT')) AS moves_since,
    bool_and(h.until IS NOT NULL) AS is_tried_again,
    sum(b.n)::bigint AS n_behind
FROM intake.lane_hold AS h
LEFT JOIN intake.parked AS p ON h.message = p.message
CROSS JOIN LATERAL (
    SELECT count(*) AS n
    FROM intake.line AS l
    WHERE l.lane = h.lane AND l.message > h.message
) AS b
GROUP BY h.source, h.reason
ORDER BY h.source, h.reason;

-- name: quarantine_sizes
-- How many messages of each source wait for somebody.
SELECT p.source, count(*) AS n
FROM intake.parked AS p
WHERE p.state IN ('held', 'quarantined')
GROUP BY p.source
ORDER BY p.source;

-- name: lines_window
-- The lanes of the messages that wait longest, without those whose lane is held or source stopped.
SELECT l.lanes
FROM intake.line AS l
WHERE
    l.source <> ALL(%(stopped)s::text[])
    AND l.message <> ALL(%(without)s::bigint[])
    AND NOT EXISTS (
        SELECT 1
        FROM intake.lane_hold AS h
        WHERE h.lane = l.lane AND (h.until IS NULL OR h.until > %(now)s)
    )
ORDER BY l.message
LIMIT %(most)s;

-- name: line_lanes
-- The lanes of a message that waits.
SELECT l.lanes
FROM intake.line AS l
WHERE l.message = %(message)s
ORDER BY l.lane
LIMIT 1;

-- name: lanes_try
-- Locks those of these lanes that are in nobody's hands, until the transaction ends.
SELECT w.lane
FROM unnest(%(lanes)s::bigint[]) AS w (lane)
WHERE pg_try_advisory_xact_lock(w.lane);

-- name: lanes_wait
-- Locks these lanes, in order, waiting for whoever holds them.
SELECT count(pg_advisory_xact_lock(w.lane)::text) AS n_locked
FROM (
    SELECT DISTINCT u.lane
    FROM unnest(%(lanes)s::bigint[]) AS u (lane)
    ORDER BY u.lane
) AS w;

-- name: lines_first
-- The first messages of lanes that are not held.
SELECT w.lane, n.message, n.received_at, n.lanes, n.size, n.is_replay
FROM unnest(%(lanes)s::bigint[]) AS w (lane)
CROSS JOIN LATERAL (
    SELECT l.message, l.received_at, l.lanes, l.size, l.is_replay
    FROM intake.line AS l
    WHERE l.lane = w.lane
    ORDER BY l.message
    LIMIT %(most)s
) AS n
WHERE NOT EXISTS (
    SELECT 1
    FROM intake.lane_hold AS h
    WHERE h.lane = w.lane AND (h.until IS NULL OR h.until > %(now)s)
);

-- name: messages_taken
-- Messages with their bytes.
SELECT
    m.id, m.received_at, m.source, m.channel, m.control_id, m.kind, m.event_at, m.sent_at,
    m.sha256, m.state, m.n_attempts, convert_to(m.findings::text, 'UTF8') AS noticed, b.body
FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS w (id, received_at)
INNER JOIN intake.message AS m ON w.id = m.id AND w.received_at = m.received_at
INNER JOIN intake.body AS b ON w.id = b.id AND w.received_at = b.received_at
ORDER BY m.id;

-- name: messages_done
-- Writes down that messages are part of the record, and takes them from their lanes.
WITH done AS MATERIALIZED (
    SELECT u.id, u.received_at, u.mapping, u.n_entries, u.findings
    FROM unnest(
        %(ids)s::bigint[], %(received_at)s::timestamptz[], %(mapping)s::text[],
        %(n_entries)s::smallint[], %(findings)s::text[]
    ) AS u (id, received_at, mapping, n_entries, findings)
),

gone AS (
    DELETE FROM intake.line AS l
    USING done AS d
    WHERE l.message = d.id
)

UPDATE intake.message AS m
SET
    state = 'done', reason = NULL, place = NULL, suggestion = NULL, mapping = d.mapping,
    n_attempts = m.n_attempts + 1, n_entries = d.n_entries, findings = d.findings::jsonb,
    done_at = %(now)s
FROM done AS d
WHERE m.id = d.id AND m.received_at = d.received_at;

-- name: messages_failed
-- Writes down that messages failed, why, and what becomes of them.
UPDATE intake.message AS m
SET
    state = u.state, reason = u.reason, place = u.place, suggestion = u.suggestion,
    mapping = u.mapping, n_attempts = m.n_attempts + 1, findings = u.findings::jsonb
FROM unnest(
    %(ids)s::bigint[], %(received_at)s::timestamptz[], %(state)s::text[], %(reason)s::text[],
    %(place)s::text[], %(suggestion)s::text[], %(mapping)s::text[], %(findings)s::text[]
) AS u (id, received_at, state, reason, place, suggestion, mapping, findings)
WHERE m.id = u.id AND m.received_at = u.received_at;

-- name: messages_park
-- Puts messages on the list of those that wait for somebody.
INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
SELECT m.id, m.received_at, m.source, m.kind, m.state, m.reason, %(now)s
FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS w (id, received_at)
INNER JOIN intake.message AS m ON w.id = m.id AND w.received_at = m.received_at
WHERE m.state IN ('held', 'quarantined', 'refused')
ON CONFLICT (message) DO UPDATE SET state = excluded.state, reason = excluded.reason;

-- name: messages_unpark
-- Takes messages from the list of those that wait for somebody.
DELETE FROM intake.parked
WHERE message = ANY(%(ids)s);

-- name: lanes_hold
-- Lets lanes wait for a message: until a time, or until somebody decides.
INSERT INTO intake.lane_hold (lane, message, received_at, source, reason, since, until)
SELECT l.lane, u.id, u.received_at, u.source, u.reason, %(now)s, u.until
FROM unnest(
    %(ids)s::bigint[], %(received_at)s::timestamptz[], %(source)s::text[], %(reason)s::text[],
    %(until)s::timestamptz[]
) AS u (id, received_at, source, reason, until)
INNER JOIN intake.line AS l ON u.id = l.message
ON CONFLICT (lane) DO UPDATE SET
    message = excluded.message, received_at = excluded.received_at, source = excluded.source,
    reason = excluded.reason, until = excluded.until,
    since = CASE
        WHEN lane_hold.message = excluded.message THEN lane_hold.since ELSE excluded.since
    END;

-- name: lanes_free
-- Lets the lanes go on that waited for these messages.
DELETE FROM intake.lane_hold
WHERE message = ANY(%(ids)s);

-- name: lines_remove
-- Takes messages from their lanes.
DELETE FROM intake.line
WHERE message = ANY(%(ids)s);

-- name: attempts_add
-- Writes down attempts, numbered after those before.
INSERT INTO intake.attempt (
    message, n, started_at, finished_at, worker, mapping, outcome, reason
)
SELECT
    u.id, u.n, %(started_at)s, %(finished_at)s, %(worker)s, u.mapping, u.outcome, u.reason
FROM unnest(
    %(ids)s::bigint[], %(n)s::smallint[], %(mapping)s::text[], %(outcome)s::text[],
    %(reason)s::text[]
) AS u (id, n, mapping, outcome, reason)
ON CONFLICT (message, n) DO NOTHING;

-- name: shift_begin
-- Writes down what a worker takes in hand.
INSERT INTO intake.shift (worker, at, messages)
VALUES (%(worker)s, %(now)s, %(messages)s)
ON CONFLICT (worker) DO UPDATE SET at = excluded.at, messages = excluded.messages;

-- name: shift_hasty
-- Lets this transaction not wait for the disk: it only tells of what was in hand.
SELECT set_config('synchronous_commit', 'off', TRUE) AS set;

-- name: shift_left
-- What a worker had in hand when it was lost and is still to be done: whether that was all it had,
-- and how many workers were lost over it alone before.
SELECT
    l.message, l.received_at, m.n_attempts, m.mapping, cardinality(s.messages) = 1 AS is_alone,
    (
        SELECT count(*)
        FROM intake.attempt AS a
        WHERE a.message = l.message AND a.outcome = 'lost'
    ) AS n_lost
FROM intake.shift AS s
CROSS JOIN LATERAL unnest(s.messages) AS h (message)
INNER JOIN intake.line AS l ON h.message = l.message
INNER JOIN intake.message AS m ON l.message = m.id AND l.received_at = m.received_at
WHERE s.worker = %(worker)s
GROUP BY l.message, l.received_at, m.n_attempts, m.mapping, s.messages
ORDER BY l.message;

-- name: shift_end
-- Forgets what a worker had in hand.
DELETE FROM intake.shift
WHERE worker = %(worker)s;

-- name: shift_lost
-- Counts an attempt whose worker was lost.
UPDATE intake.message AS m
SET n_attempts = m.n_attempts + 1
FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS u (id, received_at)
WHERE m.id = u.id AND m.received_at = u.received_at;

-- name: partitions_keep
-- Makes the partitions of this month and the coming ones.
SELECT intake.keep_partitions(%(now)s, %(months)s) AS n_made;

-- name: act_numbers
-- The messages of a source or a reason that wait for somebody, the oldest first.
SELECT p.message
FROM intake.parked AS p
WHERE
    p.state IN ('held', 'quarantined')
    AND (%(source)s::text IS NULL OR p.source = %(source)s::text)
    AND (%(reason)s::text IS NULL OR p.reason = %(reason)s::text)
ORDER BY p.message
LIMIT %(most)s;

-- name: act_lanes
-- The lanes of some messages.
SELECT DISTINCT l.lane
FROM intake.message AS m
CROSS JOIN LATERAL unnest(m.lanes) AS l (lane)
WHERE m.id = ANY(%(ids)s::bigint[])
ORDER BY l.lane;

-- name: act_messages
-- Which of some messages can be decided on: they wait for somebody, or for another attempt.
SELECT m.id, m.received_at
FROM intake.message AS m
WHERE
    m.id = ANY(%(ids)s::bigint[])
    AND (
        m.state IN ('held', 'quarantined')
        OR (
            m.state = 'new'
            AND EXISTS (SELECT 1 FROM intake.lane_hold AS h WHERE h.message = m.id)
        )
    )
ORDER BY m.id
FOR UPDATE OF m;

-- name: act_retry
-- Lets messages wait for their turn again, in all their lanes.
WITH again AS (
    UPDATE intake.message AS m
    SET state = 'new', reason = NULL, place = NULL, suggestion = NULL
    FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS w (id, received_at)
    WHERE m.id = w.id AND m.received_at = w.received_at AND cardinality(m.lanes) > 0
    RETURNING m.id AS id, m.received_at AS received_at, m.source, m.lanes, m.size
),

freed AS (
    DELETE FROM intake.lane_hold AS h
    USING again AS a
    WHERE h.message = a.id
),

gone AS (
    DELETE FROM intake.parked AS p
    USING again AS a
    WHERE p.message = a.id
),

line AS (
    INSERT INTO intake.line (lane, message, received_at, source, lanes, size)
    SELECT l.lane, a.id, a.received_at, a.source, a.lanes, a.size
    FROM again AS a
    CROSS JOIN LATERAL unnest(a.lanes) AS l (lane)
    ORDER BY a.id, l.lane
    ON CONFLICT (lane, message) DO NOTHING
)

SELECT a.id
FROM again AS a
ORDER BY a.id;

-- name: act_settle
-- Takes messages out of their lanes, which go on, and puts them into another state.
WITH settled AS (
    UPDATE intake.message AS m
    SET
        state = %(state)s,
        reason = coalesce(m.reason, (
            SELECT h.reason
            FROM intake.lane_hold AS h
            WHERE h.message = m.id
            ORDER BY h.lane
            LIMIT 1
        ))
    FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS w (id, received_at)
    WHERE m.id = w.id AND m.received_at = w.received_at
    RETURNING m.id AS id, m.received_at AS received_at, m.source, m.kind, m.state, m.reason
),

freed AS (
    DELETE FROM intake.lane_hold AS h
    USING settled AS s
    WHERE h.message = s.id
),

gone AS (
    DELETE FROM intake.line AS l
    USING settled AS s
    WHERE l.message = s.id
),

parked AS (
    INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
    SELECT s.id, s.received_at, s.source, s.kind, s.state, coalesce(s.reason, ''), %(now)s
    FROM settled AS s
    ORDER BY s.id
    ON CONFLICT (message) DO UPDATE SET state = excluded.state, reason = excluded.reason
)

SELECT s.id
FROM settled AS s
ORDER BY s.id;

-- name: messages_lanes
-- The lanes of these messages.
SELECT m.lanes
FROM intake.message AS m
WHERE m.id = ANY(%(ids)s);

-- name: lines_again
-- Puts messages that have bytes and were not refused back into their lanes.
INSERT INTO intake.line (lane, message, received_at, source, lanes, size, is_replay)
SELECT l.lane, m.id, m.received_at, m.source, m.lanes, m.size, TRUE
FROM intake.message AS m
INNER JOIN intake.body AS b ON m.id = b.id AND m.received_at = b.received_at
CROSS JOIN LATERAL unnest(m.lanes) AS l (lane)
WHERE m.id = ANY(%(ids)s) AND m.state <> 'refused'
ON CONFLICT (lane, message) DO UPDATE SET is_replay = TRUE
RETURNING message;

-- name: messages_again
-- Writes down that messages wait again.
UPDATE intake.message
SET state = 'new', reason = NULL, place = NULL, suggestion = NULL
WHERE id = ANY(%(ids)s);

-- name: messages_settled
-- The states of messages that no longer wait.
SELECT m.id, m.state
FROM intake.message AS m
WHERE m.id = ANY(%(ids)s) AND m.state <> 'new';

-- name: selected_parked
-- Messages that wait for somebody, in order; what was refused never goes in.
SELECT p.message
FROM intake.parked AS p
INNER JOIN intake.message AS m ON p.message = m.id AND p.received_at = m.received_at
WHERE
    p.message > %(after)s
    AND p.state <> 'refused'
    AND (%(source)s::text IS NULL OR p.source = %(source)s)
    AND (%(state)s::text IS NULL OR p.state = %(state)s)
    AND (%(reason)s::text IS NULL OR p.reason = %(reason)s)
    AND (%(kind)s::text IS NULL OR p.kind = %(kind)s)
    AND (%(mapping)s::text IS NULL OR m.mapping = %(mapping)s)
    AND p.received_at >= %(since)s
    AND p.received_at < %(until)s
    AND (%(ids)s::bigint[] IS NULL OR p.message = ANY(%(ids)s))
ORDER BY p.message
LIMIT %(most)s;

-- name: selected
-- Messages of any state, in order; what was refused never goes in.
SELECT m.id
FROM intake.message AS m
WHERE
    m.id > %(after)s
    AND m.state <> 'refused'
    AND (%(source)s::text IS NULL OR m.source = %(source)s)
    AND (%(state)s::text IS NULL OR m.state = %(state)s)
    AND (%(reason)s::text IS NULL OR m.reason = %(reason)s)
    AND (%(kind)s::text IS NULL OR m.kind = %(kind)s)
    AND (%(mapping)s::text IS NULL OR m.mapping = %(mapping)s)
    AND m.received_at >= %(since)s
    AND m.received_at < %(until)s
    AND (%(ids)s::bigint[] IS NULL OR m.id = ANY(%(ids)s))
ORDER BY m.id
LIMIT %(most)s;

-- name: contributions_by
-- Everything that these messages have said.
SELECT
    c.type, c.id, c.rank, c.event_at, c.sent_at, c.turn, c.digest, c.part, c.message,
    c.received_at, c.source, c.list, c.said
FROM intake.contribution AS c
WHERE c.message = ANY(%(messages)s)
ORDER BY c.message, c.part;

-- name: messages_shown
-- Messages with their bytes, by number alone.
SELECT
    m.id, m.received_at, m.source, m.channel, m.control_id, m.kind, m.event_at, m.sent_at,
    m.sha256, m.state, m.n_attempts, convert_to(m.findings::text, 'UTF8') AS noticed, b.body,
    m.lanes
FROM intake.message AS m
INNER JOIN intake.body AS b ON m.id = b.id AND m.received_at = b.received_at
WHERE m.id = ANY(%(ids)s)
ORDER BY m.id;

-- name: contributions_forget
-- Removes what was said of entries and the lists they were on; gives who said it, and where: in no
-- lane for a message that speaks of another patient too.
WITH gone AS (
    DELETE FROM intake.contribution AS c
    USING unnest(%(types)s::text[], %(ids)s::text[]) AS w (type, id)
    WHERE c.id = w.id AND c.type = w.type
    RETURNING c.message AS message, c.received_at AS received_at, c.list AS list
),

listed AS (
    DELETE FROM intake.snapshot AS s
    USING (SELECT DISTINCT g.list FROM gone AS g WHERE g.list IS NOT NULL) AS l
    WHERE s.list = l.list
)

SELECT DISTINCT
    m.id,
    CASE
        WHEN NOT EXISTS (
            SELECT 1
            FROM intake.contribution AS o
            WHERE o.message = m.id AND o.type = 'Patient' AND o.id <> ALL(%(ids)s::text[])
        ) THEN m.lanes
        ELSE '{}'
    END AS lanes,
    m.parent, m.source
FROM gone AS g
INNER JOIN intake.message AS m ON g.message = m.id AND g.received_at = m.received_at;

-- name: messages_alike
-- Messages with one lane that name by no identifier anybody but whom the messages of some lanes name.
WITH known AS MATERIALIZED (
    SELECT DISTINCT k.key
    FROM intake.message AS m
    INNER JOIN intake.message_key AS k ON m.id = k.message AND m.received_at = k.received_at
    WHERE m.id = ANY(%(ids)s::bigint[]) AND m.lanes <@ %(lanes)s::bigint[]
),

named AS MATERIALIZED (
    SELECT DISTINCT k.message, k.received_at
    FROM known AS w
    INNER JOIN intake.message_key AS k ON w.key = k.key
)

SELECT m.id, m.lanes, m.parent, m.source
FROM named AS n
INNER JOIN intake.message AS m ON n.message = m.id AND n.received_at = m.received_at
WHERE
    cardinality(m.lanes) = 1
    AND NOT EXISTS (
        SELECT 1
        FROM intake.message_key AS o
        WHERE o.message = m.id AND o.key NOT IN (SELECT w.key FROM known AS w)
    );

-- name: lanes_forget
-- Refuses what waits or failed of a subject that was erased, by lanes and by numbers.
WITH waiting AS (
    SELECT l.message
    FROM intake.line AS l
    WHERE l.lane = ANY(%(lanes)s::bigint[]) AND cardinality(l.lanes) = 1
    UNION
    SELECT l.message
    FROM intake.line AS l
    WHERE l.message = ANY(%(ids)s::bigint[])
    UNION
    SELECT p.message
    FROM intake.parked AS p
    INNER JOIN intake.message AS m ON p.message = m.id AND p.received_at = m.received_at
    WHERE
        p.message = ANY(%(ids)s::bigint[])
        OR (m.lanes <@ %(lanes)s::bigint[] AND cardinality(m.lanes) > 0)
),

line AS (
    DELETE FROM intake.line AS l
    USING waiting AS w
    WHERE l.message = w.message
),

hold AS (
    DELETE FROM intake.lane_hold AS h
    USING waiting AS w
    WHERE h.message = w.message
),

parked AS (
    DELETE FROM intake.parked AS p
    USING waiting AS w
    WHERE p.message = w.message
)

UPDATE intake.message AS m
SET state = 'refused', reason = 'unknown-outcome', done_at = %(now)s
FROM waiting AS w
WHERE m.id = w.message
RETURNING m.id, m.lanes, m.parent, m.source;

-- name: messages_unheard
-- Removes the bytes of messages and of all files of sources, and what finds messages by patient.
WITH body AS (
    DELETE FROM intake.body AS b
    USING (
        SELECT u.id
        FROM unnest(%(ids)s::bigint[]) AS u (id)
        UNION
        SELECT m.id
        FROM intake.message AS m
        WHERE
            m.source = ANY(%(sources)s::text[]) AND m.parent IS NULL AND m.kind = m.channel
            AND cardinality(m.lanes) = 0
    ) AS w
    WHERE b.id = w.id
)

DELETE FROM intake.message_key
WHERE message = ANY(%(ids)s::bigint[]);

-- name: act_clear
-- Marks whole files that were set aside as taken.
WITH cleared AS (
    UPDATE intake.message AS m
    SET state = 'done', reason = NULL, place = NULL, suggestion = NULL, done_at = %(now)s
    FROM unnest(%(ids)s::bigint[], %(received_at)s::timestamptz[]) AS w (id, received_at)
    WHERE m.id = w.id AND m.received_at = w.received_at AND cardinality(m.lanes) = 0
    RETURNING m.id AS id
),

gone AS (
    DELETE FROM intake.parked AS p
    USING cleared AS c
    WHERE p.message = c.id
)

SELECT c.id
FROM cleared AS c
ORDER BY c.id;
