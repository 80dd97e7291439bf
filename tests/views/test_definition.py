"""View files: what they may say, what is refused with its place, and which one holds for whom."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import CARE_ROLES, default_rules
from careweave.terms import Heading, Incorrect, Role, Unsupported
from careweave.views import checked_views, national, overview, read_views
from careweave.views._definition import KINDS, SLOTS
from tests.lib.shown import making, shown

GOOD = """\
careweave: view/1
role: ED
title: Our emergency department
budget: {clicks: 1, seconds: 1.5, bytes: 100000}
questions:
  - {ask: What is the person taking?, widget: medicines}
widgets:
  - {name: medicines, kind: facts, slot: main, title: Medicines, headings: [MED]}
  - {name: results, kind: trends, slot: side, title: Results, headings: [INV], count: 5}
newest: {INV: 20}
"""


def faults(text: str, path: str = "views/ours.yaml") -> list[str]:
    return [one.text for one in checked_views({path: text.encode()})[1]]


def test_every_role_of_care_has_a_view_and_others_have_none() -> None:
    for role in Role:
        if role in CARE_ROLES:
            assert national().definition(role).role is role
        else:
            with pytest.raises(Unsupported):
                national().definition(role)


def test_a_view_of_a_setting_goes_before_that_of_its_role() -> None:
    views = national()
    assert views.definition(Role.CH, "home-care").name == "ch-home-care"
    assert views.definition(Role.CH).name == "ch"
    assert views.definition(Role.CH, "elsewhere").name == "ch"


def test_a_file_of_a_region_holds_whole_in_place_of_the_packages() -> None:
    ours = read_views({"views/ours.yaml": GOOD.encode()})
    one = ours.definition(Role.ED)
    assert [block.name for block in one.blocks] == ["medicines", "results"]
    assert ours.definition(Role.GP) == national().definition(Role.GP)


def test_a_changed_file_changes_the_page_without_a_line_of_code() -> None:
    changed = GOOD.replace("title: Medicines", "title: Taking now").replace(
        "slot: side", "slot: top"
    )
    one = read_views({"views/ours.yaml": changed.encode()}).definition(Role.ED)
    page = overview(one, shown(), making())
    assert list(page.slots) == ["top", "main"]
    assert [one.title for one in page.slots["main"]] == ["Taking now"]
    assert [one.text for one in page.questions] == ["What is the person taking?"]


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        ("widget: medicines}", "widget: medicine}", "6: questions[0].widget: this is against"),
        ("name: results", "name: medicines", "9: widgets[1].name: this is against"),
        ("[MED]}", "[MED], count: 3}", "8: widgets[0].count: this is against"),
        ("newest: {INV: 20}", "newest: {MED: 20}", "10: newest.MED: this is against"),
        ("newest: {INV: 20}", "newest: {VAC: 20}", "10: newest.VAC: this is against"),
        ("[INV]", "[INQ]", "9: widgets[1].headings[0]: this is no heading (V1); "),
        (
            "kind: facts",
            "kind: fact",
            "8: widgets[0].kind: this is no kind of widget (V1); did you",
        ),
        (
            "slot: main",
            "slot: middle",
            "8: widgets[0].slot: this is no slot (V1);",
        ),
        ("role: ED", "role: CI", "2: role: this is no role (V1)"),
        (
            "title: Our",
            "titel: Our",
            "3: titel: this name is not known here (FORM); did you mean tit",
        ),
        ("clicks: 1, ", "", "4: budget.clicks: this is missing (FORM); clicks from launch"),
        ("budget:", "budget", "4: this is not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_file_line_and_remedy(
    was: str, is_now: str, said: str
) -> None:
    assert was in GOOD
    found = faults(GOOD.replace(was, is_now))
    assert any(f"views/ours.yaml:{said}" in one for one in found)
    assert all(one.startswith("views/ours.yaml:") and ";" in one for one in found)


def test_two_files_for_one_role_are_refused() -> None:
    two = {"views/a.yaml": GOOD.encode(), "views/b.yaml": GOOD.encode()}
    with pytest.raises(Incorrect) as refused:
        read_views(two)
    assert "views/a.yaml is a view for the same role" in str(refused.value)


def test_words_of_a_region_go_before_those_of_the_package() -> None:
    terms = b"careweave: view-terms/1\nunits: {mcg: mikrogram}\n"
    found = read_views({"views/terms.yaml": terms}).terms
    assert found.units["mcg"] == "mikrogram"
    assert found.units["ng"] == "nanograms"
    assert faults("careweave: view-terms/1\nsettings: {gp: nowhere}\n", "views/terms.yaml")


def test_files_of_other_folders_are_none_of_a_views() -> None:
    assert faults("nonsense", "agreements/x.yaml") == []


def test_a_view_shows_nothing_that_its_role_never_sees() -> None:
    matrix = default_rules().matrix
    # An agreement may give more to a setting: the key safe to home care.
    for one in (view for view in national().definitions if not view.setting):
        for block in one.blocks:
            for heading in block.headings:
                assert str(matrix[one.role, heading]) != "-", (one.name, block.name, heading)


def test_a_view_wants_what_it_shows_and_the_outline_of_all() -> None:
    for one in national().definitions:
        shown_there = {heading for block in one.blocks for heading in block.headings}
        assert one.wanted.headings >= shown_there
        assert Heading.DEM in one.wanted.headings
        assert one.wanted.outline == frozenset(Heading)
        assert not set(one.newest) & {Heading.MED, Heading.ALG}


def test_the_first_screen_answers_every_question_of_its_view() -> None:
    for one in national().definitions:
        names = {block.name for block in one.blocks}
        assert one.answers
        assert {answer.widget for answer in one.answers} <= names
        assert {block.slot for block in one.blocks} <= set(SLOTS)
        assert {block.kind for block in one.blocks} <= set(KINDS)


def test_the_files_of_the_package_are_each_read_once() -> None:
    folder = files("careweave.views").joinpath("defaults")
    names = {one.name.removesuffix(".yaml") for one in folder.iterdir() if ".yaml" in one.name}
    assert {one.name for one in national().definitions} == names - {"terms"}


@given(st.text(max_size=300))
def test_whatever_stands_in_a_file_is_read_or_refused(text: str) -> None:
    checked_views({"views/x.yaml": text.encode()})


@given(st.data())
def test_a_file_with_a_line_missing_is_read_or_refused_at_a_line(data) -> None:
    lines = GOOD.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    for fault in faults("\n".join([*lines[:at], *lines[at + 1 :]])):
        assert fault.startswith("views/ours.yaml:")
