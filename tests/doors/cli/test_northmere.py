"""The made-up region: valid, deterministic, fictional."""

import re
from datetime import date
from pathlib import Path

import pytest

from careweave.doors.cli._dice import Dice
from careweave.doors.cli._northmere import Organisation, charts, house, organisations
from careweave.doors.cli._northmere_people import people
from careweave.formats import check, read_json, write_json
from careweave.terms import Incorrect, NhsNumber

REGION = Path(__file__).parents[3] / "region"
TODAY = date(2026, 11, 22)
ORGANISATIONS = organisations(REGION)


def written(organisation: Organisation, n_people: int = 40, seed: str = "northmere") -> list[dict]:
    found = house(organisation)
    for chart in charts(organisation, seed=seed, n_people=n_people, today=TODAY):
        found += chart
    return found


def test_the_same_seed_gives_the_same_people_and_another_one_others() -> None:
    one = ORGANISATIONS[0]
    assert written(one) == written(one)
    assert written(one) != written(one, seed="other")


def test_more_people_leave_the_first_ones_as_they_are() -> None:
    assert list(people("s", 5, TODAY)) == list(people("s", 50, TODAY))[:5]


def test_every_number_is_of_the_test_range_and_valid() -> None:
    found = [NhsNumber(one.nhs_number).digits for one in people("s", 500, TODAY)]
    assert len(set(found)) == 500
    assert all(digits.startswith("999") for digits in found)


def test_nobody_can_be_reached_and_nobody_was_born_tomorrow() -> None:
    for one in people("s", 300, TODAY):
        assert re.fullmatch(r"01632 960\d{3}", one.phone)
        assert one.postcode.startswith("NM")
        assert one.born_on < TODAY
        assert one.died_on is None or one.born_on < one.died_on < TODAY


@pytest.mark.parametrize("organisation", ORGANISATIONS, ids=lambda one: one.id)
def test_everything_written_is_valid_r4(organisation: Organisation) -> None:
    resources = written(organisation)
    assert len({(one["resourceType"], one["id"]) for one in resources}) == len(resources)
    for resource in resources:
        assert check(read_json(write_json(resource))) == ()


@pytest.mark.parametrize("organisation", ORGANISATIONS, ids=lambda one: one.id)
def test_every_reference_leads_somewhere(organisation: Organisation) -> None:
    resources = written(organisation)
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    text = write_json(resources).decode()
    assert set(re.findall(r'"reference":"([^"]+)"', text)) <= known


def test_no_code_of_a_licensed_terminology_occurs() -> None:
    text = "".join(write_json(written(one)).decode() for one in ORGANISATIONS)
    systems = set(re.findall(r'"system":"([^"]+)"', text))
    assert not {one for one in systems if "snomed" in one or "loinc" in one}


@pytest.mark.parametrize(
    "text", ["", "organisations: 1", "organisations: [{id: a}]", "{", "organisations: [x]"]
)
def test_a_region_that_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "organisations.yaml").write_text(text)
    with pytest.raises(Incorrect) as caught:
        organisations(tmp_path)
    assert caught.value.where == str(tmp_path / "organisations.yaml")


def test_dice_are_even_and_repeat() -> None:
    first, second = Dice("a", 1), Dice("a", 1)
    turns = [first.below(6) for _ in range(6000)]
    assert turns == [second.below(6) for _ in range(6000)]
    assert all(850 < turns.count(face) < 1150 for face in range(6))
    assert Dice("a", 1).below(10**9) != Dice("a", 2).below(10**9)
