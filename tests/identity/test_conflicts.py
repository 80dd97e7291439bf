"""What forbids that two are one person: the table of section 7, and who is a twin of whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from careweave.identity._conflicts import Judging, Veto, conflicts, group_conflicts
from careweave.identity._evidence import basis
from careweave.identity._forenames import Closeness, closeness
from careweave.identity._likeness import (
    are_births_near,
    have_alike_names,
    have_one_family,
    have_one_household,
    year_gap,
)
from careweave.identity._limits import limits
from careweave.identity._member import Barrier, Member
from careweave.identity._norm import Home, Norm
from careweave.terms import SubjectId
from tests.identity.norms import GRACE, named, norms, with_names

NOW = datetime(2026, 3, 16, tzinfo=UTC)
SHARES = {"grace": 0.002, "gracia": 0.001, "maria": 0.02, "jaden": 0.001, "jayden": 0.001}
JUDGING = Judging(limits(), SHARES)
# Alike in nothing that the vetoes look at.
ALONE = replace(GRACE, nhs="", homes=(), phones=(), emails=())
STRANGER = replace(
    ALONE, names=(named("adebayo", "tunde"),), birth=(1951, 7, 30), sex="male", practice=""
)


def one(norm: Norm, subject: int = 1, **other: object) -> Member:
    made = Member(SubjectId(subject), f"A{subject}", f"s{subject}", norm, NOW)
    return replace(made, **other)  # type: ignore[arg-type]


def vetoes(left: Norm, right: Norm, judging: Judging = JUDGING) -> set[str]:
    found = conflicts(one(left), one(right, 2), judging)
    assert found == conflicts(one(right, 2), one(left), judging)
    return {str(veto) for veto in found}


def called(given: str, family: str = "okafor") -> Norm:
    return replace(ALONE, names=(named(family, given),))


@pytest.mark.parametrize(
    ("left", "right", "close"),
    [
        ("grace", "grace", Closeness.EQUAL),
        ("grace", "g", Closeness.FORM),
        ("grace", "gra", Closeness.FORM),
        ("grace", "gr", Closeness.APART),
        ("elizabeth", "betty", Closeness.FORM),
        ("grace", "gracce", Closeness.SIMILAR),
        ("grace", "gracia", Closeness.RIVAL),
        ("jaden", "jayden", Closeness.RIVAL),
        ("ali", "axi", Closeness.SIMILAR),
        ("jaden", "ruth", Closeness.APART),
        ("grace ada", "ada", Closeness.FORM),
        ("grace ada", "grace", Closeness.EQUAL),
        ("grace ada", "grace a", Closeness.EQUAL),
        ("grace ada ruth", "grace ruth", Closeness.EQUAL),
        ("grace ada", "grace tunde", Closeness.RIVAL),
        ("maria jose", "maria carmen", Closeness.APART),
        ("maria jose", "maria josse", Closeness.EQUAL),
        ("", "grace", Closeness.UNKNOWN),
    ],
)
def test_forenames_are_as_close_as_the_sheet_says(left: str, right: str, close: Closeness) -> None:
    assert closeness(called(left), called(right), SHARES, limits()) is close
    assert closeness(called(right), called(left), SHARES, limits()) is close


def test_a_forename_that_stands_as_the_family_name_is_the_same_forename() -> None:
    exchanged = called("okafor", "grace")
    assert closeness(called("grace"), exchanged, SHARES, limits()) is Closeness.FORM
    married = called("adebayo", "grace")
    assert closeness(called("grace"), married, SHARES, limits()) is Closeness.FORM
    assert (
        closeness(called("grace"), called("tunde", "adebayo"), SHARES, limits()) is Closeness.APART
    )
    # Who has one name only has it in both places.
    single = called("suparman", "suparman")
    assert closeness(single, called("grace", "suparman"), SHARES, limits()) is Closeness.APART


def test_a_former_forename_counts() -> None:
    now = with_names(named("okafor", "tunde"), named("okafor", "grace", is_past=True))
    assert closeness(now, called("grace"), SHARES, limits()) is Closeness.EQUAL


def test_births_are_near_when_one_part_is_a_slip() -> None:
    def born(year: int, month: int, day: int, precision: str = "day") -> Norm:
        return replace(ALONE, birth=(year, month, day), precision=precision)

    base = born(1980, 5, 12)
    assert are_births_near(base, born(1980, 5, 12))
    assert are_births_near(base, born(1980, 5, 21))
    assert are_births_near(base, born(1980, 12, 5))
    assert not are_births_near(base, born(1981, 6, 12))
    assert not are_births_near(base, born(1980, 0, 0, "year"))
    assert not are_births_near(base, replace(ALONE, birth=None, precision="none"))
    assert year_gap(base, born(1968, 5, 12)) == 12
    assert year_gap(base, replace(ALONE, birth=None)) is None
    assert year_gap(base, born(0, 5, 12)) is None


def test_a_household_is_an_address_a_phone_or_a_mother() -> None:
    home = Home("LS1 4AB", house="12", street="mill lane")
    assert have_one_household(replace(ALONE, mother="m1"), replace(STRANGER, mother="m1"))
    assert have_one_household(replace(ALONE, phones=("1",)), replace(STRANGER, phones=("1",)))
    assert have_one_household(replace(ALONE, homes=(home,)), replace(STRANGER, homes=(home,)))
    assert not have_one_household(
        replace(ALONE, homes=(home,)), replace(STRANGER, homes=(replace(home, postcode="BD7 1XY"),))
    )
    bare = replace(home, postcode="")
    assert have_one_household(replace(ALONE, homes=(bare,)), replace(STRANGER, homes=(home,)))
    assert not have_one_household(ALONE, STRANGER)
    assert not have_one_household(
        replace(ALONE, homes=(replace(bare, house=""),)), replace(STRANGER, homes=(home,))
    )


def test_family_names_sound_alike_and_any_name_may_stand_in_any_place() -> None:
    assert have_one_family(called("grace", "smith"), called("ruth", "smyth"))
    assert not have_one_family(called("grace", "smith"), called("ruth", "okafor"))
    assert have_alike_names(called("grace", "smith"), called("smith", "okafor"))
    assert not have_alike_names(called("grace", "smith"), called("ruth", "okafor"))


def test_strangers_have_no_veto_and_nobody_one_with_themselves() -> None:
    assert vetoes(ALONE, STRANGER) == set()
    assert vetoes(GRACE, GRACE) == set()


def test_v1_two_verified_numbers_of_one_kind_differ() -> None:
    verified = frozenset({"nhs"})
    left = replace(ALONE, nhs="9434765919", verified=verified)
    right = replace(ALONE, nhs="4010232137", verified=verified)
    assert vetoes(left, right) == {"V1"}
    assert vetoes(left, replace(right, verified=frozenset())) == set()
    assert vetoes(left, replace(ALONE, chi="0101901003", verified=frozenset({"chi"}))) == set()
    # One number has taken the place of the other.
    assert vetoes(left, replace(right, past_numbers=("9434765919",))) == set()
    assert vetoes(replace(left, past_numbers=("4010232137",)), right) == set()


def test_v2_births_that_are_sure_on_both_sides_agree_in_no_part() -> None:
    far = replace(STRANGER, names=ALONE.names)
    ours = [one(ALONE), one(ALONE, 3)]
    assert Veto.BIRTH not in group_conflicts(ours, [one(far, 2)], JUDGING)
    assert Veto.BIRTH in group_conflicts(ours, [one(far, 2), one(far, 4)], JUDGING)
    sure = replace(far, nhs="9434765919", verified=frozenset({"nhs"}))
    assert Veto.BIRTH in group_conflicts(ours, [one(sure, 2)], JUDGING)
    near = replace(sure, birth=(1978, 7, 30))
    assert Veto.BIRTH not in group_conflicts(ours, [one(near, 2)], JUDGING)
    vague = replace(sure, precision="year")
    assert Veto.BIRTH not in group_conflicts(ours, [one(vague, 2)], JUDGING)
    unknown = replace(sure, birth=None)
    assert Veto.BIRTH not in group_conflicts(ours, [one(unknown, 2)], JUDGING)
    left_out = replace(JUDGING, leaves_out=frozenset({Veto.BIRTH}))
    assert Veto.BIRTH not in group_conflicts(ours, [one(sure, 2)], left_out)


HOME = Home("LS1 4AB", house="12", street="mill lane")


@pytest.mark.parametrize(
    ("other", "are_twins"),
    [
        (called("tunde"), True),
        (called("grace"), False),
        (called(""), True),
        (replace(called("tunde"), birth=(1980, 5, 13)), True),
        (replace(called("tunde"), birth=(1983, 6, 13)), False),
        (called("tunde", "adebayo"), False),
        (replace(called("tunde", "adebayo"), homes=(HOME,)), True),
        # Parent and child, or a baby without a name: what relatives share is no proof.
        (replace(called("tunde"), homes=(HOME,), birth=(1999, 6, 13)), True),
        (replace(called(""), homes=(HOME,), birth=(2026, 3, 1)), True),
        (replace(called("tunde"), homes=(HOME,), birth=None, precision="none"), True),
        (replace(called("gracia"), homes=(HOME,), birth=(1999, 6, 13)), False),
        (called("gracia"), False),
        (replace(called("gracia"), homes=(HOME,)), True),
        (replace(called("gracce"), homes=(HOME,)), False),
        (replace(called("gracce"), sex="male"), True),
        (replace(called("gracce"), birth_order=2), True),
        (replace(called("gracce"), nhs="4010232137"), True),
        (replace(called("grace"), nhs="4010232137"), False),
    ],
)
def test_v3_twins_are_told_apart_by_their_forenames(other: Norm, *, are_twins: bool) -> None:
    first = replace(called("grace"), homes=(HOME,), birth_order=1, nhs="9434765919")
    assert ("V3" in vetoes(first, other)) is are_twins


def test_v3_one_source_and_one_mother_want_the_same_forename() -> None:
    left, right = replace(called("grace"), mother="m1"), replace(called("gracce"), mother="m1")
    assert Veto.TWINS not in conflicts(one(left), one(right, 2), JUDGING)
    same = one(right, 2, authority="A1")
    assert Veto.TWINS in conflicts(one(left), same, JUDGING)


def test_v4_the_same_names_a_generation_apart() -> None:
    father = replace(GRACE, birth=(1948, 5, 12), nhs="")
    assert "V4" in vetoes(replace(GRACE, nhs=""), father)
    assert "V4" in vetoes(replace(GRACE, nhs=""), replace(father, homes=(), phones=()))
    elsewhere = replace(father, homes=(Home("BD7 1XY"),), phones=())
    assert "V4" not in vetoes(replace(GRACE, nhs=""), elsewhere)
    assert "V4" not in vetoes(replace(GRACE, nhs=""), replace(father, birth=(1970, 5, 12)))
    assert "V4" not in vetoes(replace(GRACE, nhs=""), replace(father, names=STRANGER.names))
    assert "V4" not in vetoes(GRACE, replace(father, nhs=GRACE.nhs)), (
        "one number, a slip of the year"
    )
    other_name = replace(father, names=(named("okafor", "tunde"),))
    assert "V4" not in vetoes(replace(GRACE, nhs=""), other_name)


def test_v5_nobody_is_seen_alive_a_month_after_death() -> None:
    dead = one(replace(ALONE, died="2026-01-10"))
    later = NOW
    assert Veto.DEATH in conflicts(dead, one(ALONE, 2, alive_at=later), JUDGING)
    assert Veto.DEATH in conflicts(one(ALONE, 2, alive_at=later), dead, JUDGING)
    assert Veto.DEATH not in conflicts(dead, one(ALONE, 2), JUDGING)
    soon = datetime(2026, 2, 1, tzinfo=UTC)
    assert Veto.DEATH not in conflicts(dead, one(ALONE, 2, alive_at=soon), JUDGING)
    also = one(replace(ALONE, died="2026-01-12"), 2, alive_at=later)
    assert Veto.DEATH not in conflicts(dead, also, JUDGING)
    unborn = one(replace(ALONE, birth=(2026, 2, 1)), 2)
    assert Veto.DEATH in conflicts(dead, unborn, JUDGING)
    undated = one(replace(ALONE, died="yes"))
    assert Veto.DEATH not in conflicts(undated, one(ALONE, 2, alive_at=later), JUDGING)


def test_v6_and_v7_barriers_stand_until_they_are_lifted() -> None:
    def barred(kind: str) -> Judging:
        wall = Barrier(kind, basis(ALONE, ALONE))
        return replace(JUDGING, barriers={(SubjectId(1), SubjectId(2)): (wall,)})

    assert vetoes(ALONE, ALONE, barred("not_same")) == {"V6"}
    assert vetoes(ALONE, ALONE, barred("sealed")) == {"V7"}
    assert vetoes(ALONE, ALONE, barred("number_conflict")) == set(), "judged on the numbers alone"
    assert Veto.SEALED in conflicts(one(ALONE), one(ALONE, 2, state="sealed"), JUDGING)
    judging = barred("not_same")
    assert not judging.has_changed(one(ALONE), one(ALONE, 2))
    assert judging.has_changed(one(ALONE), one(STRANGER, 2))
    assert not JUDGING.has_changed(one(ALONE), one(STRANGER, 2))


def test_v8_a_source_that_keeps_nobody_twice_has_both() -> None:
    left = one(ALONE, deduplicates=True)
    right = one(ALONE, 2, authority="A1")
    assert Veto.SAME_SOURCE in conflicts(left, right, JUDGING)
    assert Veto.SAME_SOURCE in conflicts(right, left, JUDGING)
    for other in (
        one(ALONE, 2),
        one(ALONE, 2, authority="A1", state="retired"),
        one(ALONE, 2, authority="A1", seen_at=NOW - timedelta(days=91)),
        one(ALONE, 1, authority="A1"),
    ):
        assert Veto.SAME_SOURCE not in conflicts(left, other, JUDGING)
    plain = one(ALONE)
    assert Veto.SAME_SOURCE not in conflicts(plain, right, JUDGING)


def test_v9_a_person_has_only_so_many_records() -> None:
    ours = [one(ALONE, n) for n in range(1, 13)]
    assert group_conflicts(ours, [one(ALONE, 20)], JUDGING) == {Veto.SIZE: one(ALONE, 20)}
    assert group_conflicts(ours[:-1], [one(ALONE, 20)], JUDGING) == {}
    assert group_conflicts(ours, [one(ALONE, 20, state="retired")], JUDGING) == {}
    of_one = [one(ALONE, n, authority="A") for n in range(1, 4)]
    assert Veto.SIZE in group_conflicts(of_one, [one(ALONE, 20, authority="A")], JUDGING)
    left_out = replace(JUDGING, leaves_out=frozenset({Veto.SIZE}))
    assert group_conflicts(ours, [one(ALONE, 20)], left_out) == {}


def test_v10_what_is_frozen_is_not_linked() -> None:
    assert Veto.FROZEN in conflicts(one(ALONE), one(ALONE, 2, state="frozen"), JUDGING)


def test_what_is_left_out_is_not_asked() -> None:
    judging = replace(JUDGING, leaves_out=frozenset({Veto.TWINS}))
    assert vetoes(called("grace"), called("tunde"), judging) == set()


@given(norms(), norms())
def test_a_conflict_has_no_direction_and_a_group_has_those_of_its_members(
    left: Norm, right: Norm
) -> None:
    ours, theirs = one(left), one(right, 2)
    found = conflicts(ours, theirs, JUDGING)
    assert found == conflicts(theirs, ours, JUDGING)
    assert found <= group_conflicts([ours], [theirs], JUDGING).keys()
    assert found <= group_conflicts([one(ALONE, 3), ours], [theirs], JUDGING).keys()
