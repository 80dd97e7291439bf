"""U7: a crisis worker opens the crisis plan at night. Source: reference/stories.md U7."""

import gzip
import json

import pytest

from careweave.terms import Heading, Label
from careweave.views import NAMED
from tests.lib.budgets import budget, p95
from tests.lib.pages import give_reason, world_over
from tests.lib.seen import Seen
from tests.lib.timing import loads

U7 = budget("U7")
KEY = U7.seeds[0]
THERAPY = NAMED[Heading.FRM].slug
WHY = "He rings at night and speaks of leaving; I need the formulation."


@pytest.fixture(scope="module")
def canaries(world):
    """Words that stand in nothing but therapy notes."""
    found = {one.canary for one in world.day10.told if one.person == KEY and one.label is Label.S5}
    assert found
    return found


def test_the_crisis_plan_is_there_in_time(browser, world):
    person = world.person(KEY)
    measured = []
    for seconds, opened in loads(browser, world, U7, lambda token: world.address_of(token, person)):
        measured.append(seconds)
        assert opened.n_bytes <= U7.bytes
        assert opened.outside(*U7.selectors) == []
        assert opened.troubles == []
    assert p95(measured) <= U7.seconds_p95, sorted(measured)[-5:]


@pytest.mark.parametrize(
    "part", ["", "timeline", "s", f"s/{THERAPY}", "s/documents", "plan", "print", "why", "s/team"]
)
def test_therapy_notes_are_in_no_byte_of_any_answer(world, canaries, part):
    visitor = world.signed_in(U7.reader)
    path = visitor.record(world.person(KEY), part)
    for asked in ({}, {"Accept-Encoding": "gzip"}):
        answer = visitor.get(path, headers=asked)
        sent = answer.data
        if answer.headers.get("Content-Encoding") == "gzip":
            sent = gzip.decompress(sent)
        told = sent + str(answer.headers).encode()
        assert not any(one.encode() in told for one in canaries)


def test_the_team_that_wrote_them_reads_them(world, canaries):
    visitor = world.signed_in("u-mh-treating")
    page = visitor.get(visitor.record(world.person(KEY), f"s/{THERAPY}")).text
    assert any(one in page for one in canaries)


def test_a_reason_opens_the_formulation_for_an_hour_and_the_officer_is_told(
    northmere10, tmp_path, canaries
):
    with world_over(northmere10, tmp_path) as world:
        person = world.person(KEY)
        visitor = world.signed_in(U7.reader)
        section = visitor.record(person, f"s/{THERAPY}")
        answer = give_reason(visitor, person, THERAPY, WHY)
        assert answer.status_code == 303
        assert any(one in visitor.get(section).text for one in canaries)
        world.later(seconds=59)
        officer = world.signed_in("u-privacy-mh")
        queue = Seen(officer.get("/console/").text).one("main")
        assert U7.reader in queue.text
        told = " ".join(
            Seen(officer.get(one).text).text for one in queue.links if "/review/" in one
        )
        assert WHY in told
        for _ in range(2):
            # Somebody who does nothing for half an hour is signed out.
            world.later(minutes=25)
            visitor.get(section)
        world.later(minutes=8)
        assert any(one in visitor.get(section).text for one in canaries)
        world.later(minutes=2)
        assert not any(one in visitor.get(section).text for one in canaries)


def test_the_words_stand_in_the_account(northmere10, tmp_path):
    with world_over(northmere10, tmp_path) as world:
        visitor = world.signed_in(U7.reader)
        give_reason(visitor, world.person(KEY), THERAPY, WHY)
        kept = json.dumps(world.rows("SELECT e::text FROM disclosure.episode AS e"))
        assert WHY in kept


def test_the_form_for_a_reason_is_linked_where_something_is_withheld(world):
    visitor = world.signed_in(U7.reader)
    page = visitor.get(visitor.record(world.person(KEY), f"s/{THERAPY}")).text
    assert any("/reason/" in one for one in Seen(page).links)
