"""What is asked of a ledger that grows is answered by an index, not by reading all of it."""

import psycopg
import pytest

from careweave.ledger._account import _QUERIES
from tests.lib.door import fresh_database

MANY = """
INSERT INTO ledger.account (
  id, at, actor, organisation, action, door, request_id, purpose, subjects, what, n_items, outcome,
  reason, clauses, config_version, person, role, deed
)
SELECT
  gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 minute', 'ward', 'nm-acute', 'read',
  'fhir', 'r' || n, 'TREAT', ARRAY[n % 5000], 'Observation', 1, 'permit', '', '', 1,
  CASE WHEN n % 3 = 0 THEN ('00000000-0000-8000-8000-' || lpad((n % 5000)::text, 12, '0'))::uuid END,
  'ED', 'read'
FROM generate_series(1, 40000) AS n
"""
BOUND = {
    "about": "'{00000000-0000-8000-8000-000000000007}', '{7,8,9}', '2026-01-01', '2027-01-01', 100",
    "between": "'0', '00000000-0000-0000-0000-000000000000', '2026-01-20', '2026-01-20 06:00', "
    "NULL, 1000",
    "written": "'{1,2}', '{7,8}', '{nm-acute,nm-acute}', '{2026-01-01,2026-01-01}', "
    "'{2026-01-02,2026-01-02}', '{create}'",
}
TYPES = {
    "about": ("persons", "subjects", "since", "until", "most"),
    "between": ("tx", "id", "since", "until", "organisation", "most"),
    "written": ("numbers", "subjects", "organisations", "since", "until", "actions"),
}


@pytest.fixture(scope="module")
def connection(server, template):
    with (
        fresh_database(server, template) as database,
        psycopg.connect(database.url, autocommit=True) as made,
    ):
        made.execute(MANY)
        made.execute("VACUUM ANALYZE ledger.account")
        yield made


@pytest.mark.parametrize("name", BOUND)
def test_a_long_ledger_is_read_by_an_index(connection, name):
    query = _QUERIES[name]
    order = [TYPES[name].index(one) for one in query.names]
    values = _split(BOUND[name])
    bound = ", ".join(values[at] for at in order)
    connection.execute(f"PREPARE {name} AS {query.numbered}")
    plan = "\n".join(
        row[0] for row in connection.execute(f"EXPLAIN EXECUTE {name}({bound})").fetchall()
    )
    assert "Seq Scan on account" not in plan, plan
    assert "account_" in plan, plan


def _split(text):
    """The values of a list in which commas stand inside of quotes too."""
    parts, inside = [""], False
    for sign in text:
        inside ^= sign == "'"
        if sign == "," and not inside:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]
