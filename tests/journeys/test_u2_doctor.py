"""U2: what is she on, and what is different from last time? Source: reference/stories.md U2."""

import csv
import io
from collections import defaultdict
from datetime import date

import pytest
import yaml

from careweave.demonstration import truths
from careweave.terms import Heading, Role
from careweave.views import NAMED
from tests.lib.budgets import budget, p95
from tests.lib.northmere import REGION
from tests.lib.seen import Seen
from tests.lib.timing import loads

U2 = budget("U2")
# Where the ended or elder voice is beyond the horizon of A&E. Source: reference/stories.md U2.
OTHERS = {"C30": "u-gp-c", "C32": "u-gp-c", "C39": "u-gp-b"}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def conflicts():
    found = defaultdict(list)
    for row in csv.DictReader(io.StringIO(truths(REGION)["conflicts.csv"])):
        found[row["id"]].append(row)
    return dict(found)


CONFLICTS = conflicts()


@pytest.fixture(scope="module")
def names():
    read = yaml.safe_load((REGION / "organisations.yaml").read_text("utf-8"))["organisations"]
    return {one["id"]: one["name"] for one in read}


@pytest.fixture(scope="module")
def readers(world, known):
    """Those who read, signed in once; all people have come to A&E."""
    # No number, no phone, no address: only a person can say that his records are one man's.
    known["sean-odriscoll"] = world.join("sean-odriscoll")
    # C31: one voice waits until somebody has said that its record was not overwritten by another's.
    world.settle_overlays()
    for voices in CONFLICTS.values():
        world.tie(person_of(world, known, voices), Role.ED)
    return {user: world.signed_in(user) for user in ("u-ed", "u-gp-b", "u-gp-c")}


@pytest.fixture(scope="module")
def known():
    """Whom an officer has joined, by their keys."""
    return {}


def person_of(world, known, voices):
    if voices[0]["person"] in known:
        return known[voices[0]["person"]]
    told = {one["organisation"] for one in voices if one["says"] != "says nothing of it"}
    return world.person(voices[0]["person"], *told)


def written(day: str) -> str:
    on = date.fromisoformat(day)
    return f"{on.day:02d}-{MONTHS[on.month - 1]}-{on.year}"


def test_there_are_sixty():
    assert len(CONFLICTS) == 60


@pytest.mark.parametrize("id_", sorted(CONFLICTS))
def test_both_voices_stand_in_one_marked_row_with_their_dates(world, readers, known, names, id_):
    voices = CONFLICTS[id_]
    told = [one for one in voices if one["says"] != "says nothing of it"]
    reader = readers[OTHERS.get(id_, "u-ed")]
    person = person_of(world, known, voices)
    slug = NAMED[Heading(told[0]["heading"])].slug
    answer = reader.get(reader.record(person, f"s/{slug}"))
    assert answer.status_code == 200
    wanted = {names[one["organisation"]] for one in voices}
    marked = [
        row
        for row in Seen(answer.text).all("main .cw-fact--differs")
        if wanted <= {one.text for one in row.all("[data-source]")}
    ]
    assert marked, [row.text for row in Seen(answer.text).all("main .cw-fact--differs")]
    assert any("Sources disagree" in row.text for row in marked)
    assert any(all(is_dated(row, names, one) for one in told) for row in marked)


def is_dated(row, names, told):
    """Whether a voice of this organisation has the date that it was told with, or any.

    Systems send demographics, contacts, powers and packages without one: then it is of receipt.
    """
    own = [one.date for one in row.voices if one.source == names[told["organisation"]]]
    if told["heading"] in {"DEM", "PER", "LEG", "SVC"}:
        return all(own) and bool(own)
    wanted = written(told["date"])
    return any(wanted in one or one.startswith("received") for one in own)


def test_the_page_of_the_department_is_there_in_time(browser, world, readers):
    person = world.person("edna-hartley")
    measured = []
    for seconds, opened in loads(browser, world, U2, lambda token: world.address_of(token, person)):
        measured.append(seconds)
        assert opened.n_bytes <= U2.bytes
        assert opened.troubles == []
        assert opened.strangers == []
    assert p95(measured) <= U2.seconds_p95, sorted(measured)[-5:]


def test_every_question_of_the_department_is_answered_on_its_first_page(world, readers):
    reader = readers["u-ed"]
    page = Seen(reader.get(reader.record(world.person("edna-hartley"))).text)
    for name in U2.answers:
        assert page.one(f'[data-widget="{name}"]').text


def test_medicines_of_three_sources_are_one_list(world, readers, names):
    reader = readers["u-ed"]
    page = Seen(reader.get(reader.record(world.person("edna-hartley"))).text)
    sources = {one.source for one in page.one('[data-widget="medicines"]').voices}
    assert {names[one] for one in ("nm-acute", "nm-ashgrove", "nm-beck-pharmacy")} <= sources
