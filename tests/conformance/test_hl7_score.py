"""The ready HL7 v2 mappings against the public samples: all are read, and scored as the issue asks.

The rubric and its aims: reference/interop.md 12.2; the other converter's results are one reading of
the standard, so every difference has a reviewed reason, and no mapping is tuned on the samples.
"""

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from careweave.formats import check, read_json, split_hl7_batch, write_json
from careweave.sources import peek
from careweave.terms import Severity

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "hl7v2"
sys.path.insert(0, str(ROOT / "tools"))

import score_hl7 as scoring  # noqa: E402  after the path of the tools
from hl7_rubric import Concept, Pair, moment, same_moment  # noqa: E402

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout"),
]
NOT_MAPPED = {
    "ADT-A41-01": "A41 merges accounts; no account is kept.",
    "ADT-A41-02": "A41 merges accounts; no account is kept.",
    "BAR-P02-01": "P02 purges accounts; nothing clinical.",
    "BAR-P02-02": "P02 purges accounts; nothing clinical.",
    "PC1-Problem-Delete-v2.3.1": "No UK system known sends PPR; its PRB has no segment map.",
    "PC1-Problem-Update-v2.3.1": "No UK system known sends PPR; its PRB has no segment map.",
}
"""Samples whose type no mapping accepts: they are quarantined as type-not-mapped."""
FLOORS = {"ADT": 0.90, "ORU": 0.90}
OVERALL = 0.80


@cache
def sources():
    return scoring.corpus_sources()


@cache
def result():
    return scoring.score(DATA, sources(), scoring.reasons())


def bodies(path):
    """Returns the messages of a file, which may hold a batch or several one after the other."""
    whole = path.read_bytes()
    found, _ = split_hl7_batch(whole)
    return found or (whole,)


def every_file():
    return [path for path in sorted(DATA.glob("*/*")) if is_message(path)]


def is_message(path):
    head = path.read_bytes()[:2000] if path.is_file() else b""
    is_text = path.suffix in {".hl7", ".txt", ""}
    return is_text and (b"MSH|" in head or head.startswith(b"FHS"))


def test_every_published_message_is_received_and_read_or_turned_away_by_its_type():
    reasons = Counter()
    for path in every_file():
        for body in bodies(path):
            name = scoring.type_of(body)
            mapping = next((m for m, kinds in scoring.MAPPINGS.items() if name in kinds), "uk-adt")
            head = peek(sources().named(mapping), body)
            assert head.refusal is None, (path.name, head.refusal)
            failure = scoring.read_message(sources(), body).failure
            reasons[str(failure.reason) if failure else "read"] += 1
    assert reasons["read"] >= 88
    assert set(reasons) <= {"read", "type-not-mapped", "no-patient", "no-key"}, reasons


def test_what_is_made_of_the_samples_is_valid_r4():
    wrong = Counter()
    for path in every_file():
        for body in bodies(path):
            for one in scoring.read_message(sources(), body).resources:
                value = {"resourceType": one.type, "id": one.id, **one.value}
                for issue in check(read_json(write_json(value))):
                    wrong[issue.where] += issue.severity is not Severity.WARNING
    # A status that a message leaves as it is: the fold of the entry has it (interop.md 5.4).
    assert {where for where, n in wrong.items() if n} <= {"Encounter.status"}


def test_what_is_turned_away_is_listed_with_a_reason():
    turned_away = {line.partition(":")[0] for line in result().turned_away}
    assert turned_away == set(NOT_MAPPED)
    assert not result().unread


@pytest.mark.parametrize("kind", sorted(FLOORS))
def test_nine_tenths_of_the_core_of_admissions_and_results_are_found(kind):
    assert result().by_message[kind].recall >= FLOORS[kind]


def test_four_fifths_of_the_core_are_found_overall():
    assert scoring.headline(result(), "recall") >= OVERALL
    assert all(one.recall >= OVERALL for one in result().by_message.values())


def test_every_difference_has_a_reviewed_reason():
    assert [miss for miss in result().misses if not miss.why] == []


def test_no_reason_is_left_over():
    used = {miss.why for miss in result().misses}
    assert [row["id"] for row in scoring.reasons().rows if row["id"] not in used] == []


def test_no_reason_argues_a_whole_type_away():
    for row in scoring.reasons().rows:
        assert {"types", "elements"} <= row.keys(), row["id"]
        assert row["elements"] != ".*", row["id"]
        assert row["why"].endswith("."), row["id"]


def test_each_field_is_counted_as_mapped_or_as_left_over():
    assert result().coverage["mapped"] > 0
    assert result().coverage["unmapped"] > 0


def test_a_different_value_is_a_miss_and_an_addition():
    pair = Pair(
        "Patient", [("gender", "male"), ("birthDate", "1988-08-18")], [("gender", "female")]
    )
    hits, missed, extra = pair.compare()
    assert (hits, len(missed), extra) == ([], 2, [("gender", "female")])


def test_a_value_counts_once():
    pair = Pair("Patient", [("name.given", "ann")] * 2, [("name.given", "ann")])
    hits, missed, extra = pair.compare()
    assert (len(hits), len(missed), extra) == (1, 1, [])


def test_instants_are_equal_whatever_their_offset():
    assert same_moment(moment("2021-01-15T19:15:00+05:30"), moment("2021-01-15T13:45:00+00:00"))
    assert not same_moment(moment("2021-01-15T19:15:00+05:30"), moment("2021-01-15T19:15:00+00:00"))
    assert same_moment(moment("2021-01"), moment("2021-01-15"))


def test_codes_decide_and_texts_only_where_there_is_none():
    loinc = Concept(frozenset({("http://loinc.org", "8867-4")}), "heart rate")
    local = Concept(frozenset({("local:", "hr")}), "heart rate")
    assert not loinc.matches(local)
    assert loinc.matches(Concept(frozenset(), "heart rate"))


def test_the_page_of_the_mappings_is_what_they_say():
    import hl7_page

    written = (ROOT / "docs" / "reference" / "hl7-mappings.md").read_text(encoding="utf-8")
    assert hl7_page.page() == written, "run ./run docs"
