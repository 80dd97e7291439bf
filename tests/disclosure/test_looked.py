"""Who looked, asked by the person, a proxy, a desk and an officer; asking is accounted for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from careweave.disclosure import Asking, Outlet, audited, looked
from careweave.ledger import Period, Recorder, append
from careweave.terms import Actor, Forbidden, PersonId, Purpose, Role, SourceId
from tests.lib.door import fresh_database, make_door, patient
from tests.lib.looks import look_at

NOW = datetime(2026, 3, 20, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LAST_DAYS = Period(NOW - 7 * DAY, NOW + DAY)


@pytest.fixture(scope="module")
def database(server, template):
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def people(database):
    door = make_door(database)
    found = {}
    for word, family in (("edna", "Threlkeld"), ("martin", "Ollerenshaw")):
        made = door.made(patient(family, birthDate="1941-07-09"))
        found[word] = rows(
            database,
            "SELECT p.person, s.subject FROM record.subject_person AS p "
            "INNER JOIN record.subject AS s USING (subject) WHERE s.local_id = %s",
            made["id"],
        )[0]
    return found


def rows(database, text, *values):
    with psycopg.connect(database.url) as connection:
        return connection.execute(text.encode(), values).fetchall()


def asking(name, role=Role.SYSTEM, purpose=Purpose.OPERATIONS, **more):
    settled = {"organisation": "nm-acute", **more}
    actor = Actor(
        name=name,
        source=SourceId(1),
        authority=settled["organisation"],
        purpose=purpose,
        scopes=frozenset(),
        role=role,
        **settled,
    )
    return Asking(actor, purpose, "cli", f"request-{name}", NOW)


def citizen(person, purpose=Purpose.OWN_REQUEST):
    return asking("portal", Role.CI, purpose, person=PersonId(person))


def look(person, subject, **changes):
    seen = {"visible_to_person": "now", "person": person and PersonId(person)}
    return look_at(subject, NOW - DAY, **{**seen, **changes})


@pytest.fixture(scope="module")
def told(database, people):
    """Looks at edna: by the person, by a record of hers, in secret, elsewhere; and at martin."""
    person, subject = people["edna"]
    with database.session() as session:
        append(
            session,
            [
                look(person, subject),
                look(None, subject, request_id="r2", organisation="nm-council", role="SW"),
                look(person, subject, request_id="r3", visible_to_person="withheld"),
                look(person, subject, request_id="r4", at=NOW - 30 * DAY),
                look(*people["martin"], request_id="r5"),
            ],
        )


def way(database):
    return Outlet(database, Recorder(database))


def accounts(database, action, name):
    return rows(
        database,
        "SELECT outcome, n_items, reason, person FROM ledger.account "
        "WHERE action = %s AND actor = %s ORDER BY tx, id",
        action,
        name,
    )


def test_the_person_is_told_of_every_look_that_may_be_told(database, people, told):
    person, _ = people["edna"]
    found = looked(way(database), citizen(person), PersonId(person), LAST_DAYS)
    assert sorted(one.who for one in found) == ["A&E clinician", "social worker"]
    assert {one.n_looks for one in found} == {1}
    assert accounts(database, "audit-looked", "portal")[-1] == ("permit", 2, "", person)


def test_an_id_that_was_given_up_is_as_good_as_the_one_that_took_its_place(database, people, told):
    person = people["edna"][0]
    old = UUID("00000000-0000-8000-8000-00000000abcd")
    with psycopg.connect(database.url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            b"INSERT INTO identity.person_forward (person, to_person, from_seq) VALUES (%s, %s, 1)",
            [old, person],
        )
    found = looked(way(database), citizen(person), PersonId(person), LAST_DAYS)
    for own, asked in ((old, person), (person, old), (old, old)):
        assert looked(way(database), citizen(own), PersonId(asked), LAST_DAYS) == found


def test_a_proxy_is_told_where_a_grant_names_it(database, people, told):
    person = PersonId(people["edna"][0])
    proxy = asking("portal-proxy", Role.PX, Purpose.FAMILY_REQUEST, user="susan")
    with pytest.raises(Forbidden):
        looked(way(database), proxy, person, LAST_DAYS)
    with psycopg.connect(database.url) as connection:
        connection.execute(
            b"INSERT INTO record.choice (subject, rid, place, kind, users) "
            b"VALUES (%s, 1, 0, 3, '{susan}')",
            [people["edna"][1]],
        )
    assert len(looked(way(database), proxy, person, LAST_DAYS)) == 2
    other = PersonId(people["martin"][0])
    with pytest.raises(Forbidden):
        looked(way(database), proxy, other, LAST_DAYS)


def test_nobody_is_told_who_looked_at_somebody_else(database, people, told):
    person, other = people["edna"][0], people["martin"][0]
    for ask in (
        citizen(other),
        citizen(person, Purpose.DIRECT_CARE),
        asking("friend", Role.PX, Purpose.FAMILY_REQUEST, user="emeka"),
        asking("nurse", Role.ED, Purpose.DIRECT_CARE, user="u-ed"),
        asking("desk-without-case"),
        asking("desk-for-care", purpose=Purpose.DIRECT_CARE),
    ):
        with pytest.raises(Forbidden):
            looked(way(database), ask, PersonId(person), LAST_DAYS)
        outcome, n, _, about = accounts(database, "audit-looked", ask.actor.name)[-1]
        assert (outcome, n, about) == ("refused", 0, person)


def test_a_desk_with_a_case_is_told_what_the_person_is_told(database, people, told):
    person = PersonId(people["edna"][0])
    desk = looked(way(database), asking("desk"), person, LAST_DAYS, case="SAR-17")
    assert desk == looked(way(database), citizen(person), person, LAST_DAYS)
    assert accounts(database, "audit-looked", "desk")[-1][:3] == ("permit", 2, "SAR-17")


@pytest.mark.attack(57)
def test_an_officer_reads_the_accounts_of_the_own_organisation_for_a_case(database, people, told):
    person = PersonId(people["edna"][0])
    found = audited(way(database), asking("officer"), person, LAST_DAYS, case="IG-9")
    reads = sorted(one.request_id for one in found if one.action == "read")
    assert reads == ["r1", "r3"], "the hidden one too"
    assert {one.action for one in found} <= {"read", "audit-looked", "audit-read"}
    council = asking("officer-b", organisation="nm-council")
    assert [
        one.request_id for one in audited(way(database), council, person, LAST_DAYS, case="IG-9")
    ] == ["r2"]
    assert accounts(database, "audit-read", "officer")[-1][:3] == ("permit", len(found), "IG-9")


@pytest.mark.attack(57)
@pytest.mark.parametrize(
    ("ask", "case"),
    [
        (asking("officer-x"), ""),
        (asking("officer-x"), " x "),
        (asking("officer-x", purpose=Purpose.DIRECT_CARE), "IG-9"),
    ],
)
def test_without_a_case_or_the_purpose_nobody_reads_accounts(database, people, told, ask, case):
    with pytest.raises(Forbidden):
        audited(way(database), ask, PersonId(people["edna"][0]), LAST_DAYS, case=case)
    assert accounts(database, "audit-read", "officer-x")[-1][:2] == ("refused", 0)


def test_of_a_person_that_nobody_looked_at_nothing_is_told(database, people):
    period = Period(NOW - 400 * DAY, NOW - 399 * DAY)
    person = PersonId(people["martin"][0])
    assert looked(way(database), citizen(person), person, period) == ()
    assert accounts(database, "audit-looked", "portal")[-1][:2] == ("absent", 0)
