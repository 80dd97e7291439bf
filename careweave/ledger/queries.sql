-- name: add_account
-- Adds one account.
INSERT INTO ledger.account (
  id, at, actor, organisation, source, action, door, request_id, purpose, subjects,
  what, n_items, outcome, reason, clauses, config_version, answer_ms, bytes, person, links,
  deed, role, setting, team, user_name, second_purpose, episode, mandate, visible_to_person,
  shown_hash
)
VALUES (
  %(id)s, %(at)s, %(actor)s, %(organisation)s, %(source)s, %(action)s, %(door)s, %(request_id)s,
  %(purpose)s, %(subjects)s, %(what)s, %(n_items)s, %(outcome)s, %(reason)s, %(clauses)s,
  %(config_version)s, %(answer_ms)s, %(bytes)s, %(person)s, %(links)s, %(deed)s, %(role)s,
  %(setting)s, %(team)s, %(user_name)s, %(second_purpose)s, %(episode)s, %(mandate)s,
  %(visible_to_person)s, %(shown_hash)s
);

-- name: add_accounts
-- Adds several accounts at once; the subjects and links of each come as the text of an array.
INSERT INTO ledger.account (
  id, at, actor, organisation, source, action, door, request_id, purpose, subjects,
  what, n_items, outcome, reason, clauses, config_version, answer_ms, bytes, person, links,
  deed, role, setting, team, user_name, second_purpose, episode, mandate, visible_to_person,
  shown_hash
)
SELECT
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects::bigint[], a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version,
  a.answer_ms, a.bytes, a.person, a.links::bigint[], a.deed, a.role, a.setting, a.team,
  a.user_name, a.second_purpose, a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM unnest(
  %(id)s::uuid[], %(at)s::timestamptz[], %(actor)s::text[], %(organisation)s::text[],
  %(source)s::int[], %(action)s::text[], %(door)s::text[], %(request_id)s::text[],
  %(purpose)s::text[], %(subjects)s::text[], %(what)s::text[], %(n_items)s::int[],
  %(outcome)s::text[], %(reason)s::text[], %(clauses)s::text[], %(config_version)s::int[],
  %(answer_ms)s::int[], %(bytes)s::bigint[], %(person)s::uuid[], %(links)s::text[],
  %(deed)s::text[], %(role)s::text[], %(setting)s::text[], %(team)s::text[],
  %(user_name)s::text[], %(second_purpose)s::text[], %(episode)s::uuid[], %(mandate)s::uuid[],
  %(visible_to_person)s::text[], %(shown_hash)s::text[]
) AS a (
  id, at, actor, organisation, source, action, door, request_id, purpose, subjects,
  what, n_items, outcome, reason, clauses, config_version, answer_ms, bytes, person, links,
  deed, role, setting, team, user_name, second_purpose, episode, mandate, visible_to_person,
  shown_hash
);

-- name: add_spread
-- Adds the accounts of one answer about several people; the links of each are the text of an array.
INSERT INTO ledger.account (
  id, at, actor, organisation, source, action, door, request_id, purpose, subjects,
  what, n_items, outcome, reason, clauses, config_version, answer_ms, bytes, person, links,
  deed, role, setting, team, user_name, second_purpose, episode, mandate, visible_to_person,
  shown_hash
)
SELECT
  s.id, %(at)s::timestamptz, %(actor)s::text, %(organisation)s::text, %(source)s::int,
  %(action)s::text, %(door)s::text, %(request_id)s::text, %(purpose)s::text, ARRAY[s.subject],
  %(what)s::text, s.n_items, %(outcome)s::text, %(reason)s::text, s.clauses,
  %(config_version)s::int, %(answer_ms)s::int, %(bytes)s::bigint, s.person, s.links::bigint[],
  %(deed)s::text, %(role)s::text, %(setting)s::text, %(team)s::text, %(user_name)s::text,
  %(second_purpose)s::text, %(episode)s::uuid, %(mandate)s::uuid, s.visible_to_person,
  %(shown_hash)s::text
FROM unnest(
  %(ids)s::uuid[], %(people)s::bigint[], %(counts)s::int[], %(clauses)s::text[],
  %(persons)s::uuid[], %(links)s::text[], %(visible_to_person)s::text[]
) AS s (id, subject, n_items, clauses, person, links, visible_to_person);

-- name: lock_sealer
-- Whether this transaction is the one that seals.
SELECT pg_catalog.pg_try_advisory_xact_lock(7261002);

-- name: last_seal
-- The newest tree head.
SELECT s.size, s.root, s.at, s.up_to_tx, s.up_to_id, s.peaks, s.key_id, s.signature
FROM ledger.seal AS s
ORDER BY s.size DESC
LIMIT 1;

-- name: settled
-- Accounts after a place, in order, of transactions that no running one can come before.
SELECT
  a.tx, a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  (a.tx, a.id) > (%(tx)s::xid8, %(id)s::uuid)
  AND a.tx < pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
ORDER BY a.tx, a.id
LIMIT %(most)s;

-- name: sealed
-- Accounts after one place and up to another, in order.
SELECT
  a.tx, a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  (a.tx, a.id) > (%(tx)s::xid8, %(id)s::uuid)
  AND (a.tx, a.id) <= (%(up_to_tx)s::xid8, %(up_to_id)s::uuid)
ORDER BY a.tx, a.id;

-- name: add_seal
-- Adds a tree head.
INSERT INTO ledger.seal (
  size, root, at, up_to_tx, up_to_id, leaves, peaks, key_id, signature
)
VALUES (
  %(size)s, %(root)s, %(at)s, %(tx)s, %(id)s, %(leaves)s, %(peaks)s, %(key_id)s, %(signature)s
);

-- name: seals_after
-- The tree heads above a size, the smallest first.
SELECT
  s.size, s.root, s.at, s.up_to_tx, s.up_to_id, s.peaks, s.key_id, s.signature, s.leaves
FROM ledger.seal AS s
WHERE s.size > %(size)s
ORDER BY s.size
LIMIT %(most)s;

-- name: backlog
-- How many seconds the oldest unsealed account waits; null when there is none.
SELECT EXTRACT(EPOCH FROM %(now)s::timestamptz - min(a.at))::float8
FROM ledger.account AS a
WHERE (a.tx, a.id) > (%(tx)s::xid8, %(id)s::uuid);

-- name: shown
-- What was shown of these persons by one of these links, the oldest first.
SELECT
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  a.person = ANY(%(persons)s::uuid[]) AND a.links && %(links)s::bigint[]
  AND a.outcome = 'permit'
ORDER BY a.at, a.id;

-- name: about
-- What was done with some persons or subjects in a period, the newest first.
SELECT
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  a.at >= %(since)s AND a.at < %(until)s
  AND (
    a.person = ANY(%(persons)s::uuid[])
    OR a.subjects[1] = ANY(%(subjects)s::bigint[])
    OR (cardinality(a.subjects) > 1 AND a.subjects && %(subjects)s::bigint[])
  )
ORDER BY a.at DESC, a.id DESC
LIMIT %(most)s;

-- name: last_look
-- When a user was last shown the page of one of these persons.
SELECT a.at
FROM ledger.account AS a
WHERE
  a.person = ANY(%(persons)s::uuid[]) AND a.at < %(before)s AND a.user_name = %(user)s
  AND a.organisation = %(organisation)s AND a.deed = 'open' AND a.outcome = 'permit'
  AND a.n_items > 0
ORDER BY a.at DESC
LIMIT 1;

-- name: seen_by
-- Whom a user was shown the page of in a period, each once, the newest first.
SELECT
  a.person,
  max(a.at) AS at
FROM ledger.account AS a
WHERE
  a.organisation = %(organisation)s AND a.user_name = %(user)s AND a.at >= %(since)s
  AND a.at <= %(until)s AND a.deed = 'open' AND a.outcome = 'permit' AND a.n_items > 0
  AND a.person IS NOT NULL
GROUP BY a.person
ORDER BY max(a.at) DESC, a.person
LIMIT %(most)s;

-- name: done_by
-- What a user of an organisation did in a period, the newest first.
SELECT
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  a.organisation = %(organisation)s AND a.user_name = %(user)s AND a.at >= %(since)s
  AND a.at < %(until)s
ORDER BY a.at DESC, a.id DESC
LIMIT %(most)s;

-- name: answer_of
-- All accounts of the answer that one account belongs to, in the order in which they were made.
SELECT
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS o
INNER JOIN ledger.account AS a
  ON
    o.organisation = a.organisation AND o.user_name = a.user_name AND o.at = a.at
    AND o.request_id = a.request_id
WHERE o.id = %(id)s::uuid
ORDER BY a.id;

-- name: between
-- What was done in a period after a place in the ledger, in the order of the ledger.
SELECT
  a.tx,
  a.id, a.at, a.actor, a.organisation, a.source, a.action, a.door, a.request_id, a.purpose,
  a.subjects, a.what, a.n_items, a.outcome, a.reason, a.clauses, a.config_version, a.answer_ms,
  a.bytes, a.person, a.links, a.deed, a.role, a.setting, a.team, a.user_name, a.second_purpose,
  a.episode, a.mandate, a.visible_to_person, a.shown_hash
FROM ledger.account AS a
WHERE
  (a.tx, a.id) > (%(tx)s::xid8, %(id)s::uuid)
  AND a.at >= %(since)s AND a.at < %(until)s
  AND (%(organisation)s::text IS NULL OR a.organisation = %(organisation)s)
ORDER BY a.tx, a.id
LIMIT %(most)s;

-- name: written
-- Which of these stretches of time saw something written of their subject by their organisation.
SELECT DISTINCT c.number
FROM unnest(
  %(numbers)s::int[], %(subjects)s::bigint[], %(organisations)s::text[],
  %(since)s::timestamptz[], %(until)s::timestamptz[]
) AS c (number, subject, organisation, since, until)
INNER JOIN ledger.account AS a
  ON
    c.subject = a.subjects[1] AND c.organisation = a.organisation
    AND c.since <= a.at AND c.until > a.at
WHERE a.action = ANY(%(actions)s::text[]);

-- name: broken
-- How often people of each organisation and role looked in a period, and how often by broken glass.
SELECT
  a.organisation, a.role, count(DISTINCT a.request_id),
  count(DISTINCT a.request_id) FILTER (WHERE a.second_purpose = 'BTG')
FROM ledger.account AS a
WHERE
  a.at >= %(since)s AND a.at < %(until)s AND a.role IS NOT NULL AND a.deed IS NOT NULL
  AND a.outcome = 'permit' AND a.n_items > 0
  AND (%(organisation)s::text IS NULL OR a.organisation = %(organisation)s)
GROUP BY a.organisation, a.role
ORDER BY a.organisation, a.role;
