-- name: journal_events
-- Adds one event for each group that was decided together.
INSERT INTO identity.event (at, kind, actor, cause, group_id, inverse_of, payload, digest)
SELECT w.at, w.kind, w.actor, w.cause, w.group_id, w.inverse_of, w.payload, w.digest
FROM unnest(
    %(at)s::timestamptz[], %(kinds)s::text[], %(actors)s::text[], %(causes)s::text[],
    %(group_ids)s::uuid[], %(inverse_of)s::uuid[], %(payloads)s::jsonb[], %(digests)s::bytea[]
) WITH ORDINALITY AS w (at, kind, actor, cause, group_id, inverse_of, payload, digest, place)
ORDER BY w.place;

-- name: journal_persons
-- Adds the persons that the groups make.
INSERT INTO identity.person (person, created_seq, created_at)
SELECT w.person, e.seq, e.at
FROM unnest(%(group_ids)s::uuid[], %(persons)s::uuid[]) AS w (group_id, person)
INNER JOIN identity.event AS e ON w.group_id = e.group_id;

-- name: journal_forwards_end
-- Lets persons answer for themselves again.
UPDATE identity.person_forward AS f
SET until_seq = w.seq
FROM (
    SELECT u.person, e.seq
    FROM unnest(%(group_ids)s::uuid[], %(persons)s::uuid[]) AS u (group_id, person)
    INNER JOIN identity.event AS e ON u.group_id = e.group_id
) AS w
WHERE f.person = w.person AND f.until_seq IS NULL;

-- name: journal_forwards
-- Lets persons answer as others.
INSERT INTO identity.person_forward (person, to_person, from_seq)
SELECT w.person, w.to_person, e.seq
FROM unnest(%(group_ids)s::uuid[], %(persons)s::uuid[], %(to_persons)s::uuid[])
    AS w (group_id, person, to_person)
INNER JOIN identity.event AS e ON w.group_id = e.group_id;

-- name: journal_barriers_end
-- Lifts barriers between subjects.
UPDATE identity.barrier AS b
SET until_seq = w.seq
FROM (
    SELECT u.left_subject, u.right_subject, u.kind, e.seq
    FROM unnest(%(group_ids)s::uuid[], %(lefts)s::bigint[], %(rights)s::bigint[], %(kinds)s::text[])
    AS u (group_id, left_subject, right_subject, kind)
    INNER JOIN identity.event AS e ON u.group_id = e.group_id
) AS w
WHERE
    b.left_subject = w.left_subject AND b.right_subject = w.right_subject AND b.kind = w.kind
    AND b.until_seq IS NULL;

-- name: journal_barriers
-- Sets barriers between subjects, with the decision of the same group on either where there is one.
INSERT INTO identity.barrier (left_subject, right_subject, kind, decision, basis, from_seq)
SELECT
    w.left_subject,
    w.right_subject,
    w.kind,
    (
        SELECT min(d.decision)
        FROM identity.decision AS d
        WHERE
            d.seq = e.seq AND d.verdict = 'NOT_SAME'
            AND d.subject = ANY(ARRAY[w.left_subject, w.right_subject])
    ) AS decision,
    w.basis,
    e.seq
FROM unnest(
    %(group_ids)s::uuid[], %(lefts)s::bigint[], %(rights)s::bigint[], %(kinds)s::text[],
    %(bases)s::bytea[]
) AS w (group_id, left_subject, right_subject, kind, basis)
INNER JOIN identity.event AS e ON w.group_id = e.group_id
WHERE NOT EXISTS (
    SELECT 1
    FROM identity.barrier AS b
    WHERE
        b.left_subject = w.left_subject AND b.right_subject = w.right_subject AND b.kind = w.kind
        AND b.until_seq IS NULL
);

-- name: journal_states
-- Sets how local identities stand and what replaces them.
UPDATE identity.local_identity AS i
SET state = w.state, replaced_by = w.replaced_by
FROM (
    SELECT u.subject, u.state, u.replaced_by, e.seq
    FROM unnest(
    %(group_ids)s::uuid[], %(subjects)s::bigint[], %(states)s::text[], %(replaced_by)s::bigint[]
) AS u (group_id, subject, state, replaced_by)
    INNER JOIN identity.event AS e ON u.group_id = e.group_id
) AS w
WHERE i.subject = w.subject;

-- name: journal_rulings
-- Adds decisions; the last LINK or UNLINK of each subject closes its membership and opens the next.
WITH
decided AS (
    INSERT INTO identity.decision (
        seq, subject, version, person, verdict, method, reason, model, weight, lead, explanation,
        confidence, decided_by, decided_at, supersedes
    )
    SELECT
        e.seq, w.subject, w.version, w.person, w.verdict, w.method, w.reason, w.model, w.weight,
        w.lead, w.explanation, w.confidence, w.decided_by, e.at, w.supersedes
    FROM unnest(
        %(group_ids)s::uuid[], %(subjects)s::bigint[], %(versions)s::int[], %(persons)s::uuid[],
        %(verdicts)s::text[], %(methods)s::text[], %(reasons)s::text[], %(models)s::text[],
        %(weights)s::float8[], %(leads)s::float8[], %(explanations)s::jsonb[],
        %(confidences)s::text[], %(deciders)s::text[], %(supersedes)s::bigint[]
    ) WITH ORDINALITY AS w (
        group_id, subject, version, person, verdict, method, reason, model, weight, lead,
        explanation, confidence, decided_by, supersedes, place
    )
    INNER JOIN identity.event AS e ON w.group_id = e.group_id
    ORDER BY w.place
    RETURNING decision, seq, subject, person, verdict, decided_at
),

final AS (
    SELECT DISTINCT ON (d.subject) d.decision, d.seq, d.subject, d.person, d.verdict, d.decided_at
    FROM decided AS d
    WHERE d.verdict <> 'NOT_SAME'
    ORDER BY d.subject, d.decision DESC
),

closed AS (
    UPDATE identity.membership AS m
    SET until_seq = f.seq, until_at = f.decided_at
    FROM final AS f
    WHERE
        m.subject = f.subject AND m.until_seq IS NULL
        AND (f.verdict = 'UNLINK' OR m.person <> f.person)
    RETURNING m.subject
)

INSERT INTO identity.membership (subject, person, from_seq, from_at, decision)
SELECT f.subject, f.person, f.seq, f.decided_at, f.decision
FROM final AS f
-- The count makes what is open close first.
WHERE
    f.verdict = 'LINK' AND (SELECT count(*) FROM closed) >= 0
    AND NOT EXISTS (
        SELECT 1
        FROM identity.membership AS m
        WHERE m.subject = f.subject AND m.until_seq IS NULL AND m.person = f.person
    );

-- name: journal_outcome
-- The event of each group, with where each subject stands whose membership or state it changed.
SELECT
    e.group_id,
    e.seq,
    t.subject,
    m.person,
    coalesce(m.decision, 0) AS decision,
    coalesce(m.from_at, e.at) AS since,
    i.state
FROM identity.event AS e
LEFT JOIN unnest(%(touched_groups)s::uuid[], %(subjects)s::bigint[]) AS t (group_id, subject)
    ON e.group_id = t.group_id
LEFT JOIN identity.membership AS m ON t.subject = m.subject AND m.until_seq IS NULL
LEFT JOIN identity.local_identity AS i ON t.subject = i.subject
WHERE e.group_id = ANY(%(group_ids)s::uuid[])
ORDER BY e.seq, t.subject;

-- name: act_roots
-- The persons that these persons answer as now, themselves where they answer for themselves.
WITH RECURSIVE way (asked, person) AS (
    SELECT w.person, w.person
    FROM unnest(%(persons)s::uuid[]) AS w (person)
    INNER JOIN identity.person AS p ON w.person = p.person
    UNION
    SELECT way.asked, f.to_person
    FROM way
    INNER JOIN identity.person_forward AS f ON way.person = f.person AND f.until_seq IS NULL
)

SELECT way.asked, way.person, p.created_seq
FROM way
INNER JOIN identity.person AS p ON way.person = p.person
WHERE NOT EXISTS (
    SELECT 1
    FROM identity.person_forward AS f
    WHERE f.person = way.person AND f.until_seq IS NULL
)
ORDER BY way.asked;

-- name: act_whose
-- The persons that these subjects belong to now.
SELECT m.subject, m.person
FROM identity.membership AS m
WHERE m.subject = ANY(%(subjects)s::bigint[]) AND m.until_seq IS NULL
ORDER BY m.subject;

-- name: act_members
-- The subjects of these persons, as they are compared and how they came there.
SELECT
    i.subject,
    m.person,
    m.from_seq,
    m.decision,
    d.method,
    i.state,
    i.replaced_by,
    i.source,
    i.authority,
    i.is_provisional,
    i.version,
    i.norm,
    i.seen_at,
    i.alive_at
FROM identity.membership AS m
INNER JOIN identity.local_identity AS i ON m.subject = i.subject
INNER JOIN identity.decision AS d ON m.decision = d.decision
WHERE m.person = ANY(%(persons)s::uuid[]) AND m.until_seq IS NULL
ORDER BY i.subject;

-- name: act_barriers
-- The barriers that stand between any two of these subjects.
SELECT b.left_subject, b.right_subject, b.kind, b.basis
FROM identity.barrier AS b
WHERE
    b.left_subject = ANY(%(subjects)s::bigint[]) AND b.right_subject = ANY(%(subjects)s::bigint[])
    AND b.until_seq IS NULL
ORDER BY b.left_subject, b.right_subject, b.kind;

-- name: act_trails
-- Where these subjects have belonged, from the newest, with the kind of event that brought them.
SELECT m.subject, m.person, m.from_seq, m.until_seq
FROM identity.membership AS m
WHERE m.subject = ANY(%(subjects)s::bigint[])
ORDER BY m.subject, m.from_seq DESC;

-- name: standings
-- How these subjects stand: person, state, and their demographics as compared.
SELECT
    l.subject,
    m.person,
    m.decision,
    l.state,
    l.is_provisional,
    l.norm
FROM identity.local_identity AS l
INNER JOIN identity.membership AS m ON l.subject = m.subject AND m.until_seq IS NULL
WHERE l.subject = ANY(%(subjects)s::bigint[])
ORDER BY l.subject;

-- name: together
-- The subjects that are linked to these persons now, ids that were given up followed.
WITH RECURSIVE answering AS (
    SELECT w.person AS asked, w.person
    FROM unnest(%(persons)s::uuid[]) AS w (person)
    UNION
    SELECT a.asked, f.to_person
    FROM answering AS a
    INNER JOIN identity.person_forward AS f ON a.person = f.person AND f.until_seq IS NULL
)

SELECT
    a.asked,
    l.subject,
    m.person,
    m.decision,
    l.state,
    l.is_provisional,
    l.norm
FROM answering AS a
INNER JOIN identity.membership AS m ON a.person = m.person AND m.until_seq IS NULL
INNER JOIN identity.local_identity AS l ON m.subject = l.subject
ORDER BY a.asked, l.subject;

-- name: lock_room
-- Lets others work in the room, but nobody who needs it for himself.
SELECT pg_advisory_xact_lock_shared(%(space)s::int, %(place)s::int);

-- name: lock_whole
-- Waits until nobody else works in the room, and keeps it until the transaction ends.
SELECT pg_advisory_xact_lock(%(space)s::int, %(place)s::int);

-- name: lock_places
-- Takes locks in the order given.
SELECT count(pg_advisory_xact_lock(w.space, w.place)::text) AS n_locked
FROM unnest(%(spaces)s::int[], %(places)s::int[]) AS w (space, place);

-- name: group_event
-- The event of a group, with whether it was taken back already.
SELECT
    e.seq,
    e.kind,
    e.payload,
    EXISTS (
        SELECT 1
        FROM identity.event AS i
        WHERE i.inverse_of = e.group_id
    ) AS is_inverted
FROM identity.event AS e
WHERE e.group_id = %(group_id)s
ORDER BY e.seq DESC
LIMIT 1;

-- name: group_moved
-- Where each subject of an event was before it, where it put them, and where they are now.
SELECT
    d.subject,
    o.person AS before,
    n.person AS after,
    c.person AS now,
    c.from_seq
FROM (
    SELECT DISTINCT r.subject
    FROM identity.decision AS r
    WHERE r.seq = %(seq)s AND r.verdict <> 'NOT_SAME'
) AS d
LEFT JOIN identity.membership AS o ON d.subject = o.subject AND o.until_seq = %(seq)s
LEFT JOIN identity.membership AS n ON d.subject = n.subject AND n.from_seq = %(seq)s
LEFT JOIN identity.membership AS c ON d.subject = c.subject AND c.until_seq IS NULL
ORDER BY d.subject;

-- name: group_forwards
-- Those of these persons that answer as others because of an event.
SELECT f.person
FROM identity.person_forward AS f
WHERE f.person = ANY(%(persons)s::uuid[]) AND f.from_seq = %(seq)s AND f.until_seq IS NULL
ORDER BY f.person;

-- name: group_walls
-- The barriers that an event set or lifted.
SELECT b.left_subject, b.right_subject, b.kind, b.basis, b.from_seq, b.until_seq
FROM identity.barrier AS b
WHERE
    b.left_subject = ANY(%(lefts)s::bigint[])
    AND (b.from_seq = %(seq)s OR b.until_seq = %(seq)s)
ORDER BY b.left_subject, b.right_subject, b.kind;

-- name: group_states
-- How these local identities stand that belong to somebody, and what replaces them.
SELECT i.subject, i.state, i.replaced_by
FROM identity.local_identity AS i
INNER JOIN identity.membership AS m ON i.subject = m.subject AND m.until_seq IS NULL
WHERE i.subject = ANY(%(subjects)s::bigint[])
ORDER BY i.subject;

-- name: group_reopen
-- Asks again what an event had answered, unless the same was asked since.
UPDATE identity.review AS r
SET
    state = 'open', claimed_by = NULL, claimed_until = NULL, first_verdict = NULL, verdict = NULL,
    closed_seq = NULL, closed_at = NULL
WHERE
    r.closed_seq = %(seq)s
    AND NOT EXISTS (
        SELECT 1
        FROM identity.review AS o
        WHERE o.subject = r.subject AND o.kind = r.kind AND o.state <> 'closed'
    );

-- name: merge_group
-- The newest merge of a local identity that was not taken back.
SELECT e.group_id
FROM identity.decision AS d
INNER JOIN identity.event AS e ON d.seq = e.seq
WHERE
    d.subject = %(subject)s AND e.kind = 'merge'
    AND NOT EXISTS (
        SELECT 1
        FROM identity.event AS i
        WHERE i.inverse_of = e.group_id
    )
ORDER BY e.seq DESC
LIMIT 1;

-- name: review_ask
-- Asks what is not asked yet; wakes or renews what was asked on other evidence.
INSERT INTO identity.review AS r (
    opened_seq, opened_at, kind, subject, candidates, hazard, value, basis, needs_two, due_at
)
SELECT DISTINCT ON (w.subject, w.kind)
    w.opened_seq, w.opened_at, w.kind, w.subject, w.candidates, w.hazard, w.value, w.basis,
    w.needs_two, w.due_at
FROM unnest(
    %(opened_seq)s::bigint[], %(opened_at)s::timestamptz[], %(kinds)s::text[],
    %(subjects)s::bigint[], %(candidates)s::jsonb[], %(hazards)s::int[], %(worths)s::float8[],
    %(bases)s::bytea[], %(needs_two)s::boolean[], %(due_at)s::timestamptz[]
) WITH ORDINALITY AS w (
    opened_seq, opened_at, kind, subject, candidates, hazard, value, basis, needs_two, due_at, place
)
WHERE NOT EXISTS (
    SELECT 1
    FROM identity.review AS c
    WHERE
        c.subject = w.subject AND c.kind = w.kind AND c.state = 'closed' AND c.basis = w.basis
)
ORDER BY w.subject, w.kind, w.place DESC
ON CONFLICT (subject, kind) WHERE state <> 'closed' DO UPDATE
SET
    state = 'open',
    candidates = excluded.candidates,
    hazard = greatest(r.hazard, excluded.hazard),
    value = excluded.value,
    basis = excluded.basis,
    needs_two = r.needs_two OR excluded.needs_two,
    due_at = least(r.due_at, excluded.due_at),
    claimed_by = NULL,
    claimed_until = NULL,
    first_verdict = NULL,
    verdict = NULL
WHERE r.basis <> excluded.basis
RETURNING review;

-- name: review_queue
-- What waits for a reader: the most dangerous first, then what would join most, then the oldest.
SELECT
    r.review, r.kind, r.subject, r.candidates, r.hazard, r.value, r.state, r.needs_two,
    r.opened_at, r.due_at, r.claimed_by, r.claimed_until, r.first_verdict, r.verdict,
    r.closed_seq, r.closed_at
FROM identity.review AS r
WHERE
    r.state IN ('open', 'claimed', 'second')
    AND (%(kind)s::text IS NULL OR r.kind = %(kind)s::text)
ORDER BY r.hazard DESC, r.value DESC, r.opened_seq, r.review
LIMIT %(most)s;

-- name: review_item
-- One item.
SELECT
    r.review, r.kind, r.subject, r.candidates, r.hazard, r.value, r.state, r.needs_two,
    r.opened_at, r.due_at, r.claimed_by, r.claimed_until, r.first_verdict, r.verdict,
    r.closed_seq, r.closed_at
FROM identity.review AS r
WHERE r.review = %(review)s;

-- name: review_lock
-- Makes those who answer one item wait for each other.
SELECT r.review
FROM identity.review AS r
WHERE r.review = %(review)s
FOR UPDATE;

-- name: review_claim
-- Gives an item to a reader, unless another has it or read it first.
UPDATE identity.review AS r
SET
    state = CASE r.state WHEN 'second' THEN 'second' ELSE 'claimed' END,
    claimed_by = %(reader)s,
    claimed_until = %(until)s
WHERE
    r.review = %(review)s AND r.state IN ('open', 'claimed', 'second')
    AND (r.claimed_by IS NULL OR r.claimed_by = %(reader)s OR r.claimed_until < %(now)s)
    AND coalesce(r.first_verdict ->> 'by', '') <> %(reader)s;

-- name: review_settle
-- Writes what became of an item; what is not answered loses its claim.
UPDATE identity.review AS r
SET
    state = %(state)s,
    candidates = coalesce(%(candidates)s::jsonb, r.candidates),
    first_verdict = %(first_verdict)s::jsonb,
    needs_two = r.needs_two OR %(needs_two)s,
    verdict = %(verdict)s,
    claimed_by = CASE %(state)s::text WHEN 'closed' THEN r.claimed_by END,
    claimed_until = NULL,
    closed_seq = %(closed_seq)s,
    closed_at = %(closed_at)s
WHERE r.review = %(review)s;

-- name: held
-- What is held of local identities: how they stand, their newest version, whose they are; and
-- whether their source links them to others, or others to them, even before they are there.
SELECT
    w.subject,
    i.state,
    i.replaced_by,
    i.is_provisional,
    i.version,
    i.norm,
    r.content_hash,
    m.person,
    m.decision,
    m.from_at,
    d.method,
    d.confidence,
    ARRAY(
        SELECT b.right_subject
        FROM identity.barrier AS b
        WHERE
            b.left_subject = i.subject AND b.until_seq IS NULL AND b.kind = 'number_conflict'
        UNION ALL
        SELECT b.left_subject
        FROM identity.barrier AS b
        WHERE
            b.right_subject = i.subject AND b.until_seq IS NULL AND b.kind = 'number_conflict'
    ) AS walls,
    -- A person that the machine made of this one record, that nobody else ever was, and that no
    -- human and no alarm has spoken of.
    coalesce(d.method = 'new_person', FALSE)
    AND NOT EXISTS (
        SELECT 1
        FROM identity.membership AS o
        WHERE o.person = m.person AND o.subject <> w.subject
    )
    AND NOT EXISTS (SELECT 1 FROM identity.person_forward AS f WHERE f.to_person = m.person)
    AND NOT EXISTS (
        SELECT 1
        FROM identity.barrier AS b
        WHERE
            b.until_seq IS NULL AND b.kind <> 'number_conflict'
            AND (b.left_subject = w.subject OR b.right_subject = w.subject)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM identity.review AS q
        WHERE
            q.subject = w.subject AND q.state <> 'closed'
            AND q.kind IN ('overlay', 'wrong_number')
    ) AS is_single,
    EXISTS (SELECT 1 FROM identity.feed_link AS f WHERE f.subject = w.subject)
    OR EXISTS (
        SELECT 1
        FROM identity.feed_link AS f
        WHERE f.authority = w.authority AND f.other_id = w.local_id
    ) AS is_linked
FROM unnest(%(subjects)s::bigint[], %(authorities)s::text[], %(local_ids)s::text[])
    AS w (subject, authority, local_id)
LEFT JOIN identity.local_identity AS i ON w.subject = i.subject
LEFT JOIN identity.source_record AS r ON i.subject = r.subject AND i.version = r.version
LEFT JOIN identity.membership AS m ON i.subject = m.subject AND m.until_seq IS NULL
LEFT JOIN LATERAL (
    SELECT x.confidence, x.method
    FROM identity.decision AS x
    WHERE
        x.subject = m.subject AND x.seq >= m.from_seq AND x.verdict = 'LINK'
        AND x.person = m.person
    ORDER BY x.decision DESC
    LIMIT 1
) AS d ON TRUE;

-- name: candidates
-- The subjects that share keys with records, and whose they are: a key that more than `cap` share
-- counts only together with another; such keys are also listed themselves, with no subject.
WITH found AS MATERIALIZED (
    SELECT w.place, w.key, b.subject, count(b.subject) OVER (PARTITION BY w.place, w.key) AS n
    FROM unnest(%(places)s::int[], %(keys)s::bigint[]) AS w (place, key)
    INNER JOIN identity.block_key AS b ON w.key = b.key
), shared AS MATERIALIZED (
    SELECT
        f.place,
        f.subject,
        array_agg(f.key ORDER BY f.key) AS keys,
        array_agg(f.n ORDER BY f.key) AS ns
    FROM found AS f
    GROUP BY f.place, f.subject
    HAVING min(f.n) <= %(cap)s::bigint OR count(f.key) >= 2
)
SELECT s.place, s.subject, m.person, s.keys, s.ns
FROM shared AS s
CROSS JOIN LATERAL (
    -- OFFSET keeps it a look-up for each, also in a plan made while there is nobody.
    SELECT o.person
    FROM identity.membership AS o
    WHERE s.subject = o.subject AND o.until_seq IS NULL
    OFFSET 0  -- noqa: AM09
) AS m
UNION ALL
SELECT f.place, NULL AS subject, NULL AS person, ARRAY[f.key] AS keys, ARRAY[max(f.n)] AS ns
FROM found AS f
WHERE f.n > %(cap)s::bigint
GROUP BY f.place, f.key;

-- name: people
-- The persons of subjects with all their members, and the barriers that each has to the right.
SELECT
    p.person,
    p.created_seq,
    i.subject,
    i.authority,
    i.source,
    i.norm,
    i.seen_at,
    i.alive_at,
    i.state,
    i.is_provisional,
    i.version,
    EXISTS (
        SELECT 1
        FROM identity.review AS q
        WHERE
            q.subject = i.subject AND q.state <> 'closed'
            AND (q.kind = 'wrong_number' OR q.candidates @> '[{"vetoes": ["V1"]}]'::jsonb)
    ) AS is_doubted,
    b.others,
    b.kinds,
    b.bases
FROM (
    SELECT DISTINCT o.person
    FROM unnest(%(subjects)s::bigint[]) AS w (subject)
    CROSS JOIN LATERAL (
        -- OFFSET keeps it a look-up for each, also in a plan made while there is nobody.
        SELECT n.person
        FROM identity.membership AS n
        WHERE w.subject = n.subject AND n.until_seq IS NULL
        OFFSET 0  -- noqa: AM09
    ) AS o
) AS asked
INNER JOIN identity.person AS p ON asked.person = p.person
CROSS JOIN LATERAL (
    SELECT n.subject
    FROM identity.membership AS n
    WHERE p.person = n.person AND n.until_seq IS NULL
    OFFSET 0  -- noqa: AM09
) AS m
INNER JOIN identity.local_identity AS i ON m.subject = i.subject
CROSS JOIN LATERAL (
    SELECT
        coalesce(array_agg(x.right_subject ORDER BY x.kind, x.right_subject), '{}') AS others,
        coalesce(array_agg(x.kind ORDER BY x.kind, x.right_subject), '{}') AS kinds,
        coalesce(array_agg(x.basis ORDER BY x.kind, x.right_subject), '{}') AS bases
    FROM identity.barrier AS x
    WHERE x.left_subject = i.subject AND x.until_seq IS NULL
) AS b
ORDER BY p.created_seq, p.person, i.subject;

-- name: source_records_add
-- Keeps versions of demographics as they came.
INSERT INTO identity.source_record (
    subject, version, source, entry_version, received_at, raw, norm_version, content_hash
)
SELECT
    w.subject, w.version, w.source, w.entry_version, w.at, w.raw, w.norm_version, w.content_hash
FROM unnest(
    %(subjects)s::bigint[], %(versions)s::int[], %(sources)s::text[], %(entry_versions)s::int[],
    %(ats)s::timestamptz[], %(raws)s::bytea[], %(norm_versions)s::text[], %(digests)s::bytea[]
) AS w (subject, version, source, entry_version, at, raw, norm_version, content_hash);

-- name: local_identities_put
-- Adds local identities, or brings them to their newest version; how they stand is not touched.
INSERT INTO identity.local_identity AS i (
    subject, source, authority, local_id, is_provisional, version, norm, seen_at, alive_at,
    is_incomplete
)
SELECT
    w.subject, w.source, w.authority, w.local_id, w.is_provisional, w.version, w.norm, w.seen_at,
    w.alive_at, w.is_incomplete
FROM unnest(
    %(subjects)s::bigint[], %(sources)s::text[], %(authorities)s::text[], %(local_ids)s::text[],
    %(are_provisional)s::boolean[], %(versions)s::int[], %(norms)s::bytea[],
    %(seen_ats)s::timestamptz[], %(alive_ats)s::timestamptz[], %(are_incomplete)s::boolean[]
) AS w (
    subject, source, authority, local_id, is_provisional, version, norm, seen_at, alive_at,
    is_incomplete
)
ON CONFLICT (subject) DO UPDATE SET
    source = excluded.source,
    is_provisional = excluded.is_provisional,
    version = excluded.version,
    norm = excluded.norm,
    seen_at = greatest(i.seen_at, excluded.seen_at),
    alive_at = greatest(i.alive_at, excluded.alive_at),
    is_incomplete = excluded.is_incomplete;

-- name: block_keys_drop
-- Removes the keys of subjects that they no longer have.
DELETE FROM identity.block_key AS b
USING unnest(%(subjects)s::bigint[]) AS w (subject)
WHERE
    b.subject = w.subject
    AND NOT EXISTS (
        SELECT 1
        FROM unnest(%(owners)s::bigint[], %(keys)s::bigint[]) AS k (subject, key)
        WHERE k.subject = b.subject AND k.key = b.key
    );

-- name: block_keys_add
-- Adds the keys of subjects.
INSERT INTO identity.block_key (key, subject, kind, is_past)
SELECT w.key, w.subject, w.kind, w.is_past
FROM unnest(
    %(keys)s::bigint[], %(subjects)s::bigint[], %(kinds)s::smallint[], %(are_past)s::boolean[]
) AS w (key, subject, kind, is_past);

-- name: block_keys_mend
-- Adds the keys that subjects do not have yet.
INSERT INTO identity.block_key (key, subject, kind, is_past)
SELECT w.key, w.subject, w.kind, w.is_past
FROM unnest(
    %(keys)s::bigint[], %(subjects)s::bigint[], %(kinds)s::smallint[], %(are_past)s::boolean[]
) AS w (key, subject, kind, is_past)
WHERE NOT EXISTS (
    SELECT 1
    FROM identity.block_key AS b
    WHERE b.subject = w.subject AND b.key = w.key
);

-- name: newest_raw
-- The newest version of a record as it came, unless it was erased.
SELECT r.raw
FROM identity.source_record AS r
WHERE r.subject = %(subject)s AND r.raw IS NOT NULL
ORDER BY r.version DESC
LIMIT 1;

-- name: norm_put
-- Changes how a record is compared.
UPDATE identity.local_identity
SET norm = %(norm)s, is_provisional = %(is_provisional)s
WHERE subject = %(subject)s;

-- name: hot_keys
-- The keys that too many subjects share to be read at all, and how many do.
SELECT h.key, h.n, h.kind
FROM identity.hot_key AS h;

-- name: hot_keys_clear
-- Forgets which keys are shared by too many.
DELETE FROM identity.hot_key;

-- name: hot_keys_count
-- Notes the keys that more than so many subjects share.
INSERT INTO identity.hot_key (key, n, kind, counted_at)
SELECT b.key, count(b.subject)::int AS n, min(b.kind) AS kind, %(at)s::timestamptz AS counted_at
FROM identity.block_key AS b
GROUP BY b.key
HAVING count(b.subject) > %(most)s::bigint;

-- name: review_group
-- The group that answered an item.
SELECT e.group_id, e.kind
FROM identity.event AS e
WHERE e.seq = %(seq)s;

-- name: rules_keep
-- Keeps what a region says of normalisation, unless it says so already.
INSERT INTO identity.rule_set (document, at)
SELECT w.document, %(at)s::timestamptz
FROM (SELECT %(document)s::jsonb AS document) AS w
WHERE
    w.document IS DISTINCT FROM (
        SELECT r.document
        FROM identity.rule_set AS r
        ORDER BY r.rule_set DESC
        LIMIT 1
    );

-- name: rules_now
-- Which rules the region says now, and when it was counted last what too many share.
SELECT
    (SELECT max(r.rule_set) FROM identity.rule_set AS r) AS rule_set,
    (
        SELECT s.counted_at
        FROM identity.shared_value AS s
        ORDER BY s.field, s.value
        LIMIT 1
    ) AS counted_at;

-- name: rules_newest
-- What the region says of normalisation.
SELECT r.document
FROM identity.rule_set AS r
ORDER BY r.rule_set DESC
LIMIT 1;

-- name: merge_chain
-- A local identity and all that it was merged into, one after the other.
WITH RECURSIVE way (subject, replaced_by) AS (
    SELECT i.subject, i.replaced_by
    FROM identity.local_identity AS i
    WHERE i.subject = %(subject)s
    UNION
    SELECT i.subject, i.replaced_by
    FROM way
    INNER JOIN identity.local_identity AS i ON way.replaced_by = i.subject
)

SELECT way.subject
FROM way;

-- name: feed_links_about
-- What these local identities said of others last, and what others said of them.
SELECT f.subject, f.kind, f.other_id, f.authority, f.local_id, f.source, f.state, f.group_id
FROM identity.feed_link AS f
WHERE f.subject = ANY(%(subjects)s::bigint[])
UNION
SELECT f.subject, f.kind, f.other_id, f.authority, f.local_id, f.source, f.state, f.group_id
FROM unnest(%(authorities)s::text[], %(local_ids)s::text[]) AS w (authority, local_id)
INNER JOIN identity.feed_link AS f
    ON w.authority = f.authority AND w.local_id = f.other_id
ORDER BY subject, kind, other_id;

-- name: feed_links_gone
-- Forgets what is said no more.
DELETE FROM identity.feed_link AS f
USING unnest(%(subjects)s::bigint[], %(kinds)s::text[], %(others)s::text[])
    AS w (subject, kind, other_id)
WHERE f.subject = w.subject AND f.kind = w.kind AND f.other_id = w.other_id;

-- name: feed_links_put
-- Keeps what is said, and what became of it.
INSERT INTO identity.feed_link AS f (
    subject, kind, other_id, authority, local_id, source, said_at, state, group_id
)
SELECT
    w.subject, w.kind, w.other_id, w.authority, w.local_id, w.source, w.said_at, w.state, w.group_id
FROM unnest(
    %(subjects)s::bigint[], %(kinds)s::text[], %(others)s::text[], %(authorities)s::text[],
    %(local_ids)s::text[], %(sources)s::text[], %(said_at)s::timestamptz[], %(states)s::text[],
    %(group_ids)s::uuid[]
) AS w (
    subject, kind, other_id, authority, local_id, source, said_at, state, group_id
)
ON CONFLICT (subject, kind, other_id) DO UPDATE
SET state = excluded.state, group_id = excluded.group_id;

-- name: feed_locals
-- The local identities of these public ids.
SELECT i.authority, i.local_id, i.subject
FROM unnest(%(authorities)s::text[], %(local_ids)s::text[]) AS w (authority, local_id)
INNER JOIN identity.local_identity AS i
    ON w.authority = i.authority AND w.local_id = i.local_id
INNER JOIN identity.membership AS m ON i.subject = m.subject AND m.until_seq IS NULL
ORDER BY i.subject;

-- name: feed_links_waiting
-- What waits for a record that was not there, the oldest first.
SELECT f.subject, f.kind, f.other_id, f.authority, f.local_id, f.source, f.said_at
FROM identity.feed_link AS f
WHERE f.state = 'waiting' AND f.said_at < %(before)s
ORDER BY f.said_at, f.subject, f.kind, f.other_id
LIMIT %(most)s;

-- name: leave_keys
-- Lets nobody find these records any more, and asks nobody about them.
WITH unfound AS (
    DELETE FROM identity.block_key AS b
    WHERE b.subject = ANY(%(subjects)s::bigint[])
)

UPDATE identity.review AS r
SET state = 'closed', verdict = 'gone', closed_at = %(at)s::timestamptz
WHERE r.subject = ANY(%(subjects)s::bigint[]) AND r.state <> 'closed';

-- name: leave_forget
-- Removes the demographics of every version of a record, and what names it.
WITH versions AS (
    UPDATE identity.source_record AS v
    SET raw = NULL
    WHERE v.subject = %(subject)s AND v.raw IS NOT NULL
),

links AS (
    DELETE FROM identity.feed_link AS f
    USING identity.local_identity AS i
    WHERE
        i.subject = %(subject)s
        AND (f.subject = i.subject OR (f.authority = i.authority AND f.other_id = i.local_id))
)

DELETE FROM identity.local_identity AS i
WHERE i.subject = %(subject)s;

-- name: feed_link_refused
-- An order of a source about a local identity, or about it by another, that a veto refused.
SELECT f.kind, f.subject, i.subject AS other
FROM identity.feed_link AS f
INNER JOIN identity.local_identity AS i
    ON f.authority = i.authority AND f.other_id = i.local_id
WHERE f.state = 'refused' AND (f.subject = %(subject)s OR i.subject = %(subject)s)
ORDER BY f.said_at DESC, f.subject, f.kind
LIMIT 1;

-- name: history_place
-- The person of a local identity, now or at an event.
SELECT m.subject, m.person, m.decision, d.confidence, d.method
FROM identity.local_identity AS i
INNER JOIN identity.membership AS m ON i.subject = m.subject
CROSS JOIN LATERAL (
    SELECT x.confidence, x.method
    FROM identity.decision AS x
    WHERE
        x.subject = m.subject AND x.seq >= m.from_seq AND x.verdict = 'LINK'
        AND x.person = m.person AND (%(seq)s::bigint IS NULL OR x.seq <= %(seq)s::bigint)
    ORDER BY x.decision DESC
    LIMIT 1
) AS d
WHERE
    i.authority = %(authority)s AND i.local_id = %(local_id)s
    AND (
        (%(seq)s::bigint IS NULL AND m.until_seq IS NULL)
        OR (m.from_seq <= %(seq)s::bigint AND coalesce(m.until_seq > %(seq)s::bigint, TRUE))
    );

-- name: history_roots
-- The persons that these persons answered as, now or at an event.
WITH RECURSIVE way (asked, person) AS (
    SELECT w.person, w.person
    FROM unnest(%(persons)s::uuid[]) AS w (person)
    INNER JOIN identity.person AS p ON w.person = p.person
    UNION
    SELECT way.asked, f.to_person
    FROM way
    INNER JOIN identity.person_forward AS f
        ON
            way.person = f.person
            AND (
                (%(seq)s::bigint IS NULL AND f.until_seq IS NULL)
                OR (f.from_seq <= %(seq)s::bigint AND coalesce(f.until_seq > %(seq)s::bigint, TRUE))
            )
)

SELECT way.asked, way.person
FROM way
WHERE NOT EXISTS (
    SELECT 1
    FROM identity.person_forward AS f
    WHERE
        f.person = way.person
        AND (
            (%(seq)s::bigint IS NULL AND f.until_seq IS NULL)
            OR (f.from_seq <= %(seq)s::bigint AND coalesce(f.until_seq > %(seq)s::bigint, TRUE))
        )
)
ORDER BY way.asked;

-- name: history_members
-- Who belonged to these persons, now or at an event.
SELECT m.subject, m.person, m.decision, d.confidence, d.method
FROM identity.membership AS m
CROSS JOIN LATERAL (
    SELECT x.confidence, x.method
    FROM identity.decision AS x
    WHERE
        x.subject = m.subject AND x.seq >= m.from_seq AND x.verdict = 'LINK'
        AND x.person = m.person AND (%(seq)s::bigint IS NULL OR x.seq <= %(seq)s::bigint)
    ORDER BY x.decision DESC
    LIMIT 1
) AS d
WHERE
    m.person = ANY(%(persons)s::uuid[])
    AND (
        (%(seq)s::bigint IS NULL AND m.until_seq IS NULL)
        OR (m.from_seq <= %(seq)s::bigint AND coalesce(m.until_seq > %(seq)s::bigint, TRUE))
    )
ORDER BY m.subject;

-- name: history_events
-- All that was decided about a person or an id that answers for it, the oldest first.
WITH RECURSIVE ids (person) AS (
    SELECT %(person)s::uuid AS person
    UNION
    SELECT f.person
    FROM ids
    INNER JOIN identity.person_forward AS f ON ids.person = f.to_person
)

SELECT
    e.seq, e.at, e.kind, e.actor, e.cause, e.group_id, e.inverse_of,
    d.decision, d.subject, d.person, d.verdict, d.method, d.reason, d.confidence
FROM identity.decision AS d
INNER JOIN identity.event AS e ON d.seq = e.seq
INNER JOIN identity.local_identity AS i ON d.subject = i.subject
LEFT JOIN identity.membership AS m ON d.subject = m.subject AND m.until_seq IS NULL
WHERE
    d.person IN (SELECT ids.person FROM ids)
    -- Who was sealed since is told with the sealed person only.
    AND (i.state <> 'sealed' OR m.person = %(person)s::uuid)
ORDER BY e.seq, d.decision;

-- name: history_decision
-- One decision with its event and the model that scored it; where the record was sealed since, only
-- that by which it belongs to its person now.
SELECT
    d.decision, d.seq, d.subject, d.version, d.person, d.verdict, d.method, d.reason, d.model,
    d.weight, d.lead, d.explanation, d.confidence, d.decided_by, d.decided_at, d.supersedes,
    e.kind, e.group_id, e.inverse_of
FROM identity.decision AS d
INNER JOIN identity.event AS e ON d.seq = e.seq
LEFT JOIN identity.local_identity AS i ON d.subject = i.subject AND i.state = 'sealed'
LEFT JOIN identity.membership AS m ON i.subject = m.subject AND m.until_seq IS NULL
WHERE d.decision = %(decision)s AND (i.subject IS NULL OR m.person = d.person);

-- name: history_of_subject
-- The decision by which a local identity belongs to its person now.
SELECT m.decision
FROM identity.membership AS m
WHERE m.subject = %(subject)s AND m.until_seq IS NULL;

-- name: misattributed
-- When each record that a group took out of a person had been shown with those it was taken from.
WITH
taken AS (
    SELECT e.seq, m.subject, m.person
    FROM identity.event AS e
    INNER JOIN identity.decision AS d ON e.seq = d.seq AND d.verdict <> 'NOT_SAME'
    INNER JOIN identity.membership AS m ON d.subject = m.subject AND e.seq = m.until_seq
    WHERE e.group_id = %(group_id)s
    GROUP BY e.seq, m.subject, m.person
),

left_behind AS (
    SELECT t.seq, t.subject, o.subject AS other
    FROM taken AS t
    INNER JOIN identity.membership AS o
        ON
            t.person = o.person AND t.seq > o.from_seq
            AND coalesce(t.seq <= o.until_seq, TRUE)
            AND t.subject <> o.subject
    LEFT JOIN identity.membership AS a
        ON o.subject = a.subject AND t.seq >= a.from_seq AND coalesce(t.seq < a.until_seq, TRUE)
    LEFT JOIN identity.membership AS b
        ON t.subject = b.subject AND t.seq >= b.from_seq AND coalesce(t.seq < b.until_seq, TRUE)
    WHERE a.person IS DISTINCT FROM b.person
),

together AS (
    SELECT
        l.subject,
        m.person,
        m.decision,
        range_agg(
            int8range(
                greatest(m.from_seq, o.from_seq),
                least(m.until_seq, o.until_seq, l.seq)
            )
        ) AS spans
    FROM left_behind AS l
    INNER JOIN identity.membership AS m ON l.subject = m.subject AND l.seq > m.from_seq
    INNER JOIN identity.membership AS o
        ON
            l.other = o.subject AND m.person = o.person
            AND int8range(m.from_seq, m.until_seq) && int8range(o.from_seq, o.until_seq)
            AND l.seq > o.from_seq
    GROUP BY l.subject, m.person, m.decision
)

SELECT
    g.subject,
    g.person,
    g.decision,
    lower(s.span) AS from_seq,
    f.at AS from_at,
    upper(s.span) AS until_seq,
    u.at AS until_at
FROM together AS g
CROSS JOIN LATERAL unnest(g.spans) AS s (span)
INNER JOIN identity.event AS f ON lower(s.span) = f.seq
INNER JOIN identity.event AS u ON upper(s.span) = u.seq
ORDER BY g.subject, lower(s.span), g.person;

-- name: projection_rebuilt
-- The memberships as the decisions alone make them.
WITH
told AS (
    SELECT DISTINCT ON (d.subject, d.seq) d.subject, d.seq, d.decision, d.verdict, d.person
    FROM identity.decision AS d
    WHERE d.verdict <> 'NOT_SAME'
    ORDER BY d.subject, d.seq, d.decision DESC
),

placed AS (
    SELECT
        t.subject,
        t.seq,
        t.decision,
        CASE t.verdict WHEN 'LINK' THEN t.person END AS person,
        lag(CASE t.verdict WHEN 'LINK' THEN t.person END)
            OVER (PARTITION BY t.subject ORDER BY t.seq) AS before
    FROM told AS t
),

turns AS (
    SELECT
        p.subject,
        p.seq,
        p.decision,
        p.person,
        lead(p.seq) OVER (PARTITION BY p.subject ORDER BY p.seq) AS until_seq
    FROM placed AS p
    WHERE p.person IS DISTINCT FROM p.before
)

SELECT t.subject, t.person, t.seq AS from_seq, t.until_seq, t.decision
FROM turns AS t
WHERE t.person IS NOT NULL
ORDER BY t.subject, t.seq;

-- name: projection_faults
-- How many memberships differ from what the decisions make of them, either way.
WITH
told AS (
    SELECT DISTINCT ON (d.subject, d.seq) d.subject, d.seq, d.decision, d.verdict, d.person
    FROM identity.decision AS d
    WHERE d.verdict <> 'NOT_SAME'
    ORDER BY d.subject, d.seq, d.decision DESC
),

placed AS (
    SELECT
        t.subject,
        t.seq,
        t.decision,
        CASE t.verdict WHEN 'LINK' THEN t.person END AS person,
        lag(CASE t.verdict WHEN 'LINK' THEN t.person END)
            OVER (PARTITION BY t.subject ORDER BY t.seq) AS before
    FROM told AS t
),

turns AS (
    SELECT
        p.subject,
        p.seq,
        p.decision,
        p.person,
        lead(p.seq) OVER (PARTITION BY p.subject ORDER BY p.seq) AS until_seq
    FROM placed AS p
    WHERE p.person IS DISTINCT FROM p.before
)

SELECT count(*) AS n
FROM (
    SELECT t.subject, t.person, t.seq AS from_seq, t.until_seq, t.decision
    FROM turns AS t
    WHERE t.person IS NOT NULL
) AS r
FULL JOIN identity.membership AS m
    ON
        r.subject = m.subject AND r.from_seq = m.from_seq AND r.person = m.person
        AND r.decision = m.decision AND coalesce(r.until_seq, 0) = coalesce(m.until_seq, 0)
WHERE r.subject IS NULL OR m.subject IS NULL;

-- name: model_now
-- The model in force: its name and digest.
SELECT m.model, m.digest
FROM identity.model AS m
WHERE m.activated_at IS NOT NULL AND m.retired_at IS NULL;

-- name: model_document
-- The document of a model.
SELECT m.document
FROM identity.model AS m
WHERE m.model = %(model)s;

-- name: model_terms
-- How common the terms of a region are, as a model counts them.
SELECT f.field, f.term, f.share
FROM identity.term_frequency AS f
WHERE f.model = %(model)s;

-- name: models
-- Every model that was ever in force, the newest first.
SELECT m.model, m.digest, m.signed_off_by, m.activated_at, m.retired_at
FROM identity.model AS m
ORDER BY m.activated_at DESC NULLS FIRST, m.model;

-- name: model_retire
-- Ends the time of the model in force.
UPDATE identity.model
SET retired_at = %(at)s
WHERE activated_at IS NOT NULL AND retired_at IS NULL;

-- name: model_put
-- Puts a model in force; one of that name and digest that was in force before is so again.
INSERT INTO identity.model AS m (model, digest, document, signed_off_by, activated_at)
VALUES (%(model)s, %(digest)s, %(document)s, %(actor)s, %(at)s)
ON CONFLICT (model) DO UPDATE SET
    activated_at = excluded.activated_at, signed_off_by = excluded.signed_off_by, retired_at = NULL
WHERE m.digest = excluded.digest;

-- name: model_terms_drop
-- Forgets how common terms were.
DELETE FROM identity.term_frequency AS f
WHERE f.model = %(model)s;

-- name: model_terms_add
-- Notes how common terms are.
INSERT INTO identity.term_frequency (model, field, term, share)
SELECT %(model)s::text AS model, w.field, w.term, w.share
FROM unnest(%(fields)s::text[], %(terms)s::text[], %(shares)s::float8[]) AS w (field, term, share);

-- name: norms_after
-- What is known of the next local identities, in the order of their numbers.
SELECT i.subject, i.norm
FROM identity.local_identity AS i
WHERE i.subject > %(after)s AND i.state IN ('live', 'frozen')
ORDER BY i.subject
LIMIT %(most)s;

-- name: members_sum
-- How many subjects belong to somebody, and a sum over who to whom, to compare with copies.
SELECT
    count(*) AS n,
    coalesce(
        sum(hashtextextended(concat_ws('/', m.subject, m.person, m.decision), 0)::numeric), 0
    )::text AS total
FROM identity.membership AS m
WHERE m.until_seq IS NULL;

-- name: shared_values_clear
-- Forgets what was counted as shared by too many.
DELETE FROM identity.shared_value;

-- name: shared_values_count
-- Counts the contacts and homes of more persons than a household has, in the layout of packed demographics.
WITH packed AS (
    SELECT m.person, convert_from(l.norm, 'UTF8') AS norm
    FROM identity.local_identity AS l
    INNER JOIN identity.membership AS m ON l.subject = m.subject AND m.until_seq IS NULL
    WHERE l.state <> 'sealed'
),

told AS (
    SELECT
        p.person,
        'contact' AS field,
        unnest(
            string_to_array(split_part(p.norm, chr(28), 6), chr(29))
            || string_to_array(split_part(p.norm, chr(28), 7), chr(29))
        ) AS value
    FROM packed AS p
    UNION ALL
    SELECT
        h.person,
        'home' AS field,
        concat_ws(
            chr(30),
            split_part(h.home, chr(30), 1),
            split_part(h.home, chr(30), 5),
            split_part(h.home, chr(30), 6)
        ) AS value
    FROM (
        SELECT
            p.person,
            unnest(string_to_array(split_part(p.norm, chr(28), 5), chr(29))) AS home
        FROM packed AS p
    ) AS h
    WHERE split_part(h.home, chr(30), 1) <> '' AND split_part(h.home, chr(30), 6) <> ''
)

INSERT INTO identity.shared_value (field, value, persons, counted_at)
SELECT
    t.field,
    t.value,
    count(DISTINCT t.person) AS persons,
    %(at)s AS counted_at
FROM told AS t
WHERE t.value <> ''
GROUP BY t.field, t.value
HAVING
    count(DISTINCT t.person)
    > CASE t.field WHEN 'contact' THEN %(contact)s::int ELSE %(home)s::int END;

-- name: shared_values
-- What is shared by too many.
SELECT s.field, s.value
FROM identity.shared_value AS s;

-- name: placeholders_likely
-- Values that one source has far more often than all others: what its desks write when nothing is known.
WITH packed AS (
    SELECT l.source, convert_from(l.norm, 'UTF8') AS norm
    FROM identity.local_identity AS l
    WHERE l.state <> 'sealed'
),

told AS (
    SELECT p.source, v.field, v.value
    FROM packed AS p
    CROSS JOIN LATERAL (
        VALUES
        ('family', translate(split_part(split_part(split_part(p.norm, chr(28), 1), chr(29), 1), chr(30), 2), chr(31), ' ')),
        ('given', translate(split_part(split_part(split_part(p.norm, chr(28), 1), chr(29), 1), chr(30), 3), chr(31), ' ')),
        ('birth', translate(split_part(p.norm, chr(28), 2), chr(30), '-')),
        ('phone', split_part(split_part(p.norm, chr(28), 6), chr(29), 1)),
        ('email', split_part(split_part(p.norm, chr(28), 7), chr(29), 1))
    ) AS v (field, value)
    WHERE v.value <> ''
),

counted AS (
    SELECT
        t.source,
        t.field,
        t.value,
        count(*) AS n,
        sum(count(*)) OVER (PARTITION BY t.source, t.field) AS n_source,
        sum(count(*)) OVER (PARTITION BY t.field, t.value) AS n_value,
        sum(count(*)) OVER (PARTITION BY t.field) AS n_field
    FROM told AS t
    GROUP BY t.source, t.field, t.value
)

SELECT
    c.source,
    c.field,
    c.value,
    c.n,
    (c.n / c.n_source)::float AS share,
    ((c.n_value - c.n) / greatest(c.n_field - c.n_source, 1))::float AS elsewhere
FROM counted AS c
WHERE
    c.n >= %(least)s
    AND c.n_field > c.n_source
    AND c.n / c.n_source > %(times)s * (c.n_value - c.n) / greatest(c.n_field - c.n_source, 1)
ORDER BY share DESC, c.source, c.field, c.value;

-- name: again_keys
-- The keys of these local identities, those only that may be compared.
SELECT k.subject, k.key, k.kind, k.is_past
FROM identity.block_key AS k
INNER JOIN identity.local_identity AS i ON k.subject = i.subject AND i.state = 'live'
WHERE k.subject = ANY(%(subjects)s::bigint[])
ORDER BY k.subject, k.key, k.kind;

-- name: again_incomplete
-- Local identities of which somebody may not have been looked at.
SELECT i.subject
FROM identity.local_identity AS i
WHERE i.is_incomplete
ORDER BY i.subject
LIMIT %(most)s;

-- name: again_looked
-- Notes that everybody was looked at.
UPDATE identity.local_identity AS i
SET is_incomplete = FALSE
WHERE i.subject = ANY(%(subjects)s::bigint[]) AND i.is_incomplete;

-- name: again_next
-- The next local identities in the order of their numbers, without those that others follow.
SELECT i.subject
FROM identity.local_identity AS i
WHERE
    i.subject > %(after)s AND i.state = 'live' AND NOT i.is_provisional
    AND NOT EXISTS (
        SELECT 1
        FROM identity.local_identity AS r
        WHERE r.replaced_by = i.subject
    )
ORDER BY i.subject
LIMIT %(most)s;

-- name: norms_some
-- Some of the records that are compared now, the same each time: their namespace and demographics.
SELECT
    l.authority,
    l.norm
FROM identity.local_identity AS l
WHERE l.state = 'live' AND NOT l.is_provisional
ORDER BY hashint8(l.subject), l.subject
LIMIT %(most)s;

-- name: seal_reviews
-- Takes sealed records out of all questions, and persons that were weighed by one; closes those in
-- which nobody else is left.
UPDATE identity.review AS r
SET
    candidates = w.candidates,
    state = CASE WHEN w.is_over THEN 'closed' ELSE r.state END,
    verdict = CASE WHEN w.is_over THEN 'withdrawn' ELSE r.verdict END,
    closed_seq = CASE WHEN w.is_over THEN %(seq)s::bigint END,
    closed_at = CASE WHEN w.is_over THEN %(at)s::timestamptz END
FROM (
    SELECT
        o.review,
        coalesce(k.candidates, '[]'::jsonb) AS candidates,
        o.subject = ANY(%(subjects)s::bigint[]) OR k.candidates IS NULL AS is_over
    FROM identity.review AS o
    CROSS JOIN LATERAL (
        SELECT
            jsonb_agg(
                c.candidate || jsonb_build_object('subjects', n.others)
                ORDER BY c.place
            ) FILTER (
                WHERE
                n.others IS NOT NULL
                AND (c.candidate ->> 'best')::bigint <> ALL(%(subjects)s::bigint[])
            ) AS candidates,
            coalesce(bool_or(n.is_named), FALSE) AS is_named
        FROM jsonb_array_elements(o.candidates) WITH ORDINALITY AS c (candidate, place)
        CROSS JOIN LATERAL (
            SELECT
                bool_or(m.is_sealed) AS is_named,
                jsonb_agg(m.subject ORDER BY m.place) FILTER (WHERE NOT m.is_sealed) AS others
            FROM (
                SELECT
                    s.subject,
                    s.place,
                    s.subject::text::bigint = ANY(%(subjects)s::bigint[]) AS is_sealed
                FROM jsonb_array_elements(c.candidate -> 'subjects')
                    WITH ORDINALITY AS s (subject, place)
            ) AS m
        ) AS n
    ) AS k
    WHERE o.state <> 'closed' AND (o.subject = ANY(%(subjects)s::bigint[]) OR k.is_named)
) AS w
WHERE r.review = w.review;
