"""The people whose records are opened: those of Northmere, and one made of 5,000 entries of 12 sources."""

from collections.abc import Sequence
from uuid import UUID

import psycopg

from careweave.record._ties import number_of_kind
from careweave.record._types import rt_of
from careweave.terms import PersonId, Role
from tests.lib.pages import BY_ROLE, STAFF, TIES, World

N_ENTRIES, N_SOURCES = 5_000, 12
MADE = PersonId(UUID("5b0e4f6a-3c1d-8a52-9c77-2f1b6a9d0c12"))
"""The generated person; version 8 tells the id of a person from those of entries."""

_Connection = psycopg.Connection[tuple[object, ...]]


def make_person(world: World, like: PersonId) -> int:
    """Makes the generated person of the entries of another one; returns how many they have.

    Its entries are written past the ways in: kinds, headings, dates, labels and texts are those of
    `like`, each from one of 12 sources in turn, of as many organisations as there are.
    """
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        values = {
            "like": like,
            "made": MADE,
            "n": N_ENTRIES,
            "n_sources": N_SOURCES,
            "patient": rt_of("Patient"),
        }
        for statement in (
            _SUBJECTS,
            _LINKS,
            _PERSON,
            _IDENTITIES,
            _MEMBERS,
            _CLASSES,
            _PATIENTS,
            _ENTRIES,
            _KNOWN,
        ):
            connection.execute(statement.encode(), values if b"%(" in statement.encode() else None)
        for table in ("resource", "subject", "subject_person", "tie"):
            connection.execute(f"VACUUM ANALYZE record.{table}".encode())
        found = connection.execute(_COUNTED.encode(), {"made": MADE}).fetchone()
    return 0 if found is None else int(str(found[0]))


def tie_all(world: World, people: Sequence[PersonId]) -> None:
    """Gives the organisation of each role's reader its tie with these people."""
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        for number, role in enumerate(BY_ROLE, start=1):
            _tie(connection, world, people, role, number)
        connection.execute(_KNOWN.encode())
        connection.execute(b"VACUUM ANALYZE record.tie")


def forget_budgets(world: World) -> None:
    """Gives everybody a new day: what was spent of the clauses is forgotten."""
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        connection.execute("DELETE FROM disclosure.opened")
        connection.execute("DELETE FROM disclosure.spent")


def _tie(
    connection: _Connection, world: World, people: Sequence[PersonId], role: Role, number: int
) -> None:
    organisation = STAFF[BY_ROLE[role]].organisation
    connection.execute(
        "INSERT INTO record.org (slug) VALUES (%s) ON CONFLICT DO NOTHING", [organisation]
    )
    connection.execute(
        "INSERT INTO record.tie (subject, org, kind, since, until, from_subject, from_rid) "
        "SELECT p.subject, o.org, %s, %s::timestamptz - interval '2 hours', 'infinity', p.subject, %s "
        "FROM record.subject_person AS p, record.org AS o "
        "WHERE p.person = ANY(%s) AND o.slug = %s ON CONFLICT DO NOTHING",
        [number_of_kind(TIES[role]), world.now, -number, list(people), organisation],
    )


_SUBJECTS = """
INSERT INTO record.subject (authority, local_id)
SELECT 'bench-' || n, 'made-' || n FROM generate_series(1, %(n_sources)s) AS n
"""
_LINKS = """
INSERT INTO record.subject_person (subject, person, since, decision)
SELECT s.subject, %(made)s, p.since, p.decision
FROM record.subject AS s
CROSS JOIN (SELECT since, decision FROM record.subject_person WHERE person = %(like)s LIMIT 1) AS p
WHERE s.authority LIKE 'bench-%%'
"""
_PERSON = """
INSERT INTO identity.person (person, created_seq, created_at)
SELECT %(made)s, o.created_seq, o.created_at FROM identity.person AS o WHERE o.person = %(like)s
"""
_IDENTITIES = """
INSERT INTO identity.local_identity (
    subject, source, authority, local_id, state, is_provisional, version, norm, seen_at, alive_at,
    is_incomplete
)
SELECT
    s.subject, i.source, s.authority, s.local_id, i.state, i.is_provisional, i.version, i.norm,
    i.seen_at, i.alive_at, i.is_incomplete
FROM record.subject AS s
CROSS JOIN (
    SELECT o.* FROM identity.local_identity AS o
    INNER JOIN record.subject_person AS p ON o.subject = p.subject
    WHERE p.person = %(like)s ORDER BY o.subject LIMIT 1
) AS i
WHERE s.authority LIKE 'bench-%%'
"""
_MEMBERS = """
INSERT INTO identity.membership (subject, person, from_seq, from_at, decision)
SELECT s.subject, %(made)s, m.from_seq, m.from_at, m.decision
FROM record.subject AS s
CROSS JOIN (
    SELECT o.from_seq, o.from_at, o.decision FROM identity.membership AS o
    WHERE o.person = %(like)s AND o.until_seq IS NULL ORDER BY o.subject LIMIT 1
) AS m
WHERE s.authority LIKE 'bench-%%'
"""
# Of each organisation one source, then second ones, until there are twelve.
_CHOSEN = """
SELECT q.source, row_number() OVER (ORDER BY q.turn, q.source) AS place
FROM (
    SELECT source, row_number() OVER (PARTITION BY org ORDER BY source) AS turn FROM record.source
    WHERE system NOT LIKE 'workspace%%'
) AS q
ORDER BY q.turn, q.source LIMIT %(n_sources)s
"""
_CLASSES = f"""
INSERT INTO record.access_class (source, heading, label_set)
SELECT DISTINCT c.source, r.heading, r.label_set
FROM record.resource AS r
INNER JOIN record.subject_person AS p ON r.subject = p.subject
CROSS JOIN ({_CHOSEN}) AS c
WHERE p.person = %(like)s
ON CONFLICT DO NOTHING
"""
_COLUMNS = (
    "subject, rid, rt, id, source, heading, label_set, cls, code, dlo, dhi, upd, live_until, "
    "event_at, recv_at, xv, tok, digest, cut, meta, enc, body"
)
_LAID = """
SELECT
    s.subject, %(rid)s, r.rt, %(id)s, c.source, r.heading, r.label_set, a.cls, r.code, r.dlo,
    r.dhi, r.upd, r.live_until, r.event_at, r.recv_at, r.xv, r.tok, r.digest, r.cut, r.meta, r.enc,
    r.body
"""
_PATIENTS = f"""
INSERT INTO record.resource ({_COLUMNS})
{_LAID % {"rid": "10000000 + c.place", "id": "s.local_id"}}
FROM ({_CHOSEN}) AS c
INNER JOIN record.subject AS s ON s.authority = 'bench-' || c.place
CROSS JOIN (
    SELECT o.* FROM record.resource AS o INNER JOIN record.subject_person AS p ON o.subject = p.subject
    WHERE p.person = %(like)s AND o.rt = %(patient)s AND NOT o.gone ORDER BY o.subject LIMIT 1
) AS r
INNER JOIN record.access_class AS a
    ON a.source = c.source AND a.heading = r.heading AND a.label_set = r.label_set
"""
_ENTRIES = f"""
INSERT INTO record.resource ({_COLUMNS})
{_LAID % {"rid": "20000000 + r.n", "id": "'made' || r.n"}}
FROM (
    SELECT o.*, k.n
    FROM (
        SELECT t.subject, t.rid, row_number() OVER (ORDER BY turn, t.subject, t.rid) AS n
        FROM record.resource AS t
        INNER JOIN record.subject_person AS p ON t.subject = p.subject
        CROSS JOIN generate_series(1, 5) AS turn
        WHERE p.person = %(like)s AND t.rt <> %(patient)s AND NOT t.gone AND t.enc = 0
    ) AS k
    INNER JOIN record.resource AS o ON o.subject = k.subject AND o.rid = k.rid
    WHERE k.n <= %(n)s - %(n_sources)s
) AS r
INNER JOIN ({_CHOSEN}) AS c ON c.place = 1 + r.n %% %(n_sources)s
INNER JOIN record.subject AS s ON s.authority = 'bench-' || c.place
INNER JOIN record.access_class AS a
    ON a.source = c.source AND a.heading = r.heading AND a.label_set = r.label_set
"""
_KNOWN = "UPDATE record.dictionary SET version = version + 1"
_COUNTED = """
SELECT count(*) FROM record.resource AS r
INNER JOIN record.subject_person AS p ON r.subject = p.subject WHERE p.person = %(made)s
"""
