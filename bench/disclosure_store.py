"""A region of entries for measuring policy: made by the database itself, of a size that is asked for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from careweave.db import Database
from careweave.record import keys
from careweave.record._types import rt_of
from careweave.terms import Label

AT = datetime(2026, 3, 26, 8, tzinfo=UTC)
SYSTEM = "urn:careweave:bench:codes"
READER = "nm-ashgrove"
"""The practice whose doctor looks; it has ties to its share of the people."""

_PROVIDERS = (
    *("nm-ashgrove", "nm-millbeck", "nm-tarnside-health", "nm-acute", "nm-community"),
    *("nm-mental-health", "nm-council", "tarnside-council", "nm-larchwood", "nm-hospice"),
    *("nm-ambulance", "nm-beck-pharmacy", "nm-fellside", "nm-bluebell"),
)
_LABEL_SETS: tuple[tuple[Label, ...], ...] = ((), (Label.S10,), (Label.S9,), (Label.S6,))
_N_HEADINGS = 38
_N_CODES = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How many entries about how many people, from how many feeds; `tied` is the caseload."""

    entries: int
    people: int
    tied: int
    feeds: int = 20

    @property
    def n_classes(self) -> int:
        """Returns how many access classes there are."""
        return self.feeds * _N_HEADINGS * len(_LABEL_SETS)


def code(number: int) -> str:
    """Returns one of the codes that entries have; a code lies under one heading."""
    return f"c{number % _N_CODES}"


def build(database: Database, size: Size) -> None:
    """Fills an empty store: two records a person, each with a Patient and its share of entries."""
    with database.reading() as session:
        made = keys(session)
    exact = [made.token("Observation", "code", SYSTEM, code(n)) for n in range(_N_CODES)]
    anyhow = [made.token("Observation", "code", None, code(n)) for n in range(_N_CODES)]
    with psycopg.connect(database.url, autocommit=True) as connection:
        _dictionaries(connection, size)
        _people(connection, size)
        _entries(connection, size, exact, anyhow)
        _ties_and_choices(connection, size)
        for table in ("resource", "subject", "subject_person", "tie", "choice", "trait"):
            connection.execute(f"VACUUM ANALYZE record.{table}".encode())
        connection.execute("CHECKPOINT")


def _dictionaries(connection: "psycopg.Connection[tuple[object, ...]]", size: Size) -> None:
    labels = list(Label)
    masks = [sum(1 << labels.index(one) for one in each) for each in _LABEL_SETS]
    connection.execute(
        "INSERT INTO record.source (org, system, feed) "
        "SELECT (%s::text[])[1 + n %% %s], 'epr', 'feed-' || n FROM generate_series(0, %s) AS n",
        (list(_PROVIDERS), len(_PROVIDERS), size.feeds - 1),
    )
    connection.execute(
        "INSERT INTO record.label_set (bits, labels) "
        "SELECT m, string_to_array(t, ' ') FROM unnest(%s::bigint[], %s::text[]) AS w (m, t)",
        (masks, [" ".join(each) for each in _LABEL_SETS]),
    )
    connection.execute(
        "INSERT INTO record.access_class (source, heading, label_set) "
        "SELECT s.source, h.heading, l.label_set FROM record.source AS s "
        "CROSS JOIN record.heading AS h CROSS JOIN record.label_set AS l "
        "WHERE h.heading > 0 ORDER BY 1, 2, 3"
    )
    connection.execute("INSERT INTO record.org (slug) VALUES (%s)", (READER,))
    connection.execute("UPDATE record.dictionary SET version = version + 1")


def _people(connection: "psycopg.Connection[tuple[object, ...]]", size: Size) -> None:
    """Makes two subjects of each person, at two organisations."""
    connection.execute(
        "INSERT INTO record.subject (authority, local_id) "
        "SELECT 'bench-' || n %% 2, 'p' || n FROM generate_series(0, %s) AS n",
        (2 * size.people - 1,),
    )
    # Version 8 tells the id of a person from those of entries.
    connection.execute(
        "INSERT INTO record.subject_person (subject, person, since, decision) "
        "SELECT s.subject, overlay(overlay(md5((n / 2)::text) placing '8' from 13) "
        "placing '8' from 17)::uuid, %s, 1 "
        "FROM record.subject AS s CROSS JOIN LATERAL (SELECT substr(s.local_id, 2)::int) AS w (n)",
        (AT,),
    )


def _entries(
    connection: "psycopg.Connection[tuple[object, ...]]",
    size: Size,
    exact: Sequence[int],
    anyhow: Sequence[int],
) -> None:
    """Makes the entries: one in ten a Patient, one in ten of the others labelled."""
    connection.execute("SELECT setseed(0.5)")
    connection.execute("SET synchronous_commit = off")
    connection.execute(
        _ENTRIES.encode(),
        {
            "last": size.entries - 1,
            "subjects": 2 * size.people,
            "feeds": size.feeds,
            "codes": _N_CODES,
            "exact": list(exact),
            "anyhow": list(anyhow),
            "at": AT,
            "observation": _OBSERVATION,
            "patient": _PATIENT,
            "observations": rt_of("Observation"),
            "patients": rt_of("Patient"),
        },
    )


def _ties_and_choices(connection: "psycopg.Connection[tuple[object, ...]]", size: Size) -> None:
    """Ties the reader to its people; one person in a hundred objects, one in two hundred in part."""
    connection.execute(
        "INSERT INTO record.tie (subject, org, kind, since, from_subject, from_rid) "
        "SELECT s.subject, o.org, 1, %s - interval '1 year', s.subject, 1 "
        "FROM record.subject AS s CROSS JOIN record.org AS o "
        "WHERE o.slug = %s AND s.authority = 'bench-0' "
        "AND substr(s.local_id, 2)::int / 2 %% %s = 0",
        (AT, READER, size.people // size.tied),
    )
    connection.execute(
        "INSERT INTO record.choice (subject, rid, place, kind, headings) "
        "SELECT s.subject, 1, 1, 1, CASE WHEN n % 100 = 0 THEN -1 ELSE (1::bigint << 33) END "
        "FROM record.subject AS s CROSS JOIN LATERAL (SELECT substr(s.local_id, 2)::int / 2) AS w (n) "
        "WHERE s.authority = 'bench-1' AND n % 200 IN (0, 100, 33)"
    )
    connection.execute(
        "INSERT INTO record.trait (subject, rid, born, outward) "
        "SELECT s.subject, 1, DATE '1930-01-01' + (s.subject % 30000)::int, 'XR1' "
        "FROM record.subject AS s"
    )


_OBSERVATION = json.dumps(
    {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": SYSTEM, "code": "CODE", "display": "Measured (bench)"}]},
        "subject": {"reference": "Patient/SUBJECT"},
        "effectiveDateTime": "2026-01-01",
        "valueQuantity": {"value": 5.1, "unit": "mmol/l"},
        "note": [{"text": "A line that stands for what people write beside it. " * 4}],
    },
    separators=(",", ":"),
)
_PATIENT = json.dumps(
    {
        "resourceType": "Patient",
        "active": True,
        "name": [{"family": "Bench", "given": ["SUBJECT"]}],
        "gender": "female",
        "birthDate": "1950-01-01",
        "address": [{"use": "home", "line": ["1 Test Way"], "postalCode": "XR1 1AA"}],
    },
    separators=(",", ":"),
)
# A Patient is under DEM and without a label; other entries are spread over codes and headings.
_ENTRIES = """
INSERT INTO record.resource (
    subject, rid, rt, id, source, heading, label_set, cls, code, dlo, dhi, upd, live_until, tok,
    digest, meta, body
)
SELECT
    e.subject, e.n, CASE WHEN e.is_patient THEN %(patients)s::smallint ELSE %(observations)s::smallint END,
    CASE WHEN e.is_patient THEN s.local_id ELSE 'e' || e.n END,
    c.source, c.heading, c.label_set, c.cls,
    CASE WHEN NOT e.is_patient THEN (%(exact)s::bigint[])[e.code + 1] END,
    CASE WHEN NOT e.is_patient THEN e.at END,
    CASE WHEN NOT e.is_patient THEN e.at + interval '1 day' END,
    e.at + interval '1 hour',
    CASE WHEN e.is_patient OR e.n %% 5 = 0 THEN 'infinity' ELSE e.at + interval '1 day' END,
    CASE
        WHEN e.is_patient THEN '{}'
        ELSE ARRAY[(%(exact)s::bigint[])[e.code + 1], (%(anyhow)s::bigint[])[e.code + 1]]
    END,
    decode(md5(e.n::text), 'hex'), ''::bytea,
    convert_to(
        replace(
            replace(
                CASE WHEN e.is_patient THEN %(patient)s ELSE %(observation)s END,
                'CODE', 'c' || e.code
            ),
            'SUBJECT', s.local_id
        ),
        'UTF8'
    )
FROM (
    SELECT
        n, n < %(subjects)s AS is_patient, 1 + n %% %(subjects)s AS subject,
        floor(random() * %(codes)s)::int AS code,
        1 + floor(random() * %(feeds)s)::int AS source,
        CASE WHEN random() < 0.9 THEN 1 ELSE 2 + floor(random() * 3)::int END AS label_set,
        %(at)s::timestamptz - random() * interval '5 years' AS at
    FROM generate_series(0::bigint, %(last)s) AS n
) AS e
INNER JOIN record.subject AS s ON s.subject = e.subject
INNER JOIN record.access_class AS c
    ON
        c.source = e.source
        AND c.heading = CASE WHEN e.is_patient THEN 1 ELSE 1 + e.code %% 38 END
        AND c.label_set = CASE WHEN e.is_patient THEN 1 ELSE e.label_set END
"""
