"""For each of the fifty-two: what the record holds after everything was taken in."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from careweave.demonstration import facts_of, trickle
from careweave.terms import Heading, Label
from tests.lib.northmere import REGION
from tests.northmere.conftest import EXPECTED, Record, at_day, text_of

PEOPLE = sorted(EXPECTED["people"])
DAY_10 = datetime(2026, 3, 26, 8, tzinfo=ZoneInfo("Europe/London"))
CONFLICTS = sorted(EXPECTED["conflicts"])


@pytest.mark.parametrize("person", PEOPLE)
def test_each_organisation_that_knows_a_person_has_its_entries(request, person):
    record, wanted = at_day(request, person), EXPECTED["people"][person]
    missing = []
    for organisation, headings in wanted["held"].items():
        found = Counter(entry.heading for entry in record.of(person, organisation))
        missing += [
            (organisation, heading, f"{found[Heading(heading)]} of {least}")
            for heading, least in headings.items()
            if found[Heading(heading)] < least
        ]
    assert not missing


@pytest.mark.parametrize("person", PEOPLE)
def test_nobody_else_has_anything_of_a_person(request, person):
    record, wanted = at_day(request, person), EXPECTED["people"][person]
    assert {entry.organisation for entry in record.of(person)} <= _allowed(wanted, person)


def _allowed(wanted, person):
    # The vaccination of Arthur is told by the pharmacy as well: a duplicate that must collapse.
    extra = {"nm-beck-pharmacy"} if person == "arthur-pennyfeather" else set()
    return set(wanted["held"]) | extra


@pytest.mark.parametrize("person", PEOPLE)
def test_no_entry_stands_under_a_heading_that_the_story_excludes(request, person):
    record, wanted = at_day(request, person), EXPECTED["people"][person]
    found = {entry.heading for entry in record.of(person)}
    assert not found & set(map(Heading, wanted.get("none_of", [])))


@pytest.mark.parametrize("person", PEOPLE)
def test_labels_are_on_what_they_protect(request, person):
    record, wanted = at_day(request, person), EXPECTED["people"][person]
    for label, organisation in wanted.get("labels", {}).items():
        entries = record.of(person, organisation)
        assert any(Label(label) in entry.labels for entry in entries), label


@pytest.mark.parametrize("person", [key for key in PEOPLE if "total" in EXPECTED["people"][key]])
def test_long_records_are_long(request, person):
    record = at_day(request, person)
    about_person = [entry for entry in record.of(person) if entry.heading is not None]
    assert len(about_person) >= EXPECTED["people"][person]["total"]


@pytest.mark.parametrize("name", CONFLICTS)
def test_every_voice_of_a_conflict_is_in_the_record(day10: Record, name):
    person, heading, *voices = EXPECTED["conflicts"][name]
    for organisation, *words in voices:
        silent = organisation.startswith("no:")
        entries = day10.of(person, organisation.removeprefix("no:"))
        assert entries, organisation
        said = [entry for entry in entries if all(word in text_of(entry) for word in words)]
        if silent:
            assert not said, organisation
        else:
            assert any(entry.heading is Heading(heading) for entry in said), (organisation, words)


def test_every_fact_of_the_files_is_in_the_record(day10: Record):
    # What was told under another's number is not among one's own: that is a trap of its own.
    missing = Counter()
    wanted = Counter()
    for one in facts_of(REGION):
        if one.is_told and one.heading is not None and one.sent_at <= DAY_10 and not one.under:
            wanted[one.person, one.organisation, one.heading] += 1
    for (person, organisation, heading), least in wanted.items():
        found = Counter(entry.heading for entry in day10.of(person, organisation))
        if found[heading] < least:
            missing[person, organisation, heading.value] = least - found[heading]
    assert not missing


@pytest.mark.parametrize(
    "canary", sorted({one.canary for one in facts_of(REGION) if one.canary and one.label})
)
def test_every_planted_canary_is_under_its_label(day10: Record, canary):
    label = next(one.label for one in facts_of(REGION) if one.canary == canary)
    bearers = [entry for entry, text in day10.texts if canary in text]
    assert bearers
    assert all(label in entry.labels for entry in bearers)


def test_what_goes_on_after_the_load_comes_in_without_trouble(region, day28: Record):
    assert day28.entries
    living = trickle(REGION, population=50, start=datetime(2026, 11, 22, 12, tzinfo=UTC))
    region.take([one for _, one in zip(range(400), living, strict=False)])
    waiting = region.rows(
        "SELECT source, kind, reason, count(*) FROM intake.parked GROUP BY 1, 2, 3"
    )
    assert not waiting
