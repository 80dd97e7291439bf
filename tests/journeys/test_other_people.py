"""Nothing hangs on a name: other people under a second seed, and people without a story.

Source: `reference/people.md` 11.6.
"""

import random

import pytest

from careweave.terms import Label, PersonId, Role
from tests.lib.budgets import budget
from tests.lib.day10 import built
from tests.lib.pages import BY_ROLE, world_over
from tests.lib.places import PEOPLE
from tests.lib.probe import NUMERIC_DATE
from tests.lib.seen import Seen

SECOND = "another winter"
FEW = frozenset(
    {
        *PEOPLE.values(),
        "jin-xiaoling",
        "parveen-akhtar",
        "gwendolyn-pike",
        "gwendoline-pike",
        # Who work here themselves.
        "piotr-kowalczuk",
        "marcus-bellweather",
    }
)


@pytest.fixture(scope="module")
def second(server, template, tmp_path_factory):
    """The pages over other people with the same traps, and some inhabitants without a story."""
    folder = tmp_path_factory.mktemp("second")
    with (
        built(server, template, folder, seed=SECOND, only=FEW, n_background=60) as made,
        world_over(made, folder) as world,
    ):
        yield world


def page_of(world, role, person, part=""):
    world.tie(person, role)
    visitor = world.signed_in(BY_ROLE[role])
    answer = visitor.get(visitor.record(person, part))
    assert answer.status_code == 200
    return Seen(answer.text)


def check(page):
    assert all(one.source and one.date for one in page.voices)
    assert all(one.text for one in page.all("[data-widget]"))
    assert not NUMERIC_DATE.search(page.one("body").text)
    assert page.one("[data-banner] .cw-banner__name").text


@pytest.mark.parametrize("role", BY_ROLE)
def test_every_role_reads_a_person_of_another_seed(second, role):
    page = page_of(second, role, second.person(PEOPLE[role]))
    check(page)
    assert page.voices


def test_the_names_are_others(second):
    page = page_of(second, Role.GP, second.person("edna-hartley"))
    assert "HARTLEY" not in page.one("[data-banner]").text
    assert "999 000 1014" not in page.one("[data-banner]").text


@pytest.mark.parametrize("name", budget("U1").answers)
def test_u1_is_answered_for_another_seed(second, name):
    page = page_of(second, Role.PA, second.person("chidi-okonkwo"), "card")
    assert page.one(f'[data-answer="{name}"]').text


def test_u2_two_decisions_and_three_doses_are_marked_for_another_seed(second):
    chidi = page_of(second, Role.ED, second.person("chidi-okonkwo"), "s/end-of-life")
    assert any(len(one.voices) >= 2 for one in chidi.all(".cw-fact--differs"))
    parveen = page_of(second, Role.ED, second.person("parveen-akhtar"), "s/medicines")
    assert any(len({v.source for v in one.voices}) >= 3 for one in parveen.all(".cw-fact--differs"))


def test_u7_therapy_stays_with_its_team_for_another_seed(second):
    person = second.person("dilwyn-prys-morgan")
    canaries = {one.canary for one in second.day10.told if one.label is Label.S5 and one.canary}
    assert canaries
    for user, is_shown in (("u-mh-crisis", False), ("u-mh-treating", True)):
        visitor = second.signed_in(user)
        page = visitor.get(visitor.record(person, "s/formulation")).text
        assert any(one in page for one in canaries) is is_shown


def test_u8_a_namesake_is_nobody_s_resident_for_another_seed(second):
    visitor = second.signed_in("u-chmanager")
    assert visitor.get(visitor.record(second.person("gwendolyn-pike"))).status_code == 200
    assert visitor.get(visitor.record(second.person("gwendoline-pike"))).status_code in {403, 404}


@pytest.fixture(scope="module")
def inhabitants(second):
    """People without a story, in an order of chance."""
    named = {one for known in second.day10.persons.values() for one in known}
    found = sorted(
        one
        for (one,) in second.rows(
            "SELECT DISTINCT person FROM identity.membership WHERE until_seq IS NULL"
        )
        if one not in named
    )
    random.Random(6).shuffle(found)
    assert len(found) >= 3 * len(BY_ROLE)
    return found


@pytest.mark.parametrize("role", BY_ROLE)
def test_three_people_without_a_story_are_read_by_each_role(second, inhabitants, role):
    at = 3 * list(BY_ROLE).index(role)
    pages = [page_of(second, role, PersonId(one)) for one in inhabitants[at : at + 3]]
    for page in pages:
        check(page)
    assert any(page.voices for page in pages)
