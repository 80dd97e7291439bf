-- name: dictionary_version
-- How often the dictionaries have grown.
SELECT d.version
FROM record.dictionary AS d;

-- name: dictionary_settled
-- The version of the dictionaries; -1, older than any, while this transaction itself adds to them.
SELECT
    CASE
        WHEN coalesce(d.tx = pg_current_xact_id_if_assigned(), FALSE) THEN -1
        ELSE d.version
    END AS version
FROM record.dictionary AS d;

-- name: dictionary_grow
-- Marks that the dictionaries grow; makes those who add to them take turns.
UPDATE record.dictionary
SET version = version + 1, tx = pg_current_xact_id();

-- name: sources
-- Every source, without those of this transaction unless `own`.
SELECT s.source, s.org, s.system, s.feed
FROM record.source AS s
WHERE %(own)s OR NOT coalesce(s.tx = pg_current_xact_id_if_assigned(), FALSE)
ORDER BY s.source;

-- name: classes
-- Every access class with the label mask of its set, without those of this transaction unless `own`.
SELECT c.cls, c.source, c.heading, c.label_set, l.bits
FROM record.access_class AS c
INNER JOIN record.label_set AS l ON c.label_set = l.label_set
WHERE %(own)s OR NOT coalesce(c.tx = pg_current_xact_id_if_assigned(), FALSE)
ORDER BY c.cls;

-- name: orgs
-- Every organisation that ties name, without those of this transaction unless `own`.
SELECT o.slug, o.org
FROM record.org AS o
WHERE %(own)s OR NOT coalesce(o.tx = pg_current_xact_id_if_assigned(), FALSE)
ORDER BY o.org;

-- name: source_add
-- Adds a source unless it is there.
INSERT INTO record.source (org, system, feed)
SELECT %(org)s::text, %(system)s::text, %(feed)s::text
WHERE NOT EXISTS (
    SELECT 1
    FROM record.source AS s
    WHERE s.org = %(org)s::text AND s.system = %(system)s::text AND s.feed = %(feed)s::text
);

-- name: label_sets_add
-- Adds the label sets that are not there; what seals an entry has a number below zero.
WITH missing AS MATERIALIZED (
    SELECT DISTINCT ON (w.bits)
        w.bits,
        string_to_array(w.labels, ' ') AS labels
    FROM unnest(%(bits)s::bigint[], %(labels)s::text[]) AS w (bits, labels)
    WHERE NOT EXISTS (SELECT 1 FROM record.label_set AS l WHERE l.bits = w.bits)
    ORDER BY w.bits
)

INSERT INTO record.label_set (label_set, bits, labels)
SELECT
    nextval(pg_get_serial_sequence('record.label_set', 'label_set'))
    * CASE WHEN m.bits & %(sealed)s::bigint <> 0 THEN -1 ELSE 1 END,
    m.bits, m.labels
FROM missing AS m;

-- name: classes_add
-- Adds the access classes that are not there.
INSERT INTO record.access_class (source, heading, label_set)
SELECT DISTINCT
    w.source,
    w.heading,
    l.label_set
FROM unnest(%(sources)s::smallint[], %(headings)s::smallint[], %(bits)s::bigint[])
    AS w (source, heading, bits)
INNER JOIN record.label_set AS l ON w.bits = l.bits
WHERE NOT EXISTS (
    SELECT 1
    FROM record.access_class AS c
    WHERE c.source = w.source AND c.heading = w.heading AND c.label_set = l.label_set
);

-- name: orgs_add
-- Adds the organisations that are not there.
INSERT INTO record.org (slug)
SELECT DISTINCT w.slug
FROM unnest(%(slugs)s::text[]) AS w (slug)
WHERE NOT EXISTS (SELECT 1 FROM record.org AS o WHERE o.slug = w.slug);

-- name: subjects_of_authority
-- The subjects of these local ids, and whether other transactions can see them too.
SELECT
    s.local_id,
    s.subject,
    NOT coalesce(s.tx = pg_current_xact_id_if_assigned(), FALSE) AS settled
FROM record.subject AS s
WHERE s.authority = %(authority)s AND s.local_id = ANY(%(local_ids)s);

-- name: subjects_mint
-- Makes the subjects of these local ids, and gives those that were new.
INSERT INTO record.subject (authority, local_id)
SELECT %(authority)s::text, w.local_id
FROM unnest(%(local_ids)s::text[]) AS w (local_id)
ORDER BY w.local_id
ON CONFLICT (authority, local_id) DO NOTHING
RETURNING local_id, subject;

-- name: subjects_of
-- The subjects that any authority has under these public Patient ids.
SELECT s.subject
FROM record.subject AS s
WHERE s.local_id = ANY(%(local_ids)s) AND s.local_id <> ''
ORDER BY s.subject;

-- name: rid_blocks
-- The next blocks of counters for resource numbers.
SELECT nextval('record.rid_block') AS block
FROM generate_series(1, %(n)s);

-- name: create
-- Writes new entries with their tokens and outbox rows, and wakes those who wait for changes.
WITH entry AS (
    INSERT INTO record.resource (
        subject, rid, rt, id, source, heading, label_set, cls, code, dlo, dhi, upd, live_until,
        event_at, recv_at, xv, tok, digest, cut, meta, body
    )
    SELECT
        e.subject, e.rid, e.rt, e.id, e.source, e.heading, e.label_set, e.cls, e.code, e.dlo, e.dhi,
        %(at)s::timestamptz, e.live_until, e.event_at, e.recv_at, %(xv)s::smallint,
        (%(tok)s::bigint[])[e.tok_from:e.tok_to], e.digest,
        (%(cut)s::int[])[e.cut_from:e.cut_to], e.meta, e.body
    FROM unnest(
        %(subject)s::bigint[], %(rid)s::bigint[], %(rt)s::smallint[], %(id)s::text[],
        %(source)s::smallint[], %(heading)s::smallint[], %(label_set)s::int[], %(cls)s::int[],
        %(code)s::bigint[], %(dlo)s::timestamptz[], %(dhi)s::timestamptz[],
        %(live_until)s::timestamptz[], %(event_at)s::timestamptz[], %(recv_at)s::timestamptz[],
        %(tok_from)s::int[], %(tok_to)s::int[], %(cut_from)s::int[], %(cut_to)s::int[],
        %(digest)s::bytea[], %(meta)s::bytea[], %(body)s::bytea[]
    ) AS e (
        subject, rid, rt, id, source, heading, label_set, cls, code, dlo, dhi, live_until, event_at,
        recv_at, tok_from, tok_to, cut_from, cut_to, digest, meta, body
    )
),

token AS (
    INSERT INTO record.idx_token (key, subject, rid)
    SELECT
        t.key,
        (%(subject)s::bigint[])[t.place],
        (%(rid)s::bigint[])[t.place]
    FROM unnest(%(token)s::bigint[], %(token_place)s::int[]) AS t (key, place)
),

told AS (
    INSERT INTO record.outbox (subject, rid, ver, rt, cls, op, at)
    SELECT e.subject, e.rid, 1, e.rt, e.cls, 'C', %(at)s::timestamptz
    FROM unnest(
        %(subject)s::bigint[], %(rid)s::bigint[], %(rt)s::smallint[], %(cls)s::int[]
    ) AS e (subject, rid, rt, cls)
)

SELECT
    d.version,
    (SELECT count(*) FROM record.subject AS s WHERE s.subject = ANY(%(subjects)s)) AS n_subjects,
    pg_notify('cw_outbox', '') AS woken
FROM record.dictionary AS d;

-- name: supersede
-- Keeps the current versions as superseded ones, writes the new ones, and tells the outbox.
WITH change AS MATERIALIZED (
    SELECT
        e.subject, e.rid, e.ver, e.op, e.source, e.heading, e.label_set, e.cls, e.code, e.dlo,
        e.dhi, e.upd, e.live_until, e.event_at, e.recv_at,
        (%(tok)s::bigint[])[e.tok_from:e.tok_to] AS tok,
        (%(cut)s::int[])[e.cut_from:e.cut_to] AS cut, e.digest, e.meta, e.body
    FROM unnest(
        %(subject)s::bigint[], %(rid)s::bigint[], %(ver)s::int[], %(op)s::text[],
        %(source)s::smallint[], %(heading)s::smallint[], %(label_set)s::int[], %(cls)s::int[],
        %(code)s::bigint[], %(dlo)s::timestamptz[], %(dhi)s::timestamptz[], %(upd)s::timestamptz[],
        %(live_until)s::timestamptz[], %(event_at)s::timestamptz[], %(recv_at)s::timestamptz[],
        %(tok_from)s::int[], %(tok_to)s::int[], %(cut_from)s::int[], %(cut_to)s::int[],
        %(digest)s::bytea[], %(meta)s::bytea[], %(body)s::bytea[]
    ) AS e (
        subject, rid, ver, op, source, heading, label_set, cls, code, dlo, dhi, upd, live_until,
        event_at, recv_at, tok_from, tok_to, cut_from, cut_to, digest, meta, body
    )
),

kept AS (
    INSERT INTO record.version (
        subject, rid, ver, rt, id, source, heading, cls_then, op, upd, until, tx, actor, digest,
        cut, meta, enc, body
    )
    SELECT
        r.subject, r.rid, r.ver, r.rt, r.id, r.source, r.heading, r.cls,
        CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END::"char",
        r.upd, c.upd, r.tx, %(actor)s::text, r.digest, r.cut, r.meta, r.enc, r.body
    FROM change AS c
    INNER JOIN record.resource AS r ON c.subject = r.subject AND c.rid = r.rid
),

written AS (
    UPDATE record.resource AS r
    SET
        ver = c.ver, source = c.source, heading = c.heading, label_set = c.label_set,
        cls = c.cls, code = c.code, dlo = c.dlo, dhi = c.dhi, upd = c.upd, live_until = c.live_until, event_at = c.event_at,
        recv_at = c.recv_at, tx = pg_current_xact_id(), gone = c.op = 'D', xv = %(xv)s::smallint,
        tok = c.tok, digest = c.digest, cut = c.cut, meta = c.meta, enc = 0, body = c.body
    FROM change AS c
    WHERE r.subject = c.subject AND r.rid = c.rid AND r.ver = c.ver - 1
    RETURNING r.subject, r.rid, r.ver, r.rt, r.cls, c.op, c.upd
),

told AS (
    INSERT INTO record.outbox (subject, rid, ver, rt, cls, op, at)
    SELECT w.subject, w.rid, w.ver, w.rt, w.cls, w.op::"char", w.upd
    FROM written AS w
)

SELECT
    count(*) AS n_written,
    pg_notify('cw_outbox', '') AS woken
FROM written;

-- name: withdraw
-- Takes away the search rows, further subjects, ties and choices of entries that change.
WITH entry AS MATERIALIZED (
    SELECT e.subject, e.rid
    FROM unnest(%(subject)s::bigint[], %(rid)s::bigint[]) AS e (subject, rid)
),

token AS (
    DELETE FROM record.idx_token AS t
    USING unnest(%(token)s::bigint[], %(token_place)s::int[]) AS o (key, place)
    WHERE
        t.key = o.key
        AND t.subject = (%(subject)s::bigint[])[o.place]
        AND t.rid = (%(rid)s::bigint[])[o.place]
),

text_ AS (
    DELETE FROM record.idx_string AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
),

date_ AS (
    DELETE FROM record.idx_date AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
),

quantity AS (
    DELETE FROM record.idx_qty AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
),

extra AS (
    DELETE FROM record.extra_subject AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
),

choice AS (
    DELETE FROM record.choice AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
),

trait AS (
    DELETE FROM record.trait AS t
    USING entry AS e
    WHERE t.subject = e.subject AND t.rid = e.rid
)

DELETE FROM record.tie AS t
USING entry AS e
WHERE t.from_subject = e.subject AND t.from_rid = e.rid;

-- name: tokens_add
-- Adds token rows; one that stayed is left as it is.
INSERT INTO record.idx_token (key, subject, rid)
SELECT t.key, (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place]
FROM unnest(%(token)s::bigint[], %(place)s::int[]) AS t (key, place)
ON CONFLICT DO NOTHING;

-- name: strings_add
-- Adds string rows.
INSERT INTO record.idx_string (key, v, subject, rid)
SELECT t.key, t.v, (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place]
FROM unnest(%(key)s::bigint[], %(v)s::text[], %(place)s::int[]) AS t (key, v, place);

-- name: dates_add
-- Adds date rows.
INSERT INTO record.idx_date (key, lo, hi, subject, rid)
SELECT t.key, t.lo, t.hi, (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place]
FROM unnest(%(key)s::bigint[], %(lo)s::timestamptz[], %(hi)s::timestamptz[], %(place)s::int[])
    AS t (key, lo, hi, place);

-- name: quantities_add
-- Adds number and quantity rows.
INSERT INTO record.idx_qty (key, unit, lo, hi, subject, rid)
SELECT t.key, t.unit, t.lo, t.hi, (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place]
FROM unnest(
    %(key)s::bigint[], %(unit)s::bigint[], %(lo)s::numeric[], %(hi)s::numeric[], %(place)s::int[]
) AS t (key, unit, lo, hi, place);

-- name: extras_add
-- Adds further subjects.
INSERT INTO record.extra_subject (extra, subject, rid, is_primary)
SELECT t.extra, (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place], t.is_primary
FROM unnest(%(extra)s::bigint[], %(is_primary)s::boolean[], %(place)s::int[])
    AS t (extra, is_primary, place);

-- name: ties_add
-- Adds ties.
INSERT INTO record.tie (subject, org, kind, team, since, until, from_subject, from_rid)
SELECT
    (%(subject)s::bigint[])[t.place], t.org, t.kind, t.team, t.since, t.until,
    (%(subject)s::bigint[])[t.place], (%(rid)s::bigint[])[t.place]
FROM unnest(
    %(org)s::int[], %(kind)s::smallint[], %(team)s::text[], %(since)s::timestamptz[],
    %(until)s::timestamptz[], %(place)s::int[]
) AS t (org, kind, team, since, until, place)
ON CONFLICT DO NOTHING;

-- name: choices_add
-- Adds what entries say that a person has chosen.
INSERT INTO record.choice (
    subject, rid, place, kind, since, until, to_orgs, to_others, users, user_others, purposes,
    purpose_others, from_org, headings, labels, data_since, data_until, data_outside, ids, id_others,
    authors, author_others, is_liftable
)
SELECT
    c.subject, c.rid, c.place, c.kind, c.since, c.until, c.to_orgs, c.to_others, c.users,
    c.user_others, c.purposes, c.purpose_others, c.from_org, c.headings, c.labels, c.data_since,
    c.data_until, c.data_outside, c.ids, c.id_others, c.authors, c.author_others, c.is_liftable
FROM jsonb_to_recordset(%(rows)s::jsonb) AS c (
    subject bigint, rid bigint, place smallint, kind smallint, since timestamptz,
    until timestamptz, to_orgs int [], to_others boolean, users text [], user_others boolean,
    purposes bigint, purpose_others boolean, from_org text, headings bigint, labels bigint,
    data_since timestamptz, data_until timestamptz, data_outside boolean, ids text [],
    id_others boolean, authors bigint [], author_others boolean, is_liftable boolean
);

-- name: granted
-- The persons who let this user act for them; a subject that belongs to nobody has no person.
SELECT DISTINCT p.person
FROM record.choice AS c
INNER JOIN record.subject_person AS p ON c.subject = p.subject
INNER JOIN record.subject AS s ON c.subject = s.subject AND NOT s.frozen
WHERE c.kind = 3 AND c.users @> ARRAY[%(user)s::text] AND c.since <= %(at)s AND c.until > %(at)s;

-- name: traits_add
-- Adds what cohorts ask of a person.
INSERT INTO record.trait (subject, rid, born, outward)
SELECT t.subject, t.rid, t.born, t.outward
FROM unnest(%(subject)s::bigint[], %(rid)s::bigint[], %(born)s::date[], %(outward)s::text[])
    AS t (subject, rid, born, outward);

-- name: held
-- The current state of these entries of these sources, for the way in.
SELECT
    r.rt, r.id, r.rid, r.subject, r.ver, r.source, r.heading, r.label_set, r.digest, r.gone, r.cut,
    r.body, r.upd, r.tok, r.meta
FROM record.resource AS r
WHERE r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s) AND r.source = ANY(%(sources)s)
ORDER BY r.subject, r.rid;

-- name: held_locks
-- Locks the subjects of these entries in the order of their numbers.
WITH found AS MATERIALIZED (
    SELECT DISTINCT r.subject
    FROM record.resource AS r
    WHERE r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s) AND r.source = ANY(%(sources)s)
    ORDER BY r.subject
)

SELECT pg_advisory_xact_lock(f.subject) AS locked
FROM found AS f;

-- name: held_for_update
-- The current state of these entries of these sources, locked, for the way in.
SELECT
    r.rt, r.id, r.rid, r.subject, r.ver, r.source, r.heading, r.label_set, r.digest, r.gone, r.cut,
    r.body, r.upd, r.tok, r.meta
FROM record.resource AS r
WHERE r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s) AND r.source = ANY(%(sources)s)
ORDER BY r.subject, r.rid
FOR UPDATE;

-- name: parents
-- Heading and label set of these entries of these sources.
SELECT r.rt, r.id, r.heading, r.label_set
FROM record.resource AS r
WHERE
    r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s) AND r.source = ANY(%(sources)s) AND NOT r.gone;

-- name: taken
-- Which of these ids are in use by anybody.
SELECT r.rt, r.id
FROM record.resource AS r
WHERE r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s);

-- name: read
-- The current version of one visible entry.
SELECT
    r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
    CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
    0 * r.cls AS via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = r.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = r.label_set) AS bits,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM record.resource AS r
WHERE r.rt = %(rt)s AND r.id = %(id)s AND get_bit(%(bits)s::bytea, r.cls) <> 0;

-- name: located
-- The current versions of several visible entries that are not deleted.
SELECT
    s.rt, s.id, s.ver, s.upd, s.subject, s.source, s.heading, s.gone, s.body, s.cut, s.meta,
    CASE WHEN s.ver = 1 THEN 'C' ELSE 'U' END AS op,
    s.via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = s.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = s.label_set) AS bits,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT
        r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
        r.rid, r.label_set, 0 * r.cls AS via
    FROM record.resource AS r
    WHERE
        r.rt = ANY(%(rts)s) AND r.id = ANY(%(ids)s) AND NOT r.gone
        AND get_bit(%(bits)s::bytea, r.cls) <> 0
    OFFSET 0  -- noqa: AM09
) AS s
WHERE s.via IS NOT NULL
ORDER BY s.subject, s.rid;

-- name: read_version
-- One version of one visible entry; the class that it has now decides.
SELECT
    r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
    CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
    0 * r.cls AS via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = r.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = r.label_set) AS bits,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM record.resource AS r
WHERE
    r.rt = %(rt)s AND r.id = %(id)s AND r.ver = %(version)s AND get_bit(%(bits)s::bytea, r.cls) <> 0
UNION ALL
SELECT
    v.rt, v.id, v.ver, v.upd, v.subject, v.source, v.heading, v.op = 'D' AS gone, v.body, v.cut,
    v.meta, v.op::text AS op,
    0 * r.cls AS via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = r.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = r.label_set) AS bits,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM record.resource AS r
INNER JOIN record.version AS v ON r.subject = v.subject AND r.rid = v.rid
WHERE r.rt = %(rt)s AND r.id = %(id)s AND v.ver = %(version)s AND get_bit(%(bits)s::bytea, r.cls) <> 0;

-- name: history_of_entry
-- The versions of one visible entry, newest first.
SELECT
    s.rt, s.id, s.ver, s.upd, s.subject, s.source, s.heading, s.gone, s.body, s.cut, s.meta, s.op,
    s.via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = s.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = s.label_set) AS bits,
    s.rid,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT
        r.rt, r.id, r.ver, r.upd, 'infinity'::timestamptz AS until, r.subject, r.source, r.heading,
        r.gone, r.body, r.cut, r.meta, r.rid,
        CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op, 0 * r.cls AS via,
        r.label_set
    FROM record.resource AS r
    WHERE r.rt = %(rt)s AND r.id = %(id)s AND get_bit(%(bits)s::bytea, r.cls) <> 0
    UNION ALL
    SELECT
        v.rt, v.id, v.ver, v.upd, v.until, v.subject, v.source, v.heading, v.op = 'D' AS gone,
        v.body, v.cut, v.meta, v.rid, v.op::text AS op,
        0 * r.cls AS via, r.label_set
    FROM record.resource AS r
    INNER JOIN record.version AS v ON r.subject = v.subject AND r.rid = v.rid
    WHERE r.rt = %(rt)s AND r.id = %(id)s AND get_bit(%(bits)s::bytea, r.cls) <> 0
) AS s
WHERE
    s.ver < %(before)s
    AND s.upd >= %(since)s
    AND (%(at)s::timestamptz IS NULL OR (s.upd <= %(at)s AND s.until > %(at)s))
ORDER BY s.ver DESC
LIMIT %(most)s;

-- name: history_of_type
-- The versions of all visible entries of one type, newest first; the current class decides.
SELECT
    s.rt, s.id, s.ver, s.upd, s.subject, s.source, s.heading, s.gone, s.body, s.cut, s.meta, s.op,
    s.via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = s.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = s.label_set) AS bits,
    s.rid,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    (
        SELECT
            r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
            r.rid, CASE WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op, 0 * r.cls AS via, r.label_set
        FROM record.resource AS r
        WHERE
            r.rt = %(rt)s AND NOT r.gone AND get_bit(%(bits)s::bytea, r.cls) <> 0
            AND r.upd >= %(since)s AND r.upd <= %(newest)s
            AND (r.upd < %(newest)s OR r.rid > %(rid)s OR (r.rid = %(rid)s AND r.ver < %(ver)s))
        ORDER BY r.upd DESC, r.rid
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT
            r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
            r.rid, 'D' AS op, 0 * r.cls AS via, r.label_set
        FROM record.resource AS r
        WHERE
            r.rt = %(rt)s AND r.gone AND get_bit(%(bits)s::bytea, r.cls) <> 0
            AND r.upd >= %(since)s AND r.upd <= %(newest)s
            AND (r.upd < %(newest)s OR r.rid > %(rid)s OR (r.rid = %(rid)s AND r.ver < %(ver)s))
        ORDER BY r.upd DESC, r.rid
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT
            v.rt, v.id, v.ver, v.upd, v.subject, v.source, v.heading, v.op = 'D' AS gone, v.body,
            v.cut, v.meta, v.rid, v.op::text AS op,
            0 * r.cls AS via, r.label_set
        FROM record.version AS v
        INNER JOIN record.resource AS r ON v.subject = r.subject AND v.rid = r.rid
        WHERE
            v.rt = %(rt)s AND get_bit(%(bits)s::bytea, r.cls) <> 0
            AND v.upd >= %(since)s AND v.upd <= %(newest)s
            AND (v.upd < %(newest)s OR v.rid > %(rid)s OR (v.rid = %(rid)s AND v.ver < %(ver)s))
        ORDER BY v.upd DESC, v.rid, v.ver DESC
        LIMIT %(most)s
    )
) AS s
ORDER BY s.upd DESC, s.rid, s.ver DESC
LIMIT %(most)s;

-- name: type_as_of
-- The versions of all visible entries of one type that were current at a time.
SELECT
    s.rt, s.id, s.ver, s.upd, s.subject, s.source, s.heading, s.gone, s.body, s.cut, s.meta, s.op,
    s.via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = s.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = s.label_set) AS bits,
    s.rid,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT
        r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
        r.rid, CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
        0 * r.cls AS via, r.label_set
    FROM record.resource AS r
    WHERE r.rt = %(rt)s AND get_bit(%(bits)s::bytea, r.cls) <> 0 AND r.upd <= %(at)s
    UNION ALL
    SELECT
        v.rt, v.id, v.ver, v.upd, v.subject, v.source, v.heading, v.op = 'D' AS gone, v.body,
        v.cut, v.meta, v.rid, v.op::text AS op,
        0 * r.cls AS via, r.label_set
    FROM record.version AS v
    INNER JOIN record.resource AS r ON v.subject = r.subject AND v.rid = r.rid
    WHERE
        v.rt = %(rt)s AND get_bit(%(bits)s::bytea, r.cls) <> 0 AND v.upd <= %(at)s AND v.until > %(at)s
) AS s
WHERE
    s.upd >= %(since)s AND s.upd <= %(newest)s
    AND (s.upd < %(newest)s OR s.rid > %(rid)s OR (s.rid = %(rid)s AND s.ver < %(ver)s))
ORDER BY s.upd DESC, s.rid, s.ver DESC
LIMIT %(most)s;

-- name: entries_of
-- The visible current entries that concern these subjects, in the order in which they are kept.
SELECT
    r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
    CASE WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
    0 * r.cls AS via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = r.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = r.label_set) AS bits,
    r.rid,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    (
        SELECT o.subject, o.rid
        FROM record.resource AS o
        WHERE
            o.subject = ANY(%(subjects)s) AND NOT o.gone AND get_bit(%(bits)s::bytea, o.cls) <> 0
            AND (o.subject, o.rid) > (%(subject)s, %(rid)s)
            AND (%(rts)s::smallint[] IS NULL OR o.rt = ANY(%(rts)s))
            AND o.upd >= %(since)s
        ORDER BY o.subject, o.rid
        LIMIT %(most)s
    )
    UNION
    (
        SELECT x.subject, x.rid
        FROM record.extra_subject AS x
        INNER JOIN record.resource AS o ON x.subject = o.subject AND x.rid = o.rid
        WHERE
            x.extra = ANY(%(subjects)s) AND NOT o.gone AND get_bit(%(bits)s::bytea, o.cls) <> 0
            AND (x.subject, x.rid) > (%(subject)s, %(rid)s)
            AND (%(rts)s::smallint[] IS NULL OR o.rt = ANY(%(rts)s))
            AND o.upd >= %(since)s
    )
    ORDER BY subject, rid
    LIMIT %(most)s
) AS hit
INNER JOIN record.resource AS r ON hit.subject = r.subject AND hit.rid = r.rid
ORDER BY r.subject, r.rid;

-- name: timeline
-- The visible current entries that concern these subjects, newest main date first.
SELECT
    r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
    CASE WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
    0 * r.cls AS via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = r.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = r.label_set) AS bits,
    r.rid, coalesce(r.dlo, '-infinity') AS dlo,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT u.subject, u.rid, u.dlo
    FROM (
        SELECT o.subject, o.rid, coalesce(o.dlo, '-infinity') AS dlo
        FROM record.resource AS o
        WHERE
            o.subject = ANY(%(subjects)s) AND NOT o.gone AND get_bit(%(bits)s::bytea, o.cls) <> 0
            AND (%(headings)s::smallint[] IS NULL OR o.heading = ANY(%(headings)s))
        UNION
        SELECT x.subject, x.rid, coalesce(o.dlo, '-infinity') AS dlo
        FROM record.extra_subject AS x
        INNER JOIN record.resource AS o ON x.subject = o.subject AND x.rid = o.rid
        WHERE
            x.extra = ANY(%(subjects)s) AND NOT o.gone AND get_bit(%(bits)s::bytea, o.cls) <> 0
            AND (%(headings)s::smallint[] IS NULL OR o.heading = ANY(%(headings)s))
    ) AS u
    WHERE u.dlo < %(before)s OR (u.dlo = %(before)s AND u.rid > %(rid)s)
    ORDER BY u.dlo DESC, u.rid
    LIMIT %(most)s
) AS hit
INNER JOIN record.resource AS r ON hit.subject = r.subject AND hit.rid = r.rid
ORDER BY hit.dlo DESC, hit.rid;

-- name: as_of
-- The visible entries of these subjects as the platform knew them at a time; deleted ones left out.
-- Times are compared by least(), which no index serves: only the subject is to lead.
SELECT
    s.rt, s.id, s.ver, s.upd, s.subject, s.source, s.heading, s.gone, s.body, s.cut, s.meta, s.op,
    s.via,
    (
        SELECT uuid_send(q.person) || int8send(q.decision)
        FROM record.subject_person AS q
        WHERE q.subject = s.subject
    ) AS whose,
    (SELECT l.bits FROM record.label_set AS l WHERE l.label_set = s.label_set) AS bits,
    s.rid, s.dlo,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT
        r.rt, r.id, r.ver, r.upd, r.subject, r.source, r.heading, r.gone, r.body, r.cut, r.meta,
        r.rid, CASE WHEN r.gone THEN 'D' WHEN r.ver = 1 THEN 'C' ELSE 'U' END AS op,
        0 * r.cls AS via, r.label_set, r.dlo
    FROM record.resource AS r
    WHERE
        r.subject = ANY(%(subjects)s) AND least(r.upd, %(at)s) = r.upd
        AND get_bit(%(bits)s::bytea, r.cls) <> 0
    UNION ALL
    SELECT
        v.rt, v.id, v.ver, v.upd, v.subject, v.source, v.heading, v.op = 'D' AS gone, v.body, v.cut,
        v.meta, v.rid, v.op::text AS op,
        0 * r.cls AS via, r.label_set, r.dlo
    FROM record.version AS v
    INNER JOIN record.resource AS r ON v.subject = r.subject AND v.rid = r.rid
    WHERE
        v.subject = ANY(%(subjects)s) AND r.subject = ANY(%(subjects)s)
        AND least(v.upd, %(at)s) = v.upd AND v.until > %(at)s
        AND get_bit(%(bits)s::bytea, r.cls) <> 0
) AS s
WHERE NOT s.gone
ORDER BY s.subject, s.rid;

-- name: kinds
-- Under which headings, of which sources and by which branches anything visible is held of subjects.
SELECT DISTINCT
    s.heading,
    s.source,
    s.via,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT r.heading, r.source, 0 * r.cls AS via
    FROM record.resource AS r
    WHERE
        r.subject = ANY(%(subjects)s::bigint[]) AND NOT r.gone
        AND get_bit(%(bits)s::bytea, r.cls) <> 0
        AND (%(which)s::bytea IS NULL OR get_bit(%(which)s::bytea, r.cls) <> 0)
    OFFSET 0  -- noqa: AM09
) AS s
WHERE s.via IS NOT NULL;

-- name: outline
-- What visible current entries concern these subjects, newest first, without what they say.
SELECT
    s.rt, s.id, s.subject, s.source, s.heading, s.dlo, s.upd, s.via,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    (
        SELECT
            r.rt, r.id, r.subject, r.source, r.heading, r.dlo, r.upd, 0 * r.cls AS via, r.rid
        FROM record.resource AS r
        WHERE
            r.subject = ANY(%(subjects)s::bigint[]) AND NOT r.gone
            AND get_bit(%(bits)s::bytea, r.cls) <> 0
            AND (%(headings)s::smallint[] IS NULL OR r.heading = ANY(%(headings)s))
        OFFSET 0  -- noqa: AM09
    )
    UNION ALL
    (
        SELECT
            o.rt, o.id, o.subject, o.source, o.heading, o.dlo, o.upd, 0 * o.cls AS via, o.rid
        FROM (
            SELECT DISTINCT x.subject, x.rid
            FROM record.extra_subject AS x
            WHERE
                x.extra = ANY(%(subjects)s::bigint[])
                AND x.subject <> ALL(%(subjects)s::bigint[])
        ) AS e
        INNER JOIN record.resource AS o ON e.subject = o.subject AND e.rid = o.rid
        WHERE
            NOT o.gone AND get_bit(%(bits)s::bytea, o.cls) <> 0
            AND (%(headings)s::smallint[] IS NULL OR o.heading = ANY(%(headings)s))
        OFFSET 0  -- noqa: AM09
    )
) AS s
WHERE s.via IS NOT NULL
ORDER BY coalesce(s.dlo, s.upd) DESC, s.subject, s.rid
LIMIT %(most)s;

-- name: passing
-- Which branches let through what is about each of these subjects; whether anybody chose something.
SELECT
    w.subject,
    zr.b,
    FALSE AS chosen,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM unnest(%(subjects)s::bigint[]) AS w (subject)
CROSS JOIN (SELECT 0 AS b) AS zr
WHERE w.subject IS NOT NULL;

-- name: tied
-- Those of these subjects whose person one of these organisations has a tie with.
SELECT w.subject
FROM unnest(%(subjects)s::bigint[]) AS w (subject)
WHERE EXISTS (
    SELECT 1
    FROM (
        SELECT w.subject
        UNION ALL
        SELECT q.subject
        FROM record.subject_person AS p
        INNER JOIN record.subject_person AS q ON p.person = q.person
        WHERE p.subject = w.subject
    ) AS k
    INNER JOIN record.tie AS t ON k.subject = t.subject
    INNER JOIN record.org AS o ON t.org = o.org
    INNER JOIN record.subject AS s ON k.subject = s.subject
    WHERE
        o.slug = ANY(%(names)s::text[]) AND t.since <= %(at)s AND t.until > %(at)s
        AND (k.subject = w.subject OR NOT s.frozen)
)
ORDER BY w.subject;

-- name: people_tied
-- The people with whom one of these organisations has a tie of some kinds now, the newest first.
SELECT k.person, k.since, k.until
FROM (
    SELECT
        p.person,
        max(t.since) AS since,
        max(t.until) AS until
    FROM record.tie AS t
    INNER JOIN record.org AS o ON t.org = o.org
    INNER JOIN record.subject AS s ON t.subject = s.subject
    INNER JOIN record.subject_person AS p ON t.subject = p.subject
    WHERE
        o.slug = ANY(%(names)s::text[]) AND t.kind = ANY(%(kinds)s::smallint[])
        AND t.since <= %(at)s AND t.until > %(at)s AND NOT s.frozen
    GROUP BY p.person
) AS k
WHERE
    k.since >= %(begun)s AND k.since <= %(before)s
    AND (k.since < %(before)s OR k.person > %(after)s::uuid)
ORDER BY k.since DESC, k.person
LIMIT %(most)s;

-- name: people_changed
-- The people with such a tie of whom something visible has changed, the newest change first.
SELECT
    c.person,
    c.upd,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM (
    SELECT
        k.person,
        max(r.upd) AS upd
    FROM (
        SELECT DISTINCT p.person
        FROM record.tie AS t
        INNER JOIN record.org AS o ON t.org = o.org
        INNER JOIN record.subject AS s ON t.subject = s.subject
        INNER JOIN record.subject_person AS p ON t.subject = p.subject
        WHERE
            o.slug = ANY(%(names)s::text[]) AND t.kind = ANY(%(kinds)s::smallint[])
            AND t.since <= %(at)s AND t.until > %(at)s AND NOT s.frozen
    ) AS k
    INNER JOIN record.subject_person AS q ON k.person = q.person
    INNER JOIN record.resource AS r ON q.subject = r.subject
    WHERE
        NOT r.gone AND r.heading <> 0 AND r.upd >= %(begun)s
        AND get_bit(%(bits)s::bytea, r.cls) <> 0
    GROUP BY k.person
) AS c
WHERE c.upd <= %(before)s AND (c.upd < %(before)s OR c.person > %(after)s::uuid)
ORDER BY c.upd DESC, c.person
LIMIT %(most)s;

-- name: clear
-- Releases these versions of these entries of these sources, as they are now.
INSERT INTO record.cleared (subject, rid, ver, at, by_actor)
SELECT r.subject, r.rid, r.ver, %(at)s::timestamptz, %(by_actor)s::text
FROM unnest(%(rts)s::smallint[], %(ids)s::text[], %(vers)s::int[]) AS w (rt, id, ver)
INNER JOIN record.resource AS r ON w.rt = r.rt AND w.id = r.id AND w.ver = r.ver
WHERE r.source = ANY(%(sources)s) AND NOT r.gone
ON CONFLICT (subject, rid) DO UPDATE
    SET ver = excluded.ver, at = excluded.at, by_actor = excluded.by_actor;

-- name: receipt
-- What was answered to a message.
SELECT r.digest, r.answer
FROM record.receipt AS r
WHERE r.source = %(source)s AND r.message = %(message)s;

-- name: receipt_keep
-- Keeps what was answered to a message; one that came at the same moment fails.
INSERT INTO record.receipt (source, message, digest, state, at, answer)
VALUES (%(source)s, %(message)s, %(digest)s, 1, %(at)s, %(answer)s);

-- name: receipts_expire
-- Removes the receipts from before a time.
DELETE FROM record.receipt
WHERE at < %(before)s;

-- name: erase_locks
-- Waits until nobody writes, and keeps others from it: creates take no lock on their subject.
SELECT record.quiet() AS locked;

-- name: erase
-- Removes everything of one subject, by law, and keeps the ground and the numbers.
WITH entry AS (
    DELETE FROM record.resource
    WHERE subject = %(subject)s
    RETURNING rid, tok, rt, id
),

old AS (
    DELETE FROM record.version
    WHERE subject = %(subject)s
    RETURNING rid
),

token AS (
    DELETE FROM record.idx_token AS t
    USING (
        SELECT
            r.rid,
            unnest(r.tok) AS key
        FROM record.resource AS r
        WHERE r.subject = %(subject)s
    ) AS k
    WHERE t.key = k.key AND t.subject = %(subject)s AND t.rid = k.rid
),

text_ AS (DELETE FROM record.idx_string WHERE subject = %(subject)s),

date_ AS (DELETE FROM record.idx_date WHERE subject = %(subject)s),

quantity AS (DELETE FROM record.idx_qty WHERE subject = %(subject)s),

extra AS (DELETE FROM record.extra_subject WHERE subject = %(subject)s OR extra = %(subject)s),

tie AS (DELETE FROM record.tie WHERE subject = %(subject)s OR from_subject = %(subject)s),

choice AS (DELETE FROM record.choice WHERE subject = %(subject)s),

trait AS (DELETE FROM record.trait WHERE subject = %(subject)s),

fact AS (DELETE FROM record.subject_fact WHERE subject = %(subject)s),

cleared AS (DELETE FROM record.cleared WHERE subject = %(subject)s),

told AS (DELETE FROM record.outbox WHERE subject = %(subject)s),

person AS (DELETE FROM record.subject_person WHERE subject = %(subject)s),

own AS (DELETE FROM record.subject WHERE subject = %(subject)s),

recalled AS (
    INSERT INTO record.outbox (subject, op, at)
    VALUES (%(subject)s, 'L', %(at)s)
)

INSERT INTO record.erasure (subject, rids, ground, by_actor, at)
SELECT
    %(subject)s,
    coalesce(array_agg(e.rid), '{}'),
    %(ground)s::text,
    %(by_actor)s::text,
    %(at)s::timestamptz
FROM entry AS e
RETURNING
    cardinality(rids) AS n_entries,
    (SELECT count(*) FROM old) AS n_versions,
    (SELECT coalesce(array_agg(g.rt ORDER BY g.rid), '{}') FROM entry AS g) AS rts,
    (SELECT coalesce(array_agg(g.id ORDER BY g.rid), '{}') FROM entry AS g) AS ids,
    pg_notify('cw_outbox', '') AS woken;

-- name: statistics_clear
-- Forgets the keys that this transaction has not counted.
DELETE FROM record.key_count AS k
WHERE k.xmin <> pg_current_xact_id()::xid;

-- name: statistics_count
-- Counts how often the commonest keys occur; writes nothing before it has counted.
INSERT INTO record.key_count (key, n, exact)
SELECT c.key, sum(c.n), TRUE
FROM (
    SELECT
        t.key,
        count(*) AS n
    FROM record.idx_token AS t
    GROUP BY t.key
    HAVING count(*) >= %(least)s
    UNION ALL
    SELECT
        r.code,
        count(*) AS n
    FROM record.resource AS r
    WHERE r.code IS NOT NULL AND NOT r.gone
    GROUP BY r.code
    HAVING count(*) >= %(least)s
) AS c
GROUP BY c.key
ORDER BY sum(c.n) DESC, c.key
LIMIT %(most)s
ON CONFLICT (key) DO UPDATE SET n = excluded.n, exact = excluded.exact;

-- name: fault_class
-- Entries whose access class is not that of their source, heading and label set.
SELECT count(*) AS n
FROM record.resource AS r
LEFT JOIN record.access_class AS c ON r.cls = c.cls
WHERE
    c.cls IS NULL
    OR (r.source, r.heading, r.label_set) <> (c.source, c.heading, c.label_set);

-- name: fault_digest
-- Entries whose body is not what was digested, or deleted ones that still have a body.
SELECT count(*) AS n
FROM record.resource AS r
WHERE
    CASE
        WHEN r.gone THEN r.body IS NOT NULL
        ELSE r.body IS NULL OR r.digest <> substring(sha256(r.body), 1, 16)
    END;

-- name: fault_version_digest
-- Superseded versions whose body is not what was digested.
SELECT count(*) AS n
FROM record.version AS v
WHERE
    CASE
        WHEN v.op = 'D' THEN v.body IS NOT NULL
        ELSE v.body IS NULL OR v.digest <> substring(sha256(v.body), 1, 16)
    END;

-- name: fault_versions
-- Entries with a gap in their versions.
SELECT count(*) AS n
FROM record.resource AS r
LEFT JOIN LATERAL (
    SELECT count(*) AS n
    FROM record.version AS v
    WHERE v.subject = r.subject AND v.rid = r.rid AND v.ver < r.ver
) AS old ON TRUE
WHERE old.n <> r.ver - 1;

-- name: fault_moments
-- Superseded versions that do not end where the next one begins.
SELECT count(*) AS n
FROM (
    SELECT
        v.until,
        lead(v.upd) OVER (PARTITION BY v.subject, v.rid ORDER BY v.ver) AS next_upd,
        r.upd
    FROM record.version AS v
    INNER JOIN record.resource AS r ON v.subject = r.subject AND v.rid = r.rid
) AS s
WHERE s.until <> coalesce(s.next_upd, s.upd);

-- name: fault_token
-- Token rows without an entry that carries their key.
SELECT count(*) AS n
FROM record.idx_token AS t
WHERE NOT EXISTS (
    SELECT 1
    FROM record.resource AS r
    WHERE
        r.subject = t.subject AND r.rid = t.rid AND NOT r.gone
        AND t.key = ANY(r.tok)
);

-- name: fault_rows
-- String, date and quantity rows, further subjects, ties and choices without an entry.
SELECT count(*) AS n
FROM (
    SELECT s.subject, s.rid
    FROM record.idx_string AS s
    UNION ALL
    SELECT d.subject, d.rid
    FROM record.idx_date AS d
    UNION ALL
    SELECT q.subject, q.rid
    FROM record.idx_qty AS q
    UNION ALL
    SELECT x.subject, x.rid
    FROM record.extra_subject AS x
    UNION ALL
    SELECT t.from_subject AS subject, t.from_rid AS rid
    FROM record.tie AS t
    UNION ALL
    SELECT c.subject, c.rid
    FROM record.choice AS c
    UNION ALL
    SELECT b.subject, b.rid
    FROM record.trait AS b
) AS i
WHERE NOT EXISTS (
    SELECT 1
    FROM record.resource AS r
    WHERE r.subject = i.subject AND r.rid = i.rid AND NOT r.gone
);

-- name: fault_subject
-- Entries whose subject is not known.
SELECT count(*) AS n
FROM record.resource AS r
WHERE NOT EXISTS (SELECT 1 FROM record.subject AS s WHERE s.subject = r.subject);

-- name: fault_sample
-- A few current entries with what is kept of them, for a second look by the extractor.
SELECT
    r.id, r.ver, r.upd, r.code, r.tok, r.body, r.cut, r.meta,
    ARRAY(
        SELECT t.key
        FROM unnest(r.tok) AS k (key)
        INNER JOIN record.idx_token AS t
            ON k.key = t.key AND t.subject = r.subject AND t.rid = r.rid
        ORDER BY t.key
    ) AS posted
FROM record.resource AS r
WHERE NOT r.gone AND r.subject > %(after)s AND r.xv = %(xv)s
ORDER BY r.subject, r.rid
LIMIT %(most)s;

-- name: analyse
-- Tells the planner how much there is now.
SELECT record.analyse();

-- name: children
-- The current entries of these sources that carry one of these reference keys.
SELECT DISTINCT r.rt, r.id
FROM record.idx_token AS t
INNER JOIN record.resource AS r ON t.subject = r.subject AND t.rid = r.rid
WHERE t.key = ANY(%(keys)s) AND r.source = ANY(%(sources)s) AND NOT r.gone
ORDER BY r.rt, r.id;

-- name: links_set
-- Writes to whom subjects belong, and tells of all subjects of the persons that it concerns.
WITH change AS MATERIALIZED (
    SELECT c.subject, c.frozen
    FROM unnest(%(subject)s::bigint[], %(frozen)s::boolean[]) AS c (subject, frozen)
),

opened AS MATERIALIZED (
    SELECT o.subject, o.person, o.since, o.decision
    FROM unnest(
        %(linked)s::bigint[], %(person)s::uuid[], %(since)s::timestamptz[], %(decision)s::bigint[]
    ) AS o (subject, person, since, decision)
),

closed AS (
    DELETE FROM record.subject_person AS p
    USING change AS c
    WHERE
        p.subject = c.subject
        AND NOT EXISTS (SELECT 1 FROM opened AS o WHERE o.subject = c.subject)
),

written AS (
    INSERT INTO record.subject_person (subject, person, since, decision)
    SELECT o.subject, o.person, o.since, o.decision
    FROM opened AS o
    ON CONFLICT (subject) DO UPDATE
        SET person = excluded.person, since = excluded.since, decision = excluded.decision
),

held AS (
    UPDATE record.subject AS s
    SET frozen = c.frozen
    FROM change AS c
    WHERE s.subject = c.subject AND s.frozen <> c.frozen
)

INSERT INTO record.outbox (subject, op, at)
SELECT t.subject, 'L', %(at)s::timestamptz
FROM (
    SELECT c.subject
    FROM change AS c
    UNION
    SELECT q.subject
    FROM record.subject_person AS p
    INNER JOIN record.subject_person AS q ON p.person = q.person
    WHERE p.subject = ANY(%(subject)s)
    UNION
    SELECT q.subject
    FROM record.subject_person AS q
    WHERE q.person = ANY(%(person)s)
) AS t
ORDER BY t.subject
RETURNING pg_notify('cw_outbox', '') AS woken;

-- name: members
-- The subjects of these persons.
SELECT p.subject, p.person, s.authority, s.local_id, p.decision, s.frozen
FROM record.subject_person AS p
INNER JOIN record.subject AS s ON p.subject = s.subject
WHERE p.person = ANY(%(persons)s::uuid[])
ORDER BY p.subject;

-- name: persons_of
-- To whom these subjects belong.
SELECT p.subject, p.person, s.authority, s.local_id, p.decision, s.frozen
FROM record.subject_person AS p
INNER JOIN record.subject AS s ON p.subject = s.subject
WHERE p.subject = ANY(%(subjects)s)
ORDER BY p.subject;

-- name: stakes
-- Whether these subjects have entries of some headings, a visit since then, anything since then.
SELECT
    w.subject,
    EXISTS (
        SELECT 1
        FROM record.resource AS r
        WHERE r.subject = w.subject AND NOT r.gone AND r.heading = ANY(%(headings)s)
    ) AS has_heading,
    EXISTS (
        SELECT 1
        FROM record.resource AS r
        WHERE
            r.subject = w.subject AND NOT r.gone AND r.rt = ANY(%(visits)s)
            AND r.live_until > %(visit_since)s AND (r.dhi IS NULL OR r.dhi > %(visit_since)s)
    ) AS has_visit,
    EXISTS (
        SELECT 1
        FROM record.resource AS r
        WHERE
            r.subject = w.subject AND NOT r.gone AND r.heading <> 0
            AND r.dlo > %(active_since)s
    ) AS is_active
FROM unnest(%(subjects)s::bigint[]) AS w (subject)
ORDER BY w.subject;

-- name: facts_note
-- Keeps what entries state of their subjects; what is no longer stated ends.
WITH entry AS MATERIALIZED (
    SELECT r.subject, r.rid, w.stated
    FROM unnest(%(ids)s::text[], %(stated)s::boolean[]) AS w (id, stated)
    INNER JOIN record.resource AS r ON r.rt = %(rt)s::smallint AND w.id = r.id
),

ended AS (
    UPDATE record.subject_fact AS f
    SET until = %(at)s::timestamptz
    FROM entry AS e
    WHERE
        NOT e.stated AND f.subject = e.subject AND f.kind = %(kind)s::smallint
        AND f.from_subject = e.subject AND f.from_rid = e.rid AND f.until > %(at)s::timestamptz
)

INSERT INTO record.subject_fact AS f (subject, kind, since, from_subject, from_rid)
SELECT e.subject, %(kind)s::smallint, %(at)s::timestamptz, e.subject, e.rid
FROM entry AS e
WHERE e.stated
ON CONFLICT (subject, kind, from_subject, from_rid) DO UPDATE
    SET since = excluded.since, until = excluded.until
    WHERE f.until <= excluded.since;

-- name: facts_of
-- Those of these subjects of which a fact holds, by any subject of the same person.
SELECT w.subject
FROM unnest(%(subjects)s::bigint[]) AS w (subject)
WHERE EXISTS (
    SELECT 1
    FROM record.subject_fact AS f
    WHERE
        f.kind = %(kind)s::smallint AND f.since <= %(at)s AND f.until > %(at)s
        AND f.subject IN (
            SELECT w.subject
            UNION ALL
            SELECT q.subject
            FROM record.subject_person AS p
            INNER JOIN record.subject_person AS q ON p.person = q.person
            WHERE p.subject = w.subject
        )
)
ORDER BY w.subject;

-- name: links_sum
-- How many subjects belong to somebody, and a sum over who to whom, to compare with identity's own.
SELECT
    count(*) AS n,
    coalesce(
        sum(hashtextextended(concat_ws('/', p.subject, p.person, p.decision), 0)::numeric), 0
    )::text AS total
FROM record.subject_person AS p;

-- name: people_by_heading
-- How many visible current entries there are of each person under some headings.
SELECT
    r.heading, coalesce(q.person::text, r.subject::text) AS whose, count(*) AS n,
    (SELECT d.version FROM record.dictionary AS d) AS seen
FROM record.resource AS r
LEFT JOIN record.subject_person AS q ON r.subject = q.subject
WHERE
    r.heading = ANY(%(headings)s::smallint[]) AND NOT r.gone
    AND get_bit(%(bits)s::bytea, r.cls) <> 0
GROUP BY r.heading, coalesce(q.person::text, r.subject::text);

-- name: ties_of
-- The ties of these subjects with whomever; null for a beginning or an end that is not known.
SELECT DISTINCT t.kind, o.slug, nullif(t.since, '-infinity'), nullif(t.until, 'infinity')
FROM record.tie AS t
INNER JOIN record.org AS o ON t.org = o.org
WHERE t.subject = ANY(%(subjects)s::bigint[]);

-- name: choices_of
-- What these subjects have chosen that asks nothing of an entry but its heading.
SELECT
    c.kind, nullif(c.since, '-infinity'), nullif(c.until, 'infinity'),
    ARRAY(SELECT o.slug FROM record.org AS o WHERE o.org = ANY(c.to_orgs)), c.to_others, c.users,
    c.user_others, c.purposes, c.purpose_others, c.headings, c.is_liftable
FROM record.choice AS c
WHERE
    c.subject = ANY(%(subjects)s::bigint[]) AND c.from_org = '' AND c.labels = 0
    AND c.data_since = '-infinity' AND c.data_until = 'infinity' AND c.ids = '{}'
    AND c.authors = '{}'
ORDER BY c.subject, c.rid, c.place;

-- name: traits_of
-- What cohorts ask of these subjects.
SELECT t.born, t.outward
FROM record.trait AS t
WHERE t.subject = ANY(%(subjects)s::bigint[])
ORDER BY t.subject, t.rid;

-- name: therapy
-- All that is held of medicines and allergies of subjects, for a check whose answer names none of it.
SELECT r.rt, r.id, r.heading, l.bits, r.body
FROM record.resource AS r
INNER JOIN record.label_set AS l ON r.label_set = l.label_set
WHERE
    r.subject = ANY(%(subjects)s::bigint[]) AND NOT r.gone
    AND r.heading = ANY(%(headings)s::smallint[])
    AND (r.rt <> ALL(%(handed)s::smallint[]) OR r.dlo >= %(since)s)
ORDER BY r.subject, r.rid;
