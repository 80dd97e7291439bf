"""The rules that hold everywhere: complete, as the sheets say, and replaceable table by table."""

import csv
from datetime import timedelta

import pytest

from careweave.agreements import Level, checked, default_rules
from careweave.terms import Heading, Label, Purpose, Role, Tie
from tests.lib.agreement_files import ROOT, files

PEOPLE = set(Role) - {Role.SYSTEM}
DEFAULTS = ROOT / "careweave/agreements/defaults"


def test_each_role_has_a_level_of_each_heading_and_systems_have_none() -> None:
    rules = default_rules()
    assert set(rules.matrix) == {(role, heading) for role in PEOPLE for heading in Heading}
    assert len(rules.matrix) == 456


def test_each_label_has_a_level_for_each_role_and_its_origin() -> None:
    roles = {*PEOPLE, None}
    assert set(default_rules().labels) == {(label, role) for label in Label for role in roles}


@pytest.mark.parametrize(
    ("role", "heading", "level"),
    [("ED", "SAF", "I"), ("CN", "FAM", "-"), ("SW", "INV", "-"), ("CH", "PRB", "R"),
     ("CI", "RSK", "T"), ("AN", "MED", "D"), ("PX", "RES", "-"), ("PA", "DIS", "S")],
)  # fmt: skip
def test_cells_of_the_matrix_are_those_of_the_sheet(role: str, heading: str, level: str) -> None:
    assert default_rules().matrix[Role(role), Heading(heading)] is Level(level)


@pytest.mark.parametrize(
    ("label", "role", "level"),
    [("S1", "ED", "R"), ("S1", "CN", "-"), ("S2", "GP", "K"), ("S2", "CI", "T"), ("S4", None, "K"),
     ("S6", "SW", "F"), ("S6", "PA", "I"), ("S7", "GP", "I"), ("S9", "CN", "R"), ("S10", "CI", "T"),
     ("V", None, "F"), ("V", "ED", "-"), ("access-secret", "PA", "tie"), ("triage", "GP", "C"),
     ("finance", "CI", "F"), ("young-person-confidential", "PX", "-")],
)  # fmt: skip
def test_cells_of_labels_are_those_of_the_sheet(label: str, role: str | None, level: str) -> None:
    asked = Role(role) if role else None
    assert default_rules().labels[Label(label), asked] == level


def test_nobody_but_a_mandate_sees_what_is_sealed() -> None:
    assert {default_rules().labels[Label.S8, role] for role in (*PEOPLE, None)} == {"-"}


def test_bars_gates_and_silence_are_those_of_the_sheet() -> None:
    rules = default_rules()
    assert rules.bars == {Label.S2, Label.S4, Label.S8, Label.VERY_RESTRICTED}
    assert rules.gates.isdisjoint(rules.bars)
    assert rules.bars | {Label.S6, Label.S7, Label.TRIAGE} <= rules.silent
    assert rules.silent.isdisjoint({Label.S1, Label.S5, Label.S9})


def test_exceptions_go_before_the_table() -> None:
    rules = default_rules()
    assert rules.exceptions[Label.S9, Heading.MED, Role.PH] == "F"
    assert (Label.S9, Heading.MED, Role.SW) not in rules.exceptions
    assert rules.exceptions[Label.S5, Heading.CTG, Role.PA] == "F"
    assert rules.in_settings == {
        (Label.S3, Role.HC, "obstetrics"): "R",
        (Label.ACCESS_SECRET, Role.CH, "home-care"): "tie",
    }


def test_roles_and_ties_are_those_of_the_sheet() -> None:
    rules = default_rules()
    assert rules.own_ties[Role.CH, "home-care"] == {Tie.CASELOAD}
    assert rules.own_ties[Role.CH, ""] == {Tie.RESIDENCE}
    assert rules.own_ties[Role.CI, ""] == frozenset()
    assert rules.grace[Tie.ENCOUNTER, Role.HC] == timedelta(days=30)
    assert rules.grace[Tie.ENCOUNTER, Role.ED] == timedelta(days=7)
    assert rules.grace[Tie.RESIDENCE, None] == timedelta(0)
    assert set(rules.own_months) == PEOPLE
    assert set(rules.finds_per_hour) == PEOPLE - {Role.CI, Role.PX, Role.AN}
    assert rules.emergency[Role.SW] == {Purpose.SAFEGUARDING}
    assert {role for role, purposes in rules.emergency.items() if purposes} == {
        *(Role.ED, Role.GP, Role.PA, Role.HC, Role.MH, Role.SW)
    }
    assert rules.only_today == {Heading.LEG}


def test_a_region_replaces_a_table_whole() -> None:
    body = (DEFAULTS / "matrix.csv").read_text().replace("\nDEM,C,", "\nDEM,-,")
    held = files() | {"roles/matrix.csv": body.encode()}
    world, notices = checked(held, version=1, zone="Europe/London")
    assert notices == ()
    assert world is not None
    assert world.rules.matrix[Role.ED, Heading.DEM] is Level.NEVER
    assert world.rules.labels == default_rules().labels


def _broken(name: str, old: str, new: str) -> list[str]:
    body = (DEFAULTS / name).read_text()
    assert old in body
    held = files() | {f"roles/{name}": body.replace(old, new, 1).encode()}
    world, notices = checked(held, version=1, zone="Europe/London")
    assert world is None
    return [one.text for one in notices]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("matrix.csv", "\nDEM,C,", "\nDEM,Z,"),
        ("matrix.csv", "\nDEM,", "\nXXX,"),
        ("matrix.csv", "\nDEM,C,F,C,C,C,C,C,C,C,F,C,D", ""),
        ("matrix.csv", "heading,ED", "heading,EE"),
        ("matrix.csv", "\nGPP,", "\nDEM,"),
        ("labels.csv", "\nS8,-", "\nS8,X"),
        ("labels.csv", "\nS8,-,-,-,-,-,-,-,-,-,-,-,-,-,silent,no,yes", ""),
        ("labels.csv", "silent,no,yes", "hushed,no,yes"),
        ("label-exceptions.csv", "S9,ED,MED,,F", "S9,ED,MED,home,F"),
        ("label-exceptions.csv", "S9,ED,MED,,F", "S9,ED,MEDS,,F"),
        ("roles.csv", ",12,DIS=3,", ",12,DIS=many,"),
        ("roles.csv", ",12,DIS=3,", ",a year,DIS=3,"),
        ("roles.csv", "ED,,encounter,", "ED,,hunch,"),
        ("ties.csv", "encounter,,P0D", "encounter,,a week"),
        ("rules.yaml", "brief: 3", "brief: three"),
        ("rules.yaml", "brief: 3", "brief: 3\nlong: 4"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused_with_its_line(
    name: str, old: str, new: str
) -> None:
    told = _broken(name, old, new)
    assert told
    assert all(line.startswith(f"roles/{name}") for line in told)


def test_a_file_that_is_no_table_is_refused() -> None:
    world, _ = checked(files() | {"roles/matrixx.csv": b""}, version=1, zone="Europe/London")
    assert world is None


def test_tables_say_in_their_head_what_they_mean() -> None:
    for path in DEFAULTS.iterdir():
        first = path.read_text().splitlines()
        assert first[0].startswith("#"), path.name
        assert any("Source:" in line for line in first), path.name
    with (DEFAULTS / "matrix.csv").open() as opened:
        assert len(list(csv.reader(opened))) == 40
