"""What two persons share is told, and nothing of what it is."""

from uuid import UUID

import psycopg
import pytest

from careweave.identity import Alike, alike
from careweave.terms import PersonId
from tests.lib.door import fresh_database, make_door, patient

COMMUNAL = "Larchwood House Care Home"


@pytest.fixture(scope="module")
def door(server, template):
    with fresh_database(server, template) as database:
        yield make_door(database)


def person(door, family, *addresses, born):
    made = door.made(patient(family, birthDate=born, address=list(addresses)))
    with psycopg.connect(door.database.url) as connection:
        row = connection.execute(
            b"SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
            b"USING (subject) WHERE s.local_id = %s",
            [made["id"]],
        ).fetchone()
    return PersonId(row[0])


def at(line, postcode="LA12 9QX", **more):
    return {"line": [line], "city": "Millbeck", "postalCode": postcode, **more}


def shared(door, one, other):
    with door.database.reading() as session:
        found = alike(session, one, other)
        assert found == alike(session, other, one)
    return found


def test_family_and_home_are_each_told_by_themselves(door):
    user = person(door, "Threlkeld", at("4 Quarry Lane"), born="1970-01-02")
    for n, (family, home, expected) in enumerate(
        [
            ("Threlkeld", at("9 Hill Road", "LA1 1AA"), {Alike.SURNAME}),
            ("Ollerenshaw", at("4 Quarry Lane"), {Alike.ADDRESS}),
            ("THRELKELD-Smith", at("4 Quarry Lane"), {Alike.SURNAME, Alike.ADDRESS}),
            ("Quillfeather", at("9 Hill Road", "LA12 9QX"), set()),
            ("Fothergill", at("4 Quarry Lane", "LA1 1AA"), set()),
            ("Pettigrew", {"city": "Millbeck"}, set()),
        ]
    ):
        assert shared(door, user, person(door, family, home, born=f"199{n}-05-06")) == expected


def test_a_former_name_and_a_former_home_count(door):
    user = person(door, "Ramsbottom", at("7 Mill Street", "LA2 2BB"), born="1970-01-02")
    moved = at("7 Mill Street", "LA2 2BB", use="old", period={"end": "2020-01-01"})
    other = person(door, "Entwistle", moved, at("1 New Road", "LA3 3CC"), born="1981-02-03")
    assert shared(door, user, other) == {Alike.ADDRESS}


def test_nobody_shares_anything_with_somebody_unknown(door):
    user = person(door, "Butterworth", at("2 Low Lane"), born="1970-01-02")
    nobody = PersonId(UUID("00000000-0000-8000-8000-000000000000"))
    assert shared(door, user, nobody) == frozenset()


def test_a_sealed_record_counts_for_nobody(door):
    user = person(door, "Whittingham", at("3 High Lane", "LA4 4DD"), born="1970-01-02")
    other = person(door, "Whittingham", at("3 High Lane", "LA4 4DD"), born="2018-02-14")
    assert shared(door, user, other) == {Alike.SURNAME, Alike.ADDRESS}
    with psycopg.connect(door.database.url) as connection:
        connection.execute(
            b"UPDATE identity.local_identity AS l SET state = 'sealed' "
            b"FROM identity.membership AS m WHERE m.subject = l.subject AND m.person = %s",
            [other],
        )
    assert shared(door, user, other) == frozenset()
