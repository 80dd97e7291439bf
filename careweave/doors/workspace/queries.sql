-- name: spend_form
-- Spends the id of a form; no row where it was spent before.
INSERT INTO workspace.form (id, spent_at, led_to)
VALUES (%(id)s, %(at)s, %(led_to)s)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: form_led_to
-- What a form that was spent became.
SELECT f.led_to
FROM workspace.form AS f
WHERE f.id = %(id)s;

-- name: name_form_result
-- Notes what a spent form became, in the transaction that spent it.
UPDATE workspace.form SET led_to = %(led_to)s
WHERE id = %(id)s;

-- name: forget_forms
-- Forgets forms spent before a time: the sessions that had them are over.
DELETE FROM workspace.form
WHERE spent_at < %(before)s;

-- name: keep_draft
-- Keeps what somebody has begun in one place, instead of what was kept there.
INSERT INTO workspace.draft (owner, place, sealed, kept_at, expires_at)
VALUES (%(owner)s, %(place)s, %(sealed)s, %(at)s, %(expires_at)s)
ON CONFLICT (owner, place) DO UPDATE
SET sealed = excluded.sealed, kept_at = excluded.kept_at, expires_at = excluded.expires_at;

-- name: draft_of
-- What somebody has begun in one place, while it lives.
SELECT d.sealed, d.kept_at
FROM workspace.draft AS d
WHERE d.owner = %(owner)s AND d.place = %(place)s AND d.expires_at > %(at)s;

-- name: drafts_of
-- All that somebody has begun and that lives, the newest first.
SELECT
    d.place,
    d.sealed,
    d.kept_at
FROM workspace.draft AS d
WHERE d.owner = %(owner)s AND d.expires_at > %(at)s
ORDER BY d.kept_at DESC, d.place
LIMIT %(most)s;

-- name: drop_draft
-- Drops what somebody has begun in one place.
DELETE FROM workspace.draft
WHERE owner = %(owner)s AND place = %(place)s;

-- name: forget_drafts
-- Forgets drafts whose day is over.
DELETE FROM workspace.draft
WHERE expires_at <= %(at)s;

-- name: note_saved
-- Notes who saved what, as which message.
INSERT INTO workspace.saved (
    message, user_name, organisation, role, person, form, type, entry, saved_at
)
VALUES (
    %(message)s, %(user)s, %(organisation)s, %(role)s, %(person)s, %(form)s, %(type)s, %(entry)s,
    %(at)s
)
ON CONFLICT (message) DO NOTHING;

-- name: saved_by
-- What a user saved about a person since a time, the newest first.
SELECT
    s.message,
    s.form,
    s.type,
    s.entry,
    s.saved_at
FROM workspace.saved AS s
WHERE
    s.user_name = %(user)s
    AND s.organisation = %(organisation)s
    AND s.person = %(person)s
    AND s.saved_at >= %(since)s
ORDER BY s.saved_at DESC, s.message DESC
LIMIT %(most)s;

-- name: forget_saved
-- Forgets what was saved before a time: the record has it, or the sender was told.
DELETE FROM workspace.saved
WHERE saved_at < %(before)s;

-- name: note_answer
-- Notes whether a page answered, without who asked or about whom.
INSERT INTO workspace.answered (
    told_on, organisation, role, setting, page, is_answered, answer_s, sections
)
VALUES (
    %(told_on)s, %(organisation)s, %(role)s, %(setting)s, %(page)s, %(is_answered)s, %(answer_s)s,
    %(sections)s
);

-- name: answers
-- How pages answered since a day, by role and page; groups of fewer than five are left out.
SELECT
    a.organisation,
    a.role,
    a.setting,
    a.page,
    count(*) AS n,
    count(*) FILTER (WHERE a.is_answered) AS n_answered,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY a.answer_s) AS median_s,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY a.answer_s) AS p95_s
FROM workspace.answered AS a
WHERE a.told_on >= %(since)s
GROUP BY a.organisation, a.role, a.setting, a.page
HAVING count(*) >= 5
ORDER BY a.organisation, a.role, a.setting, a.page;

-- name: keep_copy
-- Keeps that somebody took a visit list along, with the key to what comes back.
INSERT INTO workspace.visit_copy (
    id, user_name, organisation, role, wrapped_key, made_at, expires_at
)
VALUES (
    %(id)s, %(user)s, %(organisation)s, %(role)s, %(wrapped)s, %(at)s, %(expires_at)s
);

-- name: keep_tickets
-- Keeps who is on a copy, each under a name of its own.
INSERT INTO workspace.visit_person (ticket, copy, person)
SELECT
    wanted.ticket,
    %(copy)s::uuid,
    wanted.person
FROM unnest(%(tickets)s::uuid [], %(persons)s::uuid []) AS wanted (ticket, person);

-- name: copy_of
-- A copy as its own user brings it back.
SELECT
    c.wrapped_key,
    c.made_at,
    c.expires_at
FROM workspace.visit_copy AS c
WHERE
    c.id = %(id)s AND c.user_name = %(user)s AND c.organisation = %(organisation)s
    AND c.role = %(role)s;

-- name: tickets_of
-- Who is on a copy, by ticket.
SELECT
    p.ticket,
    p.person
FROM workspace.visit_person AS p
WHERE p.copy = %(copy)s
ORDER BY p.ticket;

-- name: forget_copies
-- Forgets copies that are older than anything still comes back from.
DELETE FROM workspace.visit_copy
WHERE made_at < %(before)s;

-- name: forget_edits
-- Forgets edits that are filed or left and old.
DELETE FROM workspace.visit_edit
WHERE received_at < %(before)s AND state NOT IN ('conflict', 'held');

-- name: lock_entry
-- Waits until nobody else changes this entry from a visit.
SELECT
    pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtextextended(%(entry)s, 7261077)
    );

-- name: edit_state
-- What an edit became when it came in before.
SELECT e.state
FROM workspace.visit_edit AS e
WHERE e.id = %(id)s;

-- name: keep_edit
-- Keeps what an edit became.
INSERT INTO workspace.visit_edit (
    id, copy, user_name, organisation, person, kind, entry, state, sealed_text, written_at,
    received_at
)
VALUES (
    %(id)s, %(copy)s, %(user)s, %(organisation)s, %(person)s, %(kind)s, %(entry)s, %(state)s,
    %(sealed)s, %(written_at)s, %(at)s
);

-- name: open_conflicts
-- What a user wrote on visits that is in conflict or held, the oldest first.
SELECT
    e.id,
    e.person,
    e.entry,
    e.sealed_text,
    e.written_at
FROM workspace.visit_edit AS e
WHERE e.user_name = %(user)s AND e.organisation = %(organisation)s AND e.state = %(state)s
ORDER BY e.received_at, e.id
LIMIT %(most)s;

-- name: settle_edit
-- Settles what waits for its writer once; no row where it was settled before or is somebody else's.
UPDATE workspace.visit_edit
SET state = %(state)s, settled_at = %(at)s, sealed_text = %(sealed)s
WHERE
    id = %(id)s AND user_name = %(user)s AND organisation = %(organisation)s
    AND state IN ('conflict', 'held')
RETURNING id;

-- name: saved_as_entry
-- The newest message that a page saved an entry by.
SELECT s.message
FROM workspace.saved AS s
WHERE s.entry = %(entry)s
ORDER BY s.saved_at DESC, s.message DESC
LIMIT 1;
