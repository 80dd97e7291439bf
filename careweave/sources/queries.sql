-- name: expect_feeds
-- Notes which feeds are described, and how often something is to come.
INSERT INTO sources.feed_status AS f (source, feed, rhythm, since)
SELECT
    w.source,
    w.feed,
    w.rhythm,
    %(now)s::timestamptz
FROM unnest(%(sources)s::text[], %(feeds)s::text[], %(rhythms)s::interval[])
    AS w (source, feed, rhythm)
ORDER BY w.source, w.feed
ON CONFLICT (source, feed) DO UPDATE SET rhythm = excluded.rhythm
WHERE f.rhythm IS DISTINCT FROM excluded.rhythm;

-- name: note_feeds
-- Adds what was noticed of feeds to their rows and to the counts of the hour.
WITH noted AS (
    INSERT INTO sources.feed_status AS f (
        source, feed, last_asked_at, last_success_at, last_event_at, last_visible_at, lag,
        state, why, since, n_failed
    )
    SELECT
        w.source,
        w.feed,
        w.asked,
        w.heard,
        w.event,
        w.visible,
        w.visible - w.event,
        CASE WHEN w.failed = '' THEN 'ok' ELSE 'failing' END,
        w.failed,
        w.asked,
        w.n_failed
    FROM unnest(
        %(sources)s::text[], %(feeds)s::text[], %(asked)s::timestamptz[], %(heard)s::timestamptz[],
        %(events)s::timestamptz[], %(visible)s::timestamptz[], %(failures)s::text[], %(counts)s::int[]
    ) AS w (source, feed, asked, heard, event, visible, failed, n_failed)
    ORDER BY w.source, w.feed
    ON CONFLICT (source, feed) DO UPDATE SET
        last_asked_at = greatest(f.last_asked_at, excluded.last_asked_at),
        last_success_at = greatest(f.last_success_at, excluded.last_success_at),
        last_event_at = greatest(f.last_event_at, excluded.last_event_at),
        last_visible_at = greatest(f.last_visible_at, excluded.last_visible_at),
        lag = coalesce(excluded.lag, f.lag),
        state = CASE
            WHEN f.state = 'stopped' THEN 'stopped'
            WHEN excluded.state = 'failing' THEN 'failing'
            WHEN excluded.last_success_at IS NULL THEN f.state
            ELSE 'ok'
        END,
        why = CASE
            WHEN f.state = 'stopped' THEN f.why
            WHEN excluded.state = 'failing' THEN excluded.why
            WHEN excluded.last_success_at IS NULL THEN f.why
            ELSE ''
        END,
        since = CASE
            WHEN f.state = 'stopped' THEN f.since
            WHEN f.state <> excluded.state
                AND (excluded.state = 'failing' OR excluded.last_success_at IS NOT NULL)
                THEN excluded.since
            ELSE f.since
        END,
        n_failed = CASE
            WHEN excluded.last_success_at IS NULL THEN f.n_failed ELSE 0
        END + excluded.n_failed
    RETURNING
        f.source AS source, f.feed AS feed, old.last_visible_at AS before,
        new.last_visible_at AS visible
), gaps AS (
    SELECT
        n.source,
        n.feed,
        date_trunc('day', n.visible, 'UTC') AS since,
        1000 * extract(EPOCH FROM n.visible - n.before) AS ms
    FROM noted AS n
    WHERE n.visible > n.before
), counted AS (
    SELECT
        c.source,
        c.feed,
        c.what,
        c.since,
        c.bucket,
        c.n
    FROM unnest(
        %(c_sources)s::text[], %(c_feeds)s::text[], %(c_whats)s::text[],
        %(c_hours)s::timestamptz[], %(c_buckets)s::smallint[], %(c_ns)s::int[]
    ) AS c (source, feed, what, since, bucket, n)
    UNION ALL
    SELECT
        g.source,
        g.feed,
        'gap' AS what,
        g.since,
        CASE WHEN g.ms < 1 THEN 0 ELSE least(63, 1 + floor(2 * ln(g.ms) / ln(2.0))) END AS bucket,
        1 AS n
    FROM gaps AS g
)
INSERT INTO sources.feed_count AS f (source, feed, what, since, bucket, n)
SELECT
    c.source,
    c.feed,
    c.what,
    c.since,
    c.bucket,
    c.n
FROM counted AS c
ORDER BY c.source, c.feed, c.what, c.since, c.bucket
ON CONFLICT (source, feed, what, since, bucket) DO UPDATE SET n = f.n + excluded.n;

-- name: feed_status
-- The row of every feed.
SELECT
    f.source,
    f.feed,
    f.rhythm,
    f.last_asked_at,
    f.last_success_at,
    f.last_event_at,
    f.last_visible_at,
    f.state,
    f.why,
    f.since
FROM sources.feed_status AS f
ORDER BY f.source, f.feed;

-- name: feed_counts
-- Arrivals of the last sixty minutes, lags and waits of a day, gaps of four weeks, by feed.
SELECT
    c.source,
    c.feed,
    c.what,
    c.bucket,
    ceil(sum(c.n * CASE WHEN c.what = 'arrival' AND c.since < %(hour)s THEN %(share)s::double precision ELSE 1 END))::int
        AS n
FROM sources.feed_count AS c
WHERE
    c.since >= %(weeks)s
    AND (
        c.what = 'gap'
        OR (c.what = 'arrival' AND c.since >= %(hour)s - interval '1 hour')
        OR (c.what IN ('lag', 'wait') AND c.since >= %(day)s)
    )
GROUP BY c.source, c.feed, c.what, c.bucket
ORDER BY c.source, c.feed, c.what, c.bucket;

-- name: forget_feed_counts
-- Deletes counts that are older than any question.
DELETE FROM sources.feed_count AS c
WHERE c.since < %(before)s;

-- name: stop_source
-- Marks all feeds of a source as stopped, and one by name where there is none.
INSERT INTO sources.feed_status (source, feed, state, why, since)
SELECT
    w.source,
    w.feed,
    'stopped',
    %(why)s::text,
    %(now)s::timestamptz
FROM (
    SELECT
        %(source)s::text AS source,
        %(feed)s::text AS feed
    UNION
    SELECT
        f.source,
        f.feed
    FROM sources.feed_status AS f
    WHERE f.source = %(source)s::text
) AS w
ORDER BY w.source, w.feed
ON CONFLICT (source, feed) DO UPDATE SET
    state = 'stopped', why = excluded.why, since = excluded.since;

-- name: start_source
-- Takes the mark of being stopped from all feeds of a source.
UPDATE sources.feed_status AS f
SET state = 'ok', why = '', since = %(now)s, n_failed = 0
WHERE f.source = %(source)s AND f.state = 'stopped';

-- name: stopped_sources
-- The sources that an operator stopped.
SELECT DISTINCT f.source
FROM sources.feed_status AS f
WHERE f.state = 'stopped'
ORDER BY f.source;

-- name: note_live
-- Notes the last answer of live sources for subjects and headings.
INSERT INTO sources.live_check AS l (source, subject, heading, asked_at, outcome)
SELECT
    w.source,
    w.subject,
    w.heading,
    w.asked_at,
    w.outcome
FROM unnest(
    %(sources)s::text[], %(subjects)s::bigint[], %(headings)s::text[], %(asked)s::timestamptz[],
    %(outcomes)s::text[]
) AS w (source, subject, heading, asked_at, outcome)
ORDER BY w.subject, w.source, w.heading
ON CONFLICT (subject, source, heading) DO UPDATE SET
    asked_at = excluded.asked_at, outcome = excluded.outcome
WHERE l.asked_at <= excluded.asked_at;

-- name: live_checks
-- The last answers of live sources for some subjects, since a moment.
SELECT
    l.source,
    l.subject,
    l.heading,
    l.asked_at,
    l.outcome
FROM sources.live_check AS l
WHERE l.subject = ANY(%(subjects)s::bigint[]) AND l.asked_at >= %(since)s
ORDER BY l.subject, l.source, l.heading;

-- name: forget_live
-- Deletes answers of live sources that are too old to count.
DELETE FROM sources.live_check AS l
WHERE l.asked_at < %(before)s;

-- name: note_days
-- Adds how many fields of the messages of a day were used.
INSERT INTO sources.coverage_day AS d (source, mapping, kind, day, n_messages, n_mapped, n_unmapped)
SELECT
    w.source,
    w.mapping,
    w.kind,
    w.day,
    w.n_messages,
    w.n_mapped,
    w.n_unmapped
FROM unnest(
    %(sources)s::text[], %(mappings)s::text[], %(kinds)s::text[], %(days)s::date[],
    %(messages)s::int[], %(mapped)s::bigint[], %(unmapped)s::bigint[]
) AS w (source, mapping, kind, day, n_messages, n_mapped, n_unmapped)
ORDER BY w.source, w.mapping, w.kind, w.day
ON CONFLICT (source, mapping, kind, day) DO UPDATE SET
    n_messages = d.n_messages + excluded.n_messages,
    n_mapped = d.n_mapped + excluded.n_mapped,
    n_unmapped = d.n_unmapped + excluded.n_unmapped;

-- name: note_paths
-- Adds in how many messages of a day each field had a value.
INSERT INTO sources.path_day AS p (source, kind, path, day, n, is_mapped)
SELECT
    w.source,
    w.kind,
    w.path,
    w.day,
    w.n,
    w.is_mapped
FROM unnest(
    %(sources)s::text[], %(kinds)s::text[], %(paths)s::text[], %(days)s::date[], %(ns)s::int[],
    %(mapped)s::boolean[]
) AS w (source, kind, path, day, n, is_mapped)
ORDER BY w.source, w.kind, w.path, w.day
ON CONFLICT (source, kind, path, day) DO UPDATE SET
    n = p.n + excluded.n, is_mapped = excluded.is_mapped;

-- name: unmapped_tops
-- The most frequent values of fields, as digests, held until they are written anew.
SELECT
    u.source,
    u.mapping,
    u.path,
    u.top::text AS top
FROM sources.unmapped AS u
INNER JOIN unnest(%(sources)s::text[], %(mappings)s::text[], %(paths)s::text[])
    AS w (source, mapping, path)
    ON u.source = w.source AND u.mapping = w.mapping AND u.path = w.path
ORDER BY u.source, u.mapping, u.path
FOR UPDATE OF u;

-- name: note_unmapped
-- Adds fields that no mapping uses, with their most frequent values.
INSERT INTO sources.unmapped AS u (
    source, mapping, path, n, top, n_other, first_at, last_at, example
)
SELECT
    w.source,
    w.mapping,
    w.path,
    w.n,
    w.top::jsonb,
    w.n_other,
    w.first_at,
    w.last_at,
    w.example
FROM unnest(
    %(sources)s::text[], %(mappings)s::text[], %(paths)s::text[], %(ns)s::int[], %(tops)s::text[],
    %(others)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[], %(examples)s::bigint[]
) AS w (source, mapping, path, n, top, n_other, first_at, last_at, example)
ORDER BY w.source, w.mapping, w.path
ON CONFLICT (source, mapping, path) DO UPDATE SET
    n = u.n + excluded.n,
    top = excluded.top,
    n_other = u.n_other + excluded.n_other,
    first_at = least(u.first_at, excluded.first_at),
    last_at = greatest(u.last_at, excluded.last_at),
    example = excluded.example;

-- name: note_codes
-- Adds codes that no table has.
INSERT INTO sources.unmapped_code AS c (
    source, mapping, code_table, code, display, n, first_at, last_at, example
)
SELECT
    w.source,
    w.mapping,
    w.code_table,
    w.code,
    w.display,
    w.n,
    w.first_at,
    w.last_at,
    w.example
FROM unnest(
    %(sources)s::text[], %(mappings)s::text[], %(tables)s::text[], %(codes)s::text[],
    %(displays)s::text[], %(ns)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[],
    %(examples)s::bigint[]
) AS w (source, mapping, code_table, code, display, n, first_at, last_at, example)
ORDER BY w.source, w.mapping, w.code_table, w.code
ON CONFLICT (source, mapping, code_table, code) DO UPDATE SET
    n = c.n + excluded.n,
    display = excluded.display,
    first_at = least(c.first_at, excluded.first_at),
    last_at = greatest(c.last_at, excluded.last_at),
    example = excluded.example;

-- name: note_findings
-- Adds how often findings were made.
INSERT INTO sources.finding_count AS f (
    source, mapping, finding, n, first_at, last_at, example
)
SELECT
    w.source,
    w.mapping,
    w.finding,
    w.n,
    w.first_at,
    w.last_at,
    w.example
FROM unnest(
    %(sources)s::text[], %(mappings)s::text[], %(findings)s::text[], %(ns)s::int[],
    %(firsts)s::timestamptz[], %(lasts)s::timestamptz[], %(examples)s::bigint[]
) AS w (source, mapping, finding, n, first_at, last_at, example)
ORDER BY w.source, w.mapping, w.finding
ON CONFLICT (source, mapping, finding) DO UPDATE SET
    n = f.n + excluded.n,
    first_at = least(f.first_at, excluded.first_at),
    last_at = greatest(f.last_at, excluded.last_at),
    example = excluded.example;

-- name: coverage_kinds
-- How much of each kind of message was used since a day, of one source or all.
SELECT
    d.source,
    d.mapping,
    d.kind,
    sum(d.n_messages)::bigint AS n_messages,
    sum(d.n_mapped)::bigint AS n_mapped,
    sum(d.n_unmapped)::bigint AS n_unmapped
FROM sources.coverage_day AS d
WHERE
    d.day >= %(since)s
    AND (%(source)s::text IS NULL OR d.source = %(source)s::text)
GROUP BY d.source, d.mapping, d.kind
ORDER BY d.source, d.mapping, d.kind;

-- name: coverage_unmapped
-- The fields that no mapping uses and that came since a moment, of one source or all.
SELECT
    u.source,
    u.mapping,
    u.path,
    u.n,
    u.top::text AS top,
    u.n_other,
    u.first_at,
    u.last_at,
    u.example
FROM sources.unmapped AS u
WHERE
    u.last_at >= %(since)s
    AND (%(source)s::text IS NULL OR u.source = %(source)s::text)
ORDER BY u.source, u.mapping, u.n DESC, u.path;

-- name: coverage_codes
-- The codes that no table has and that came since a moment, of one source or all.
SELECT
    c.source,
    c.mapping,
    c.code_table,
    c.code,
    c.display,
    c.n,
    c.first_at,
    c.last_at,
    c.example
FROM sources.unmapped_code AS c
WHERE
    c.last_at >= %(since)s
    AND (%(source)s::text IS NULL OR c.source = %(source)s::text)
ORDER BY c.source, c.mapping, c.n DESC, c.code_table, c.code;

-- name: coverage_findings
-- The findings made since a moment, of one source or all.
SELECT
    f.source,
    f.mapping,
    f.finding,
    f.n,
    f.first_at,
    f.last_at,
    f.example
FROM sources.finding_count AS f
WHERE
    f.last_at >= %(since)s
    AND (%(source)s::text IS NULL OR f.source = %(source)s::text)
ORDER BY f.source, f.mapping, f.n DESC, f.finding;

-- name: drift_coverage
-- The share of fields used on a day and on the week before it, by source and kind.
SELECT
    d.source,
    d.kind,
    sum(d.n_mapped) FILTER (WHERE d.day = %(day)s)::bigint AS mapped_now,
    sum(d.n_mapped + d.n_unmapped) FILTER (WHERE d.day = %(day)s)::bigint AS all_now,
    sum(d.n_mapped) FILTER (WHERE d.day < %(day)s)::bigint AS mapped_before,
    sum(d.n_mapped + d.n_unmapped) FILTER (WHERE d.day < %(day)s)::bigint AS all_before,
    sum(d.n_messages) FILTER (WHERE d.day = %(day)s)::bigint AS messages_now,
    sum(d.n_messages) FILTER (WHERE d.day < %(day)s)::bigint AS messages_before
FROM sources.coverage_day AS d
WHERE d.day BETWEEN %(week)s AND %(day)s
GROUP BY d.source, d.kind
ORDER BY d.source, d.kind;

-- name: drift_paths
-- In how many messages each field had a value: on a day, the week before, the thirty days before.
SELECT
    p.source,
    p.kind,
    p.path,
    coalesce(sum(p.n) FILTER (WHERE p.day = %(day)s), 0)::bigint AS n_now,
    coalesce(sum(p.n) FILTER (WHERE p.day < %(day)s AND p.day >= %(week)s), 0)::bigint AS n_week,
    coalesce(sum(p.n) FILTER (WHERE p.day < %(day)s), 0)::bigint AS n_month
FROM sources.path_day AS p
WHERE p.day BETWEEN %(month)s AND %(day)s
GROUP BY p.source, p.kind, p.path
ORDER BY p.source, p.kind, p.path;

-- name: drift_codes
-- The codes without a table that first came on a day, of sources that were known before.
SELECT
    c.source,
    c.code_table,
    c.code
FROM sources.unmapped_code AS c
WHERE
    c.first_at >= %(day)s
    AND EXISTS (
        SELECT 1
        FROM sources.coverage_day AS d
        WHERE d.source = c.source AND d.day < %(today)s
    )
    AND NOT EXISTS (
        SELECT 1
        FROM sources.unmapped_code AS b
        WHERE
            b.source = c.source
            AND b.code_table = c.code_table
            AND b.code = c.code
            AND b.first_at < %(day)s
    )
GROUP BY c.source, c.code_table, c.code
ORDER BY c.source, c.code_table, c.code;

-- name: forget_coverage
-- Deletes the days of fields that nothing looks at any more.
DELETE FROM sources.path_day AS p
WHERE p.day < %(before)s;

-- name: claim_live
-- Takes askings of live sources that nobody made for a while; they count as silent until answered.
INSERT INTO sources.live_check AS l (source, subject, heading, asked_at, outcome)
SELECT
    w.source,
    w.subject,
    w.heading,
    w.asked_at,
    'silent'
FROM unnest(
    %(sources)s::text[], %(subjects)s::bigint[], %(headings)s::text[], %(asked)s::timestamptz[]
) AS w (source, subject, heading, asked_at)
ORDER BY w.subject, w.source, w.heading
ON CONFLICT (subject, source, heading) DO UPDATE SET
    asked_at = excluded.asked_at,
    outcome = excluded.outcome
WHERE l.asked_at <= excluded.asked_at - %(pause)s::interval
RETURNING l.source, l.subject, l.heading;

-- name: activate_mappings
-- Keeps the versions of mappings that are not known, and tells the digest that each has in force.
WITH given AS (
    SELECT
        w.id,
        w.version,
        w.digest,
        w.body
    FROM unnest(%(ids)s::text[], %(versions)s::int[], %(digests)s::bytea[], %(bodies)s::bytea[])
        AS w (id, version, digest, body)
),

added AS (
    INSERT INTO sources.mapping_version (id, version, digest, body, activated_at)
    SELECT
        g.id,
        g.version,
        g.digest,
        g.body,
        %(now)s::timestamptz
    FROM given AS g
    ORDER BY g.id, g.version
    ON CONFLICT (id, version) DO NOTHING
    RETURNING id, version, digest
)

SELECT
    g.id,
    g.version,
    coalesce(a.digest, m.digest, g.digest) AS digest,
    a.id IS NOT NULL AS is_new
FROM given AS g
LEFT JOIN added AS a ON g.id = a.id AND g.version = a.version
LEFT JOIN sources.mapping_version AS m ON g.id = m.id AND g.version = m.version
ORDER BY g.id, g.version;

-- name: keep_configuration
-- Keeps the files that came into force, and takes back what was said of them before.
WITH told AS (
    DELETE FROM sources.not_in_force
    WHERE one
)

INSERT INTO sources.configuration (digest, files, adopted_at)
VALUES (%(digest)s, %(files)s, %(now)s)
ON CONFLICT (digest) DO UPDATE SET adopted_at = excluded.adopted_at;

-- name: forget_configurations
-- Forgets all but the newest files.
DELETE FROM sources.configuration AS c
WHERE c.adopted_at < (SELECT max(n.adopted_at) FROM sources.configuration AS n);

-- name: newest_configuration
-- The files that came into force last.
SELECT c.files
FROM sources.configuration AS c
ORDER BY c.adopted_at DESC, c.digest
LIMIT 1;

-- name: refuse_configuration
-- Says why what lies on disk is not in force.
INSERT INTO sources.not_in_force (one, faults, since)
VALUES (TRUE, %(faults)s, %(now)s)
ON CONFLICT (one) DO UPDATE SET faults = excluded.faults;

-- name: not_in_force
-- Why what lies on disk is not in force.
SELECT n.faults
FROM sources.not_in_force AS n;

-- name: describe
-- Keeps which sources a region describes, by the organisation, system and feed that entries name.
INSERT INTO sources.described AS d (name, organisation, system, feed, live, types)
SELECT
    w.name,
    w.organisation,
    w.system,
    w.feed,
    string_to_array(w.live, ' '),
    string_to_array(w.types, ' ')
FROM unnest(
    %(names)s::text[], %(organisations)s::text[], %(systems)s::text[], %(feeds)s::text[],
    %(lives)s::text[], %(types)s::text[]
) AS w (name, organisation, system, feed, live, types)
ORDER BY w.name
ON CONFLICT (name) DO UPDATE SET
    organisation = excluded.organisation,
    system = excluded.system,
    feed = excluded.feed,
    live = excluded.live,
    types = excluded.types
WHERE
    (d.organisation, d.system, d.feed, d.live, d.types) IS DISTINCT FROM (
        excluded.organisation, excluded.system, excluded.feed, excluded.live, excluded.types
    );

-- name: hearings
-- When each described source was last heard, and how often something is to come of it.
SELECT
    d.name,
    d.organisation,
    d.system,
    d.feed,
    d.live,
    d.types,
    max(f.rhythm) AS rhythm,
    max(f.last_success_at) AS heard_at,
    min(f.since) AS since
FROM sources.described AS d
LEFT JOIN sources.feed_status AS f ON d.name = f.source
GROUP BY d.name
ORDER BY d.name;
