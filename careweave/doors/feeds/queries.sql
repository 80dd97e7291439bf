-- name: plan_anew
-- Plans every statement of the transaction when it is run, for within it tables grow from nothing to
-- much, and by indexes, for what is known of their sizes is of before.
SELECT
  pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', TRUE),
  pg_catalog.set_config('enable_seqscan', 'off', TRUE);

-- name: lock_feed
-- Holds the row of a source until the end of the transaction, making it if need be.
INSERT INTO feeds.feed (source)
VALUES (%(source)s)
ON CONFLICT (source) DO UPDATE SET source = excluded.source
RETURNING snapshot_at, sequence;

-- name: known_file
-- What became of these very bytes under this very name.
SELECT f.id, f.state, f.message
FROM feeds.file AS f
WHERE f.source = %(source)s AND f.name = %(name)s AND f.sha256 = %(sha256)s;

-- name: last_file
-- The name and the bytes of the file of this source that was accepted last.
SELECT f.name, f.sha256
FROM feeds.file AS f
WHERE f.source = %(source)s AND f.state = 'accepted'
ORDER BY f.taken_at DESC, f.id DESC
LIMIT 1;

-- name: note_file
-- Notes what became of a file.
INSERT INTO feeds.file AS f (
  source, name, sha256, size, state, taken_at, extract_at, sequence, message, reason, about,
  n_rows, n_new, n_changed, n_ended, n_faults
)
VALUES (
  %(source)s, %(name)s, %(sha256)s, %(size)s, %(state)s, %(taken_at)s, %(extract_at)s,
  %(sequence)s, %(message)s, %(reason)s, %(about)s, %(n_rows)s, %(n_new)s, %(n_changed)s,
  %(n_ended)s, %(n_faults)s
)
ON CONFLICT (source, name, sha256) DO UPDATE SET
  state = excluded.state,
  taken_at = excluded.taken_at,
  message = coalesce(excluded.message, f.message),
  reason = excluded.reason,
  about = excluded.about,
  n_rows = excluded.n_rows,
  n_new = excluded.n_new,
  n_changed = excluded.n_changed,
  n_ended = excluded.n_ended,
  n_faults = excluded.n_faults;

-- name: advance_feed
-- Notes which extract of a source is the last.
UPDATE feeds.feed
SET
  snapshot_at = coalesce(%(snapshot_at)s, snapshot_at),
  sequence = greatest(%(sequence)s, sequence)
WHERE source = %(source)s;

-- name: stage
-- Takes rows of a full extract.
INSERT INTO feeds.staged (source, key, digest, line)
SELECT %(source)s, u.key, u.digest, u.line
FROM unnest(%(keys)s::bytea [], %(digests)s::bytea [], %(lines)s::int []) AS u (key, digest, line);

-- name: unstage
-- Forgets the rows of a full extract.
DELETE FROM feeds.staged
WHERE source = %(source)s;

-- name: lost
-- How many rows the last extract had, and how many of them this one has not.
SELECT
  count(*) AS n_before,
  count(*) FILTER (WHERE s.key IS NULL) AS n_lost
FROM feeds.row AS r
LEFT JOIN feeds.staged AS s ON r.source = s.source AND r.key = s.key
WHERE r.source = %(source)s AND r.missed = 0 AND NOT r.is_ended;

-- name: differing
-- The lines of the rows that are new or say something else, and whether they are new.
SELECT s.line, coalesce(r.is_ended, TRUE) AS is_new
FROM feeds.staged AS s
LEFT JOIN feeds.row AS r ON s.source = r.source AND s.key = r.key
WHERE s.source = %(source)s AND (r.key IS NULL OR r.digest <> s.digest OR r.is_ended)
ORDER BY s.line;

-- name: keep_rows
-- Keeps what some rows say now.
INSERT INTO feeds.row AS r (source, key, digest, message)
SELECT %(source)s, u.key, u.digest, u.message
FROM
  unnest(%(keys)s::bytea [], %(digests)s::bytea [], %(messages)s::bigint [])
    AS u (key, digest, message)
ON CONFLICT (source, key) DO UPDATE SET
  digest = excluded.digest,
  message = excluded.message,
  missed = 0,
  is_ended = FALSE;

-- name: find_rows
-- Counts no more as absent what is there again.
UPDATE feeds.row AS r
SET missed = 0
FROM feeds.staged AS s
WHERE r.source = %(source)s AND s.source = r.source AND s.key = r.key AND r.missed > 0;

-- name: miss_rows
-- Counts as absent what is not there, and gives what has been absent often enough.
WITH missing AS (
  UPDATE feeds.row AS r
  SET missed = r.missed + 1, is_ended = coalesce(r.missed + 1 >= %(end_after)s::int, FALSE)
  WHERE
    r.source = %(source)s AND NOT r.is_ended AND (r.missed = 0 OR %(end_after)s::int IS NOT NULL)
    AND NOT EXISTS (
      SELECT 1
      FROM feeds.staged AS s
      WHERE s.source = r.source AND s.key = r.key
    )
  RETURNING r.key, r.message, r.is_ended
)

SELECT m.key, m.message
FROM missing AS m
WHERE m.is_ended AND m.message IS NOT NULL
ORDER BY m.key;

-- name: forget_rows
-- Forgets rows of which nothing more can be told.
DELETE FROM feeds.row
WHERE source = %(source)s AND key = any(%(keys)s::bytea []);

-- name: parked
-- The files that wait for somebody, the oldest first.
SELECT
  f.id, f.source, f.name, f.state, f.reason, f.about, f.taken_at, f.size, f.message
FROM feeds.file AS f
WHERE f.state = 'parked'
ORDER BY f.id;

-- name: due
-- The parked files of a source that wait no more: decided on, or next in the order.
SELECT f.name, f.sha256, f.state
FROM feeds.file AS f
WHERE
  f.source = %(source)s AND f.state IN ('parked', 'cleared', 'refused')
  AND (
    f.state <> 'parked'
    OR (
      f.reason = 'gap'
      AND f.sequence = (SELECT e.sequence + 1 FROM feeds.feed AS e WHERE e.source = f.source)
    )
  )
ORDER BY f.sequence NULLS FIRST, f.id;

-- name: decide
-- Decides on a parked file.
UPDATE feeds.file
SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, decided_why = %(why)s
WHERE id = %(id)s AND state = 'parked'
RETURNING source, name;

-- name: put_away
-- Notes that a refused file was put away.
UPDATE feeds.file
SET state = 'rejected'
WHERE
  source = %(source)s AND name = %(name)s AND sha256 = %(sha256)s AND state = 'refused';

-- name: shaken
-- When the access to a mailbox was last validated.
SELECT m.shaken_at
FROM feeds.mailbox AS m
WHERE m.name = %(name)s;

-- name: shake
-- Notes that the access to a mailbox was validated.
INSERT INTO feeds.mailbox (name, shaken_at)
VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET shaken_at = excluded.shaken_at;

-- name: known_mail
-- Which of these messages of a mailbox are stored already.
SELECT m.message_id
FROM feeds.mail AS m
WHERE m.mailbox = %(mailbox)s AND m.message_id = any(%(message_ids)s);

-- name: keep_mail
-- Notes a message of a mailbox; nothing where it is noted already.
INSERT INTO feeds.mail (
  mailbox, message_id, kind, workflow, source, sender, local_id, partner_id, subject, chunks,
  encoding, sha256, size, message, linked_id, status, received_at
)
VALUES (
  %(mailbox)s, %(message_id)s, %(kind)s, %(workflow)s, %(source)s, %(sender)s, %(local_id)s,
  %(partner_id)s, %(subject)s, %(chunks)s, %(encoding)s, %(sha256)s, %(size)s, %(message)s,
  %(linked_id)s, %(status)s, %(received_at)s
)
ON CONFLICT (mailbox, message_id) DO NOTHING;

-- name: same_mail
-- Whether the same bytes came to a mailbox for the same source under another id.
SELECT EXISTS (
  SELECT 1
  FROM feeds.mail AS m
  WHERE
    m.mailbox = %(mailbox)s AND m.source = %(source)s AND m.sha256 = %(sha256)s
    AND m.kind = 'data'
);

-- name: acknowledge_mail
-- Notes that MESH was told.
UPDATE feeds.mail
SET acknowledged_at = %(now)s
WHERE mailbox = %(mailbox)s AND message_id = %(message_id)s AND acknowledged_at IS NULL;

-- name: reports
-- What was not delivered, the newest first.
SELECT m.message_id, m.linked_id, m.local_id, m.workflow, m.status, m.received_at
FROM feeds.mail AS m
WHERE m.kind = 'report' AND m.received_at >= %(since)s
ORDER BY m.received_at DESC, m.message_id;
