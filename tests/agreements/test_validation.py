"""Each rule of validation (agreements.md 3.2), broken once: the file, the line, the remedy."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.agreements import Grade, canonical, checked, emit, read_world
from careweave.terms import Heading, Incorrect
from tests.lib.agreement_files import (
    GONE,
    Changes,
    agreement,
    changed,
    clause,
    files,
    finding,
    key,
    organisations,
    own_access,
    party,
    planning,
    read,
)

CLAUSE = ("clauses", 0)
FAIR = {
    "care": agreement(),
    "find": agreement(clauses=[clause(), finding()]),
    "own": own_access(),
    "numbers": planning(),
}


@pytest.mark.parametrize("kind", FAIR)
def test_a_fair_file_is_taken_without_a_word(kind: str) -> None:
    world, notices = read(FAIR[kind])
    assert notices == ()
    assert world is not None


REJECTED: list[tuple[str, str, Changes]] = [
    # V1: names that lead nowhere
    ("V1", "care", {("owner", "org"): "org:nobody"}),
    ("V1", "care", {(*CLAUSE, "from"): ["group:nobody"]}),
    ("V1", "care", {(*CLAUSE, "from"): ["org:practices"]}),
    ("V1", "care", {(*CLAUSE, "to", "roles"): ["XX"]}),
    ("V1", "care", {(*CLAUSE, "to", "roles"): ["SYS"]}),
    ("V1", "care", {(*CLAUSE, "headings", "XYZ"): "F"}),
    ("V1", "care", {(*CLAUSE, "labels"): ["S99"]}),
    ("V1", "care", {(*CLAUSE, "purpose"): "CURIOSITY"}),
    ("V1", "care", {(*CLAUSE, "purpose"): "HOPERAT"}),
    ("V1", "care", {(*CLAUSE, "relationship", "test"): ["friendship"]}),
    ("V1", "care", {(*CLAUSE, "action"): ["look"]}),
    ("V1", "care", {("objective", "measures", 0, "metric"): "happiness"}),
    ("V1", "care", {("jurisdiction",): ["atlantis"]}),
    ("V1", "care", {("parties", 0, "assurance", "scheme"): "mine"}),
    ("V1", "care", {("loosens",): [{"cell": "XX.MED", "level": "F", "owner": "A",
                                        "reason": "b", "until": "2026-12-31"}]}),
    ("V1", "care", {(*CLAUSE, "from"): ["org:home"]}),  # no party: nobody signs for it
    ("V1", "care", {("parties", 1, "role"): "recipient"}),
    ("V1", "care", {(*CLAUSE, "cohort"): {"address_in": ["org:acute"]}}),  # an area of nobody
    ("V1", "care", {("clauses", 1): clause(labels=[])}),
    ("V1", "care", {("version",): 2, ("supersedes",): "agr-care@2"}),
    ("V1", "numbers", {(*CLAUSE, "cohort", "project_cohort"): "other"}),
    ("V1", "numbers", {("project", "cohort"): "region/cohorts/missing.yaml"}),
    # V2: purposes of the objective; secondary purposes have a kind of their own
    ("V2", "care", {("objective", "purposes"): ["COC"]}),
    ("V2", "numbers", {("kind",): "disclosure"}),
    # V3: care asks for a relationship and knows whom it is about
    ("V3", "care", {(*CLAUSE, "relationship", "test"): "none"}),
    ("V3", "care", {(*CLAUSE, "relationship", "test"): ["self"]}),
    ("V3", "care", {(*CLAUSE, "form", "identifiability"): "pseudonymised"}),
    ("V3", "care", {(*CLAUSE, "to", "roles"): ["CI"]}),
    ("V3", "care", {(*CLAUSE, "purpose"): "COC", ("objective", "purposes"): ["COC"]}),
    # V4: secondary use
    ("V4", "numbers", {(*CLAUSE, "relationship", "test"): ["registration"]}),
    ("V4", "numbers", {(*CLAUSE, "break_glass"): {"allowed": True, "lifts": ["reason"]}}),
    ("V4", "numbers", {(*CLAUSE, "action"): ["aggregate", "open"]}),
    ("V4", "numbers", {(*CLAUSE, "opt_out"): GONE}),
    ("V4", "numbers", {(*CLAUSE, "headings", "PRB"): "F"}),
    ("V4", "numbers", {(*CLAUSE, "to", "roles"): ["GP"]}),
    ("V4", "numbers", {(*CLAUSE, "form", "identifiability"): "identified"}),
    ("V4", "care", {(*CLAUSE, "form", "identifiability"): "aggregate"}),
    # V5: people and their own record
    ("V5", "own", {(*CLAUSE, "to", "roles"): ["CI", "ED"]}),
    ("V5", "own", {(*CLAUSE, "relationship", "test"): ["grant"]}),
    ("V5", "own", {(*CLAUSE, "labels"): ["S6"]}),
    ("V5", "own", {(*CLAUSE, "labels"): ["S7"]}),
    ("V5", "own", {("kind",): "disclosure"}),
    # V6: labels that no agreement carries, or only with consent
    ("V6", "care", {(*CLAUSE, "labels"): ["S8"]}),
    ("V6", "care", {(*CLAUSE, "labels"): ["V"]}),
    ("V6", "care", {(*CLAUSE, "labels"): ["S11"]}),
    ("V6", "care", {(*CLAUSE, "labels"): ["S12"]}),
    ("V6", "care", {(*CLAUSE, "labels"): ["S2"]}),
    ("V6", "care", {(*CLAUSE, "labels"): ["S4"]}),
    # V8a: what raises the matrix has an end
    ("V8a", "care", {("loosens",): [{"cell": "ED.FAM", "level": "F", "owner": "A. Example",
                                    "reason": "b", "until": "2027-04-01"}]}),
    # V13, of budgets and pages
    ("V13", "care", {(*CLAUSE, "quantity", "per_user_hour"): {"soft": 61, "hard": 60}}),
    ("V13", "care", {(*CLAUSE, "quantity", "per_day"): {"soft": 601, "hard": 600}}),
    ("V13", "care", {(*CLAUSE, "quantity", "people_per_request"): 2}),
    ("V13", "find", {("clauses", 1, "quantity", "people_per_request"): 6}),
    # V15: nobody shares with oneself
    ("V15", "care", {(*CLAUSE, "from"): ["group:practices", "org:acute"]}),
    # V17: PATADMIN if and only if find
    ("V17", "find", {("clauses", 1, "action"): ["find", "open"]}),
    ("V17", "care", {(*CLAUSE, "action"): ["open", "find"]}),
    ("V17", "find", {("clauses", 1, "headings"): {"DEM": "C", "ALG": "F"}}),
    ("V17", "find", {("clauses", 1, "to", "roles"): ["CI"]}),
    ("V17", "find", {("clauses", 1, "break_glass"): {"allowed": True, "lifts": ["reason"]}}),
    ("V17", "find", {("clauses", 1, "relationship", "test"): ["encounter"]}),
    ("V17", "find", {("clauses", 1, "to", "roles"): ["CH"]}),
    ("V17", "find", {("clauses", 1, "to"): {"orgs": ["org:acute"], "roles": ["CH"],
                                            "settings": ["home-care"]},
                     ("clauses", 1, "relationship", "test"): ["residence"]}),
    # what is mandatory under a condition
    ("FORM", "care", {("uri",): GONE}),
    ("FORM", "care", {("version",): 2}),
    ("FORM", "numbers", {("project",): GONE}),
    ("FORM", "care", {("summary",): {"cy": "Gofal"}}),
    ("FORM", "care", {("law", "confidentiality", "basis"): "statute"}),
    ("FORM", "care", {("law", "dpia", "residual_risk"): "high"}),
    ("FORM", "care", {("law", "controllers", "model"): "joint"}),
    ("FORM", "care", {("parties",): [party("org:acute", "both")]}),
    ("FORM", "care", {(*CLAUSE, "break_glass"): {"allowed": True}}),
    ("FORM", "care", {(*CLAUSE, "break_glass"): {"allowed": False, "lifts": ["reason"]}}),
    ("FORM", "care", {(*CLAUSE, "break_glass", "minutes"): 61}),
    ("FORM", "care", {(*CLAUSE, "quantity", "rows_per_request"): 501}),
    ("FORM", "care", {(*CLAUSE, "log_to_person"): "withheld"}),
    ("FORM", "care", {(*CLAUSE, "speed", "freshness"): {"ALG": "PT15M"}}),
    ("FORM", "care", {(*CLAUSE, "cohort"): {}}),
    ("FORM", "care", {(*CLAUSE, "headings"): {}}),
    ("FORM", "care", {(*CLAUSE, "headings", "ALG"): "-"}),
    ("FORM", "care", {(*CLAUSE, "when", "hours"): "Wed 22:00-06:00"}),
    ("FORM", "care", {(*CLAUSE, "when", "hours"): "Someday"}),
    ("FORM", "care", {(*CLAUSE, "colour"): "blue"}),
    ("FORM", "care", {("valid", "to"): "2027-02-30"}),
    ("FORM", "care", {("valid", "to"): "2027-W05-1"}),
    ("FORM", "care", {("loosens",): [{"cell": "ED.FAM", "level": "F", "owner": " ",
                                     "reason": "b", "until": "2026-12-31"}]}),
    ("FORM", "care", {("version",): "1"}),
    ("FORM", "care", {("law", "uk_gdpr", "dpa_sch1"): 1}),
    ("FORM", "numbers", {("project", "k"): 9}),
    ("FORM", "numbers", {("project", "free_text"): True}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "kind", "changes"),
    REJECTED,
    ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(REJECTED)],
)
def test_a_file_that_breaks_a_rule_is_refused_by_that_rule(
    rule: str, kind: str, changes: Changes
) -> None:
    world, notices = read(changed(FAIR[kind], changes))
    found = {notice.rule for notice in notices if notice.grade is Grade.REJECT}
    assert world is None
    assert rule in found or (rule == "FORM" and found == {"V1"})
    for notice in notices:
        assert notice.file == "agreements/1.yaml"
        assert notice.line > 0
        assert notice.remedy


def _warned(document: dict[str, Any]) -> list[tuple[str, str]]:
    world, notices = read(document)
    assert world is not None
    return [(notice.rule, notice.where) for notice in notices]


def test_v7_a_line_that_the_matrix_gives_to_nobody_is_a_warning() -> None:
    dead = changed(agreement(), {(*CLAUSE, "headings"): {"FAM": "F"}})
    assert _warned(dead) == [("V7", "clauses[0].headings.FAM")]


def test_v8_a_level_above_the_matrix_is_a_warning_that_names_the_cell() -> None:
    above = changed(agreement(), {(*CLAUSE, "headings"): {"DEM": "F"}})
    _, notices = read(above)
    assert [(one.rule, "ED.DEM (C)" in one.message) for one in notices] == [("V8", True)]
    line = {"cell": "ED.DEM", "level": "F", "owner": "A", "reason": "b", "until": "2027-03-31"}
    assert _warned(changed(above, {("loosens",): [line]})) == []


def test_v3_an_objection_that_does_not_count_in_care_is_a_warning() -> None:
    deaf = changed(agreement(), {(*CLAUSE, "dissent"): {"not-applicable": "an act"}})
    assert _warned(deaf) == [("V3", "clauses[0].dissent")]


def test_v9_more_than_three_years_is_a_warning() -> None:
    long = changed(agreement(), {("valid", "to"): "2029-06-01"})
    assert _warned(long) == [("V9", "valid.to")]


def test_v14_a_promise_that_the_feed_does_not_keep_is_a_warning() -> None:
    late = {("practice", Heading.ALG): timedelta(hours=2)}
    world, notices = checked(files(agreement()), version=1, zone="Europe/London", achieved=late)
    assert world is not None
    assert [(one.rule, one.where) for one in notices] == [("V14", "clauses[0].speed.freshness.ALG")]


def test_one_version_stands_in_one_file() -> None:
    world, notices = read(agreement(), agreement())
    assert world is None
    assert [(one.rule, one.file) for one in notices] == [("V1", "agreements/2.yaml")]


def test_all_faults_are_raised_at_once_each_with_its_line() -> None:
    wrong = changed(agreement(), {("colour",): "blue", ("status",): "fine", ("version",): 0})
    with pytest.raises(Incorrect) as raised:
        read_world(files(wrong), version=1, zone="Europe/London")
    assert len(raised.value.issues) == 3
    assert all(one.message.startswith("agreements/1.yaml:") for one in raised.value.issues)


def test_a_fault_names_the_line_and_the_nearest_word() -> None:
    body = files(agreement())["agreements/1.yaml"].decode()
    bad = body.replace("status: agreed", "statuss: agreed")
    line = bad.split("\n").index("statuss: agreed") + 1
    held = files() | {"agreements/1.yaml": bad.encode()}
    _, notices = checked(held, version=1, zone="Europe/London")
    told = {(one.line, one.where, one.remedy) for one in notices}
    assert (line, "statuss", "did you mean status?") in told


def test_without_organisations_nothing_is_taken() -> None:
    world, notices = checked({}, version=1, zone="Europe/London")
    assert world is None
    assert [one.file for one in notices] == ["organisations.yaml"]


def test_an_unknown_time_zone_is_refused() -> None:
    assert checked(files(), version=1, zone="Mars/Olympus")[0] is None


def test_a_key_has_a_name_of_its_own() -> None:
    listed = organisations()
    listed["organisations"][1]["keys"] = [key("practice", kid="acute-1")]
    world, notices = checked(
        files() | {"organisations.yaml": emit(listed)}, version=1, zone="Europe/London"
    )
    assert world is None
    assert [one.where for one in notices] == ["organisations[1].keys[0].kid"]


_WORDS = st.sampled_from(
    ["", "none", "org:acute", "ED", "F", "S1", "P30D", "2026-04-01", "x" * 5000]
)
_ODD: st.SearchStrategy[Any] = st.one_of(
    *(st.none(), st.booleans(), st.integers(-5, 10**15), _WORDS, st.text(max_size=8)),
    *(st.just([]), st.just({}), st.just([["ED"]]), st.just({"test": "none"})),
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if not isinstance(value, dict | list):
        return found
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return found + [one for name, held in inner for one in _paths(held, (*path, name))]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_odd_value_anywhere_ends_the_check_or_is_taken_for_another(data: st.DataObject) -> None:
    document = FAIR[data.draw(st.sampled_from(sorted(FAIR)))]
    where = data.draw(st.sampled_from(_paths(document)))
    odd = changed(document, {where: data.draw(_ODD)})
    world, notices = read(odd)
    assert (world is None) is any(one.grade is Grade.REJECT for one in notices)
    if world is not None:
        assert canonical(dict(world.agreements[0].document)) == canonical(odd)
