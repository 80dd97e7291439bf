-- name: standing
-- What a user has open and which mandates an organisation has, at a moment.
SELECT
  e.id, e.person, e.purpose, e.opened_at, e.expires_at, e.began_at, e.is_emergency, e.heading,
  e.label, ARRAY[]::text[] AS headings, ARRAY[]::text[] AS bars, '' AS recipient
FROM disclosure.episode AS e
WHERE
  e.organisation = %(organisation)s AND e.user_name = %(user)s AND e.expires_at > %(at)s
  AND e.client = %(client)s AND e.role = %(role)s AND e.setting = %(setting)s
  AND e.team = %(team)s AND e.began_at <= %(at)s
  AND (e.ended_at IS NULL OR e.ended_at > %(at)s)
UNION ALL
SELECT
  m.id, m.person, NULL, m.since, least(m.until, coalesce(m.ended_at, m.until)), NULL, NULL, NULL,
  NULL, m.headings, m.bars, m.recipient
FROM disclosure.mandate AS m
WHERE
  m.recipient = %(organisation)s AND m.until > %(at)s AND m.since <= %(at)s
  AND (m.ended_at IS NULL OR m.ended_at > %(at)s);

-- name: lock_user
-- Waits until nobody else opens anything for this user of this organisation.
SELECT pg_catalog.pg_advisory_xact_lock(
  7261007, pg_catalog.hashtext(%(organisation)s || ' ' || %(user)s)
);

-- name: open_episode
-- Opens an episode, or states an open one again, unless the words or the count of the day forbid it.
WITH released AS (
  SELECT greatest(max(r.at), %(day)s::timestamptz) AS since
  FROM disclosure.release AS r
  WHERE
    r.organisation = %(organisation)s AND r.user_name = %(user)s AND r.at >= %(day)s
    AND r.at <= %(at)s
),
mine AS (
  SELECT
    count(*) FILTER (
      WHERE e.is_emergency AND e.began_at >= released.since
    ) AS n_today,
    count(*) FILTER (
      WHERE e.is_emergency AND e.began_at > %(shift_since)s::timestamptz
    ) AS n_in_shift,
    (array_agg(e.words ORDER BY e.began_at DESC, e.id DESC))[1] AS last_words
  FROM released
  LEFT JOIN disclosure.episode AS e
    ON e.organisation = %(organisation)s AND e.user_name = %(user)s AND e.began_at <= %(at)s
),
running AS (
  SELECT e.id, e.began_at
  FROM disclosure.episode AS e
  WHERE
    e.organisation = %(organisation)s AND e.user_name = %(user)s AND e.expires_at > %(at)s
    AND e.client = %(client)s AND e.role = %(role)s AND e.setting = %(setting)s
    AND e.team = %(team)s AND e.began_at <= %(at)s AND e.ended_at IS NULL
    AND e.person = %(person)s AND e.purpose = %(purpose)s AND e.is_emergency = %(emergency)s
    AND e.heading = %(heading)s AND e.label = %(label)s
  ORDER BY e.began_at DESC
  LIMIT 1
),
stated AS (
  UPDATE disclosure.episode AS e
  SET
    opened_at = %(at)s,
    expires_at = least(%(until)s::timestamptz, e.began_at + %(total_s)s::int * interval '1 second'),
    n_stated = e.n_stated + 1
  FROM running
  WHERE e.id = running.id
  RETURNING e.id, e.began_at, e.opened_at, e.expires_at
),
begun AS (
  INSERT INTO disclosure.episode (
    id, is_emergency, client, user_name, organisation, role, setting, team, person, purpose,
    heading, label, because, words, began_at, opened_at, expires_at, due_at
  )
  SELECT
    %(id)s, %(emergency)s, %(client)s, %(user)s, %(organisation)s, %(role)s, %(setting)s,
    %(team)s, %(person)s, %(purpose)s, %(heading)s, %(label)s, %(because)s, %(words)s, %(at)s,
    %(at)s, %(until)s, %(due)s
  FROM mine
  WHERE
    NOT EXISTS (SELECT 1 FROM running)
    AND %(words)s <> '' AND lower(%(words)s) IS DISTINCT FROM lower(mine.last_words)
    AND (NOT %(emergency)s OR mine.n_today < %(most)s)
  RETURNING id, began_at, opened_at, expires_at
)
SELECT
  made.id, made.began_at, made.opened_at, made.expires_at, mine.n_today, mine.n_in_shift,
  mine.last_words
FROM mine
LEFT JOIN (
  SELECT id, began_at, opened_at, expires_at FROM stated
  UNION ALL
  SELECT id, began_at, opened_at, expires_at FROM begun
) AS made ON TRUE;

-- name: end_episodes
-- Ends what a user has open for a person, before its time.
UPDATE disclosure.episode AS e
SET ended_at = %(at)s
WHERE
  e.organisation = %(organisation)s AND e.user_name = %(user)s AND e.expires_at > %(at)s
  AND e.client = %(client)s AND e.role = %(role)s AND e.setting = %(setting)s
  AND e.team = %(team)s AND e.began_at <= %(at)s AND e.ended_at IS NULL
  AND e.person = %(person)s
RETURNING e.id;

-- name: end_all_episodes
-- Ends all that a user has open, before its time.
UPDATE disclosure.episode AS e
SET ended_at = %(at)s
WHERE
  e.organisation = %(organisation)s AND e.user_name = %(user)s AND e.expires_at > %(at)s
  AND e.client = %(client)s AND e.role = %(role)s AND e.setting = %(setting)s
  AND e.team = %(team)s AND e.began_at <= %(at)s AND e.ended_at IS NULL
RETURNING e.id, e.person;

-- name: add_alerts
-- Adds what an officer is to look into.
INSERT INTO disclosure.alert (
  id, at, kind, client, user_name, organisation, role, person, episode, clause, due_at
)
SELECT
  a.id, a.at, a.kind, a.client, a.user_name, a.organisation, a.role, a.person, a.episode,
  a.clause, a.due_at
FROM unnest(
  %(id)s::uuid[], %(at)s::timestamptz[], %(kind)s::text[], %(client)s::text[],
  %(user_name)s::text[], %(organisation)s::text[], %(role)s::text[], %(person)s::uuid[],
  %(episode)s::uuid[], %(clause)s::text[], %(due_at)s::timestamptz[]
) AS a (
  id, at, kind, client, user_name, organisation, role, person, episode, clause, due_at
);

-- name: waiting_reviews
-- What waits for the officer of an organisation, or all of a period, the oldest due first.
SELECT
  q.id, q.what, q.at, q.user_name, q.client, q.organisation, q.role, q.person, q.purpose,
  q.heading, q.label, q.because, q.words, q.expires_at, q.n_stated, q.ended_at, q.episode,
  q.clause, q.due_at, q.claimed_by, q.claimed_at, q.reviewed_by, q.reviewed_at, q.verdict, q.remark
FROM (
  SELECT
    e.id, CASE WHEN e.is_emergency THEN 'emergency' ELSE 'reason' END AS what, e.began_at AS at,
    e.user_name, e.client, e.organisation, e.role, e.person, e.purpose, e.heading, e.label,
    e.because, e.words, e.expires_at, e.n_stated, e.ended_at, e.id AS episode, '' AS clause,
    e.due_at, e.claimed_by, e.claimed_at, e.reviewed_by, e.reviewed_at, e.verdict, e.remark
  FROM disclosure.episode AS e
  UNION ALL
  SELECT
    a.id, a.kind, a.at, a.user_name, a.client, a.organisation, a.role, a.person, '', '', '', '',
    '', NULL, 1, NULL, a.episode, a.clause, a.due_at, a.claimed_by, a.claimed_at, a.reviewed_by,
    a.reviewed_at, a.verdict, a.remark
  FROM disclosure.alert AS a
) AS q
WHERE
  (%(organisation)s::text IS NULL OR q.organisation = %(organisation)s)
  AND (%(id)s::uuid IS NULL OR q.id = %(id)s OR q.episode = %(id)s)
  AND (%(reviewed)s OR q.reviewed_at IS NULL)
ORDER BY q.due_at, q.id
LIMIT %(most)s;

-- name: claim_review
-- Takes up the review of an episode or alert that nobody else has.
WITH e AS (
  UPDATE disclosure.episode
  SET claimed_by = %(officer)s, claimed_at = %(at)s
  WHERE
    id = %(id)s AND organisation = %(organisation)s AND reviewed_at IS NULL
    AND user_name <> %(officer)s
    AND (claimed_by IS NULL OR claimed_by = %(officer)s)
  RETURNING person
),
a AS (
  UPDATE disclosure.alert
  SET claimed_by = %(officer)s, claimed_at = %(at)s
  WHERE
    id = %(id)s AND organisation = %(organisation)s AND reviewed_at IS NULL
    AND user_name <> %(officer)s
    AND (claimed_by IS NULL OR claimed_by = %(officer)s)
  RETURNING person
)
SELECT person FROM e
UNION ALL
SELECT person FROM a;

-- name: give_verdict
-- Writes down what an officer found of an episode or alert that nobody else has taken up.
WITH e AS (
  UPDATE disclosure.episode
  SET reviewed_by = %(officer)s, reviewed_at = %(at)s, verdict = %(verdict)s, remark = %(remark)s
  WHERE
    id = %(id)s AND organisation = %(organisation)s AND reviewed_at IS NULL
    AND user_name <> %(officer)s
    AND (claimed_by IS NULL OR claimed_by = %(officer)s)
  RETURNING person
),
a AS (
  UPDATE disclosure.alert
  SET reviewed_by = %(officer)s, reviewed_at = %(at)s, verdict = %(verdict)s, remark = %(remark)s
  WHERE
    id = %(id)s AND organisation = %(organisation)s AND reviewed_at IS NULL
    AND user_name <> %(officer)s
    AND (claimed_by IS NULL OR claimed_by = %(officer)s)
  RETURNING person
)
SELECT person FROM e
UNION ALL
SELECT person FROM a;

-- name: add_release
-- Lets the emergencies of a user's day be counted from here on.
INSERT INTO disclosure.release (id, at, user_name, organisation, released_by, reason)
VALUES (%(id)s, %(at)s, %(user)s, %(organisation)s, %(officer)s, %(reason)s);

-- name: add_mandate
-- Adds a legal mandate.
INSERT INTO disclosure.mandate (
  id, person, issuer, instrument, headings, bars, recipient, since, until, entered_by, second_by,
  entered_at
)
VALUES (
  %(id)s, %(person)s, %(issuer)s, %(instrument)s, %(headings)s::text[], %(bars)s::text[],
  %(recipient)s, %(since)s, %(until)s, %(entered_by)s, %(second_by)s, %(at)s
);

-- name: end_mandate
-- Ends a mandate before its time.
UPDATE disclosure.mandate
SET ended_by = %(by)s, ended_at = %(at)s
WHERE id = %(id)s AND ended_at IS NULL AND until > %(at)s
RETURNING person, recipient;

-- name: mandates
-- All mandates, or those of one organisation, the newest first.
SELECT
  m.id, m.person, m.issuer, m.instrument, m.headings, m.bars, m.recipient, m.since, m.until,
  m.entered_by, m.second_by, m.entered_at, m.ended_by, m.ended_at
FROM disclosure.mandate AS m
WHERE %(recipient)s::text IS NULL OR m.recipient = %(recipient)s
ORDER BY m.entered_at DESC, m.id
LIMIT %(most)s;

-- name: spend
-- Counts what an answer takes from clauses, unless one of them gives no more, and what was spent.
WITH quick AS (
  -- A counter that is lost in a crash harms nobody; what was shown is in the ledger.
  SELECT pg_catalog.set_config('synchronous_commit', 'off', TRUE) AS set
),
asked AS (
  SELECT a.clause, a.person
  FROM unnest(%(opened)s::text[], %(people)s::uuid[]) AS a (clause, person)
),
budget AS (
  SELECT b.clause, b.items, b.most_people, b.most_items
  FROM unnest(
    %(clauses)s::text[], %(items)s::int[], %(most_people)s::bigint[], %(most_items)s::bigint[]
  ) AS b (clause, items, most_people, most_items)
),
tally AS (
  SELECT
    b.clause,
    (
      SELECT count(*)
      FROM disclosure.opened AS o
      WHERE
        o.hour = %(hour)s AND o.organisation = %(organisation)s AND o.user_name = %(user)s
        AND o.clause = b.clause
    ) AS n_people,
    (
      SELECT count(*)
      FROM asked AS a
      WHERE
        a.clause = b.clause AND NOT EXISTS (
          SELECT 1
          FROM disclosure.opened AS o
          WHERE
            o.hour = %(hour)s AND o.organisation = %(organisation)s AND o.user_name = %(user)s
            AND o.clause = a.clause AND o.person = a.person
        )
    ) AS more_people,
    coalesce((
      SELECT s.n
      FROM disclosure.spent AS s
      WHERE s.since = %(day)s AND s.organisation = '' AND s.user_name = '' AND s.clause = b.clause
    ), 0) AS n_items,
    b.items, b.most_people, b.most_items
  FROM budget AS b
),
fits AS (
  SELECT
    coalesce(
      %(forced)s OR bool_and(
        (t.more_people = 0 OR t.n_people + t.more_people <= t.most_people)
        AND t.n_items + t.items <= t.most_items
      ), FALSE
    ) AS is_so
  FROM tally AS t, quick
),
noted AS (
  INSERT INTO disclosure.opened (hour, organisation, user_name, clause, person)
  SELECT %(hour)s, %(organisation)s, %(user)s, a.clause, a.person
  FROM asked AS a, fits AS f
  WHERE f.is_so
  ON CONFLICT DO NOTHING
),
counted AS (
  INSERT INTO disclosure.spent AS s (since, organisation, user_name, clause, n)
  SELECT %(day)s, '', '', b.clause, b.items
  FROM budget AS b, fits AS f
  WHERE f.is_so
  ON CONFLICT (since, organisation, user_name, clause) DO UPDATE SET n = s.n + excluded.n
)
SELECT t.clause, t.n_people, t.more_people, t.n_items, t.items
FROM tally AS t
ORDER BY t.clause;

-- name: spend_search
-- Counts a search for a person by a user within an hour, and returns how many there were.
WITH quick AS (
  SELECT pg_catalog.set_config('synchronous_commit', 'off', TRUE) AS set
)
INSERT INTO disclosure.spent AS s (since, organisation, user_name, clause, n)
SELECT %(since)s::timestamptz, %(organisation)s, %(user)s, %(clause)s, 1
FROM quick
ON CONFLICT (since, organisation, user_name, clause) DO UPDATE SET n = s.n + 1
RETURNING s.n;

-- name: lock_watching
-- Whether this transaction is the one that goes through looks for alerts.
SELECT pg_catalog.pg_try_advisory_xact_lock(7261008);

-- name: watched_place
-- Up to which account looks were gone through.
SELECT w.tx, w.id
FROM disclosure.watched AS w;

-- name: keep_watched_place
-- Keeps up to which account looks were gone through.
INSERT INTO disclosure.watched (tx, id)
VALUES (%(tx)s::xid8, %(id)s)
ON CONFLICT (is_one) DO UPDATE SET tx = excluded.tx, id = excluded.id;

-- name: add_alerts_once
-- Adds alerts, but no second one of a kind about a user, a person and an episode within a day.
INSERT INTO disclosure.alert (
  id, at, kind, client, user_name, organisation, role, person, episode, clause, due_at
)
SELECT DISTINCT ON (a.kind, a.organisation, a.user_name, a.person, a.episode)
  a.id, a.at, a.kind, a.client, a.user_name, a.organisation, a.role, a.person, a.episode,
  a.clause, a.due_at
FROM unnest(
  %(id)s::uuid[], %(at)s::timestamptz[], %(kind)s::text[], %(client)s::text[],
  %(user_name)s::text[], %(organisation)s::text[], %(role)s::text[], %(person)s::uuid[],
  %(episode)s::uuid[], %(clause)s::text[], %(due_at)s::timestamptz[]
) AS a (
  id, at, kind, client, user_name, organisation, role, person, episode, clause, due_at
)
WHERE NOT EXISTS (
  SELECT 1
  FROM disclosure.alert AS b
  WHERE
    b.organisation = a.organisation AND b.user_name = a.user_name AND b.kind = a.kind
    AND b.person IS NOT DISTINCT FROM a.person
    AND (a.episode IS NULL OR b.episode IS NOT DISTINCT FROM a.episode)
    AND b.at > a.at - interval '24 hours' AND b.at <= a.at
)
ORDER BY a.kind, a.organisation, a.user_name, a.person, a.episode, a.at;

-- name: emergencies_begun
-- Emergencies that began within a span and about which nothing of a kind was noticed.
SELECT e.id, e.person, e.client, e.user_name, e.organisation, e.role, e.purpose, e.began_at
FROM disclosure.episode AS e
WHERE
  e.is_emergency AND e.began_at > %(since)s AND e.began_at <= %(until)s
  AND NOT EXISTS (
    SELECT 1
    FROM disclosure.alert AS a
    WHERE a.episode = e.id AND a.kind = %(kind)s
  )
ORDER BY e.began_at
LIMIT %(most)s;

-- name: add_problem
-- Notes what a reader says is wrong with an entry.
INSERT INTO disclosure.problem (
  id, at, user_name, organisation, role, person, type, entry, version, heading, owner, system, kind,
  words, due_at
)
VALUES (
  %(id)s, %(at)s, %(user)s, %(organisation)s, %(role)s, %(person)s, %(type)s, %(entry)s,
  %(version)s, %(heading)s, %(owner)s, %(system)s, %(kind)s, %(words)s, %(due)s
)
ON CONFLICT (id) DO NOTHING;

-- name: problems_of_owner
-- What waits for the officers of an organisation, the first due first.
SELECT
  p.id, p.at, p.user_name, p.organisation, p.role, p.person, p.type, p.entry, p.version, p.heading,
  p.owner, p.system, p.kind, p.words, p.due_at, p.answered_at, p.answered_by, p.outcome, p.remark
FROM disclosure.problem AS p
WHERE p.owner = %(owner)s AND p.answered_at IS NULL
ORDER BY p.due_at, p.id
LIMIT %(most)s;

-- name: problems_of_user
-- What a user has reported, the newest first.
SELECT
  p.id, p.at, p.user_name, p.organisation, p.role, p.person, p.type, p.entry, p.version, p.heading,
  p.owner, p.system, p.kind, p.words, p.due_at, p.answered_at, p.answered_by, p.outcome, p.remark
FROM disclosure.problem AS p
WHERE p.user_name = %(user)s AND p.organisation = %(organisation)s AND p.at >= %(since)s
ORDER BY p.at DESC, p.id
LIMIT %(most)s;

-- name: answer_problem
-- Writes down for good what came of a report; no row for another's, one answered, or one's own.
UPDATE disclosure.problem
SET answered_at = %(at)s, answered_by = %(officer)s, outcome = %(outcome)s, remark = %(remark)s
WHERE
  id = %(id)s AND owner = %(owner)s AND answered_at IS NULL AND user_name <> %(officer)s
RETURNING person;
