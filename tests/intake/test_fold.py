"""What messages say of one entry is folded in the order in which it happened."""

from datetime import timedelta

import pytest

from careweave.intake._fold import Base, Contribution, Place, fold, turn_of
from careweave.intake._fold_lists import by_role, met
from careweave.intake._fold_status import may_move
from careweave.sources import ListMode, Mapped, Write
from careweave.terms import SourceId
from tests.lib.arrivals import START

NAME = {"name": [{"text": "a"}]}


def said(minute, value, type_="Patient", write=Write.MERGE, **more):
    at = START + timedelta(minutes=minute)
    rank = 0 if write is Write.SEED else 1
    place = Place(rank, at, at, turn_of(str(minute)), b"", 0)
    mapped = Mapped(type_, "x", {"resourceType": type_, **value}, write=write, **more)
    return Contribution(place, minute, at, SourceId(1), "pas", mapped)


def value(*contributions, base=None):
    steps = fold(contributions, base)
    return steps[-1].value if steps else None


def test_what_is_absent_stays_and_what_is_named_goes():
    first = said(1, {**NAME, "birthDate": "1950", "gender": "female"})
    second = said(2, {"gender": "male"}, nulls=("birthDate",))
    assert value(first, second) == {**NAME, "gender": "male"}


def test_what_replaces_is_the_whole_truth():
    assert value(said(1, {**NAME, "gender": "male"}), said(2, NAME, write=Write.REPLACE)) == NAME


def test_a_seed_counts_only_while_nothing_else_was_said():
    seeds = [said(3, {"gender": "male"}, write=Write.SEED), said(5, {}, write=Write.SEED)]
    assert value(*seeds) == {"gender": "male"}
    assert value(*seeds, said(9, NAME)) == NAME
    assert value(seeds[0], base=Base(NAME, None, None)) is None


def security(code):
    return {"meta": {"security": [{"system": "c", "code": code}]}}


def test_what_says_nothing_of_a_protected_address_opens_it_not():
    def kept(*contributions):
        meta = fold(contributions)[-1].meta
        return [one["code"] for one in meta.get("security", [])]

    assert kept(said(1, security("R")), said(2, NAME)) == ["R"]
    assert kept(said(1, security("R")), said(2, NAME), said(3, security("N"))) == ["N"]
    assert kept(said(1, security("R")), said(2, NAME, write=Write.REPLACE)) == []
    assert kept(said(1, security("R"), "Encounter"), said(2, {}, "Encounter")) == []


def test_one_choice_takes_the_place_of_the_other():
    both = said(1, {"deceasedBoolean": True}), said(2, {"deceasedDateTime": "2026-03-01"})
    assert value(*both) == {"deceasedDateTime": "2026-03-01"}


def test_parts_of_a_period_are_said_each_by_itself_and_codes_as_a_whole():
    first = said(
        1,
        {"status": "planned", "period": {"start": "1"}, "class": {"code": "A", "display": "a"}},
        "Encounter",
    )
    second = said(2, {"period": {"end": "2"}, "class": {"code": "B"}}, "Encounter")
    found = value(first, second)
    assert found["period"] == {"start": "1", "end": "2"}
    assert found["class"] == {"code": "B"}


def test_a_part_may_be_deleted():
    first = said(1, {"status": "finished", "period": {"start": "1", "end": "2"}}, "Encounter")
    second = said(
        2, {"status": "in-progress"}, "Encounter", nulls=("period.end",), forces_status=True
    )
    assert value(first, second)["period"] == {"start": "1"}
    assert value(first, second)["status"] == "in-progress"


def test_extensions_are_replaced_by_their_address():
    first = said(1, {"extension": [{"url": "a", "valueCode": "1"}, {"url": "b"}]})
    second = said(2, {"extension": [{"url": "a", "valueCode": "2"}]})
    assert value(first, second) == {"extension": [{"url": "b"}, {"url": "a", "valueCode": "2"}]}


def test_a_stay_whose_status_nobody_says_is_unknown():
    assert value(said(1, {}, "Encounter")) == {"status": "unknown"}
    assert value(said(1, {}, "Encounter"), said(2, {"status": "planned"}, "Encounter")) == {
        "status": "planned"
    }


def test_a_move_that_may_not_be_is_not_made_and_noted():
    steps = fold(
        [said(1, {"status": "finished"}, "Encounter"), said(2, {"status": "arrived"}, "Encounter")]
    )
    assert steps[-1].value["status"] == "finished"
    assert steps[-1].is_move_refused


@pytest.mark.parametrize(
    ("held", "asked", "forced", "may"),
    [
        ("planned", "arrived", False, True),
        ("planned", "finished", False, True),
        ("finished", "in-progress", False, False),
        ("finished", "in-progress", True, True),
        ("in-progress", "cancelled", False, False),
        ("in-progress", "cancelled", True, True),
        ("cancelled", "in-progress", False, False),
        ("in-progress", "onleave", False, True),
        ("onleave", "in-progress", False, True),
        ("finished", "entered-in-error", False, True),
        ("entered-in-error", "finished", False, False),
        ("unknown", "arrived", False, True),
        ("arrived", "unknown", False, False),
        ("unknown", "unknown", False, True),
    ],
)
def test_the_moves_of_a_stay(held, asked, forced, may):
    assert may_move(held, asked, forced=forced) is may


def bed(name, status="active", **period):
    item = {"location": {"display": name}, "status": status}
    return {**item, "period": period} if period else item


def beds(held, said_, **more):
    return met(ListMode.HISTORY, held, said_, at=START, forces=more.get("forces", False))


def test_a_new_place_closes_the_one_before():
    assert beds([bed("a", start="1")], [bed("b", start="2")]) == [
        bed("a", "completed", start="1", end="2"),
        bed("b", start="2"),
    ]
    assert beds([bed("a")], [bed("a")]) == [bed("a")]


def test_a_cancelled_move_leads_back():
    moved = [bed("a", "completed", start="1", end="2"), bed("b", start="2")]
    assert beds(moved, [bed("a")], forces=True) == [bed("a", start="1")]


def test_a_place_that_was_left_is_closed_or_noted():
    assert beds([bed("a", start="1")], [bed("a", "completed", end="3")]) == [
        bed("a", "completed", start="1", end="3")
    ]
    assert beds([], [bed("a", "completed")]) == [bed("a", "completed")]


def test_what_is_planned_takes_the_place_of_former_plans():
    assert beds([bed("a", "planned")], [bed("b", "planned")]) == [bed("b", "planned")]


def test_added_items_are_known_by_their_identity_and_may_be_removed():
    held = [{"system": "s", "value": "1", "use": "old"}]
    added = met(ListMode.ADD, held, [{"system": "s", "value": "1"}], at=START, forces=False)
    assert added == [{"system": "s", "value": "1"}]
    assert met(ListMode.REMOVE, added, added, at=START, forces=False) == []


def role(code, who):
    types = [{"coding": [{"code": code}]}] if code else None
    return {"individual": {"display": who}} | ({"type": types} if types else {})


def test_participants_are_replaced_by_their_role():
    held = [role("ATND", "a"), role("CON", "b"), role(None, "c")]
    assert by_role(held, [role("CON", "d")]) == [
        role("ATND", "a"),
        role(None, "c"),
        role("CON", "d"),
    ]


def test_numbers_in_control_ids_sort_by_their_size():
    assert turn_of("A9") < turn_of("A10")
    assert turn_of(None) == ""


def test_any_way_of_applying_what_is_newest_is_the_fold_of_all():
    all_ = [
        said(1, {**NAME, "birthDate": "1950"}),
        said(2, {"gender": "male", "deceasedBoolean": False}),
        said(3, {"deceasedDateTime": "2026"}, nulls=("name",)),
        said(4, {"gender": "female", "telecom": [{"value": "1"}]}),
    ]
    for cut in range(1, 4):
        first = fold(all_[:cut])[-1]
        after = fold(all_[cut:], Base(first.value, None, None))
        assert list(after[-1].value.items()) == list(fold(all_)[-1].value.items())
