"""One entry of one person: only theirs, with its source, its versions and its content."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest

from careweave.disclosure import Asking, Outlet, entry
from careweave.disclosure._accounts import digest
from careweave.ledger import Recorder
from careweave.terms import Actor, NotFound, Purpose, Role, SourceId
from tests.lib.day10 import DAY_10
from tests.lib.filing import file_from, patient_of
from tests.lib.pages import world_over

LETTER, HELD = "gpa-letter-of-one", "gpa-content-of-one"


@pytest.fixture(scope="module")
def world(northmere10, tmp_path_factory):
    with world_over(northmere10, tmp_path_factory.mktemp("entry")) as made:
        file_letter(made, "first")
        file_letter(made, "second")
        yield made


def file_letter(world, text: str) -> None:
    patient = patient_of(world, world.person("edna-hartley"), "gpa")
    about = {"reference": f"Patient/{patient}"}
    data = base64.b64encode(text.encode()).decode()
    file_from(
        world,
        "nm-ashgrove-gp",
        [
            {
                "resourceType": "Binary",
                "id": HELD,
                "contentType": "text/plain",
                "securityContext": about,
                "data": data,
            },
            {
                "resourceType": "DocumentReference",
                "id": LETTER,
                "status": "current",
                "type": {"text": f"The {text} letter"},
                "subject": about,
                "date": "2026-03-25T10:00:00Z",
                "content": [{"attachment": {"url": f"Binary/{HELD}"}}],
            },
        ],
    )


def asked(world, role=Role.GP, organisation="nm-ashgrove"):
    actor = Actor(
        name="reader",
        organisation=organisation,
        source=SourceId(0),
        authority=organisation,
        purpose=Purpose.DIRECT_CARE,
        scopes=frozenset(),
        role=role,
        user="u-entry",
    )
    request = str(uuid4())
    asking = Asking(actor, Purpose.DIRECT_CARE, "workspace", request, DAY_10)
    return Outlet(world.database, Recorder(world.database)), asking


def test_an_entry_comes_with_its_source_its_versions_and_its_content(world):
    way, asking = asked(world)
    found = entry(way, asking, world.person("edna-hartley"), "DocumentReference", LETTER)
    assert (found.slug, found.organisation, found.system) == (
        "nm-ashgrove",
        "Ashgrove Surgery",
        "gp",
    )
    assert found.clause == "own:nm-ashgrove"
    assert [one.number for one in found.versions] == [2, 1]
    assert set(found.beside) == {f"Binary/{HELD}"}


def test_every_version_that_is_shown_is_counted_and_hashed(world):
    person, accounts = world.person("edna-hartley"), []
    for as_of in (None, first_known(world)):
        way, asking = asked(world)
        found = entry(way, asking, person, "DocumentReference", LETTER, as_of=as_of)
        leaving = [one.row for one in found.versions if one.row] + list(found.beside.values())
        (told,) = world.rows(
            "SELECT n_items, shown_hash FROM ledger.account WHERE request_id = %(id)s",
            id=asking.request_id,
        )
        assert told == (len(leaving), digest(leaving))
        accounts.append(told)
    assert accounts[0] != accounts[1]


def first_known(world):
    """When the letter was in the record, and nothing had replaced it."""
    way, asking = asked(world)
    found = entry(way, asking, world.person("edna-hartley"), "DocumentReference", LETTER)
    return found.versions[-1].received_at


def test_of_an_earlier_moment_comes_what_it_was_then_and_no_later_version(world):
    way, asking = asked(world)
    person, then = world.person("edna-hartley"), first_known(world)
    found = entry(way, asking, person, "DocumentReference", LETTER, as_of=then)
    assert b"The first letter" in found.row.body
    assert [one.number for one in found.versions] == [1]
    before = then - timedelta(microseconds=1)
    with pytest.raises(NotFound):
        entry(way, asking, person, "DocumentReference", LETTER, as_of=before)


def test_it_is_accounted_for_as_read(world):
    way, asking = asked(world)
    entry(way, asking, world.person("edna-hartley"), "DocumentReference", LETTER)
    (told,) = world.rows(
        "SELECT deed, what, outcome FROM ledger.account WHERE request_id = %(id)s",
        id=asking.request_id,
    )
    assert told == ("read", "DocumentReference", "permit")


@pytest.mark.parametrize(
    ("key", "type_name", "id_"),
    [
        ("chidi-okonkwo", "DocumentReference", LETTER),
        ("edna-hartley", "Observation", LETTER),
        ("edna-hartley", "DocumentReference", "gpa-no-such"),
    ],
)
def test_an_entry_of_somebody_else_is_as_absent_as_none(world, key, type_name, id_):
    way, asking = asked(world)
    with pytest.raises(NotFound):
        entry(way, asking, world.person(key), type_name, id_)
    (told,) = world.rows(
        "SELECT outcome, n_items FROM ledger.account WHERE request_id = %(id)s",
        id=asking.request_id,
    )
    assert told[1] == 0


def test_who_may_not_see_it_is_told_nothing(world):
    way, asking = asked(world, Role.CH, "nm-larchwood")
    with pytest.raises(NotFound):
        entry(way, asking, world.person("edna-hartley"), "DocumentReference", LETTER)
