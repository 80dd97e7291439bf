"""The 60 conflicts of Northmere, as the reader whom story U2 names sees them on day 10.

The oracle is `conflicts.csv`, made of the people's files; the rows come by the real way out.
Two persons wait for somebody who knows them: a record that raised an alarm, and records of a man
without a number. They are settled first, as reviewers do.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import yaml

from careweave.demonstration import facts_of, truths
from careweave.terms import Heading, Label, Role
from careweave.views._context import Fact, Section
from careweave.views._format import dose, written_day
from careweave.views._sections import section_of
from tests.lib.day10 import Day10, built
from tests.lib.northmere import REGION
from tests.lib.reading import MAKING, Readers, readers

PRACTICES = {"C30": "nm-tarnside-health", "C32": "nm-tarnside-health", "C39": "nm-millbeck"}
"""Where the registered practice reads: ED's cells and horizon keep back the ended voice."""

NAMED = {
    "C08": "Home care", "C10": "What matters to me", "C11": "Death", "C12": "Family name",
    "C13": "CPR decision", "C19": "Next of kin", "C25": "HbA1c target",
    "C26": "Chronic kidney disease", "C29": "Address", "C39": "Detained under a section",
    "C41": "CPR decision", "C47": "Next of kin", "C55": "Clopidogrel",
}  # fmt: skip
"""Rows that are not called as the fact of the oracle is."""

WITHOUT_A_DATE = {"C08", "C09", "C11", "C12", "C19", "C29", "C31", "C39", "C47", "C54"}
"""The source says no date, or one of something else: it is shown with the one that it has."""

SILENT = "says nothing of it"
NAMES = {
    one["id"]: one["name"]
    for one in yaml.safe_load((REGION / "organisations.yaml").read_text("utf-8"))["organisations"]
}


@dataclass(frozen=True)
class Line:
    """One line of the oracle: one voice."""

    id: str
    person: str
    heading: Heading
    fact: str
    organisation: str
    date: str
    says: str

    @property
    def reader(self) -> tuple[Role, str]:
        place = PRACTICES.get(self.id)
        return (Role.GP, place) if place else (Role.ED, "")


def oracle(seed: str | None = None) -> dict[str, list[Line]]:
    """The voices by conflict."""
    told = truths(REGION, **({} if seed is None else {"seed": seed}))["conflicts.csv"]
    found = defaultdict(list)
    for row in csv.DictReader(io.StringIO(told)):
        line = Line(
            row["id"], row["person"], Heading(row["heading"]), row["fact"],
            NAMES[row["organisation"]], row["date"], row["says"],
        )  # fmt: skip
        found[line.id].append(line)
    return dict(found)


ORACLE = oracle()


class Sections:
    """The sections of people as each reader sees them, each person opened once a reader."""

    def __init__(self, at: Readers) -> None:
        self.at = at
        self._shown: dict[tuple[str, tuple[Role, str]], object] = {}

    def of(self, line: Line, heading: Heading | None = None) -> Section:
        key = (line.person, line.reader)
        if key not in self._shown:
            role, place = line.reader
            self._shown[key] = self.at.see(line.person, role, place)
        return section_of(heading or line.heading, self._shown[key], MAKING)


@pytest.fixture(scope="module")
def sections(northmere10: Day10) -> Iterator[Sections]:
    with readers(northmere10) as at:
        at.settle_overlays()
        at.join("sean-odriscoll")
        yield Sections(at)


def rows_of(sections: Sections, voices: list[Line]) -> list[Fact]:
    """The rows of the section that speak of a conflict."""
    title = NAMED.get(voices[0].id, "").casefold()
    names = {title} if title else {one.fact.casefold() for one in voices}
    found = sections.of(voices[0])
    return [
        fact
        for group in found.groups
        for fact in group.facts
        if fact.title.casefold() in names
        or any(detail.text.casefold() in names for one in fact.voices for detail in one.details)
        or (voices[0].id == "C10" and "sick" in str(fact.voices))
    ]


def row_of(sections: Sections, voices: list[Line]) -> Fact:
    sources = {one.organisation for one in voices}
    marked = [fact for fact in rows_of(sections, voices) if fact.disagrees]
    found = [fact for fact in marked if sources <= {voice.source for voice in fact.voices}]
    assert len(found) == 1, (voices[0].id, [fact.title for fact in rows_of(sections, voices)])
    return found[0]


@pytest.mark.parametrize("number", sorted(ORACLE))
def test_a_conflict_is_one_marked_row_with_every_voice_its_source_and_its_date(sections, number):
    voices = ORACLE[number]
    row = row_of(sections, voices)
    assert row.disagreement
    assert all(voice.source and voice.when.text for voice in row.voices)
    for line in voices:
        own = [voice for voice in row.voices if voice.source == line.organisation]
        if line.says == SILENT:
            assert any(not voice.details for voice in own)
        elif number not in WITHOUT_A_DATE:
            assert written_day(line.date, MAKING) in {_day(voice.when) for voice in own}


def _day(when):
    day = when.machine[:10]
    return written_day(day, MAKING)


MEDICINES = {
    line
    for voices in ORACLE.values()
    for line in voices
    if line.heading is Heading.MED and line.says != SILENT and any(c.isdigit() for c in line.says)
}


@pytest.mark.parametrize("line", sorted(MEDICINES, key=str), ids=lambda one: f"{one.id}-{one.says}")
def test_each_voice_of_a_medicine_says_its_dose_and_whether_it_goes_on(sections, line):
    row = row_of(sections, ORACLE[line.id])
    amount, *rest = line.says.split(";")
    said = dose(amount, MAKING)
    own = [one for one in row.voices if one.source == line.organisation]
    if amount.startswith("Instead") or "not-" in line.says:
        assert own
        return
    assert any(said in one.text for one in own), [one.text for one in own]
    if any("ended" in part for part in rest):
        assert any(one.status == "stopped" for one in own if said in one.text)


def test_there_are_60_and_each_is_seen_once(sections):
    seen = {number: row_of(sections, voices) for number, voices in ORACLE.items()}
    assert len(seen) == len(ORACLE) == 60
    assert Counter(voices[0].heading.value for voices in ORACLE.values()) == {
        "MED": 35, "ALG": 7, "EOL": 4, "DEM": 3, "PRB": 3, "LEG": 2, "PER": 2,
        "SVC": 1, "ABM": 1, "CSP": 1, "PRG": 1,
    }  # fmt: skip


def test_two_decisions_on_resuscitation_ask_for_a_call_with_both_numbers(sections):
    telephones = {
        one["name"]: one["telephone"]
        for one in yaml.safe_load((REGION / "organisations.yaml").read_text("utf-8"))[
            "organisations"
        ]
    }
    for number in ("C13", "C41"):
        act = row_of(sections, ORACLE[number]).act
        assert act.startswith("Call before acting: ")
        assert all(telephones[line.organisation] in act for line in ORACLE[number])


def test_the_medicines_that_harm_most_stand_first(sections):
    edna = next(line for line in ORACLE["C01"])
    facts = sections.of(edna).groups[0].facts
    assert [fact.is_high_risk for fact in facts] == sorted(
        (fact.is_high_risk for fact in facts), reverse=True
    )
    assert facts[0].title == "Warfarin"


def test_what_came_by_several_routes_is_one_row(sections):
    edna = next(line for line in ORACLE["C01"])
    (letter,) = (
        fact
        for group in sections.of(edna, Heading.DIS).groups
        for fact in group.facts
        if "discharge" in fact.title.casefold()
    )
    assert letter.voices[0].routes == 3
    assert not letter.disagrees
    parveen = next(line for line in ORACLE["C20"])
    same = [
        fact
        for group in sections.of(parveen, Heading.INV).groups
        for fact in group.facts
        if len({voice.source for voice in fact.voices}) > 1
    ]
    assert [(fact.title, fact.voices[0].routes) for fact in same] == [("Glycated haemoglobin", 2)]


def hidden_voices(sections: Sections) -> dict[str, list[Line]]:
    """One voice of each conflict, by its entry: none of a reader's own, who sees what it wrote."""
    found = {}
    for voices in ORACLE.values():
        own = {NAMES["nm-acute"], NAMES.get(voices[0].reader[1])}
        for voice in row_of(sections, voices).voices:
            if voice.entry and voice.source not in own and "Patient/" not in voice.entry:
                found[voice.entry] = voices
                break
    return found


@pytest.mark.slow
def test_a_voice_that_may_not_be_seen_leaves_the_page_as_if_it_had_never_been_there(
    northmere10, sections
):
    hidden = hidden_voices(sections)
    # Not those of names, and not where the other side is a silence.
    assert len(hidden) >= 40
    with readers(northmere10) as secret, readers(northmere10) as without:
        for at in (secret, without):
            at.settle_overlays()
            at.join("sean-odriscoll")
        secret.relabel(hidden, Label.VERY_RESTRICTED)
        without.erase(hidden)
        one, other = Sections(secret), Sections(without)
        for voices in hidden.values():
            for heading in {voices[0].heading, Heading.MED, Heading.ALG}:
                left, right = (_plain(each.of(voices[0], heading)) for each in (one, other))
                assert left == right, voices[0]
                assert repr(left) == repr(right)


def _plain(section: Section) -> Section:
    # An interaction with what is hidden is told without naming it: that is tested by itself.
    return replace(section, warnings=())


@pytest.mark.slow
def test_with_other_names_dates_and_doses_every_conflict_is_seen_as_well(
    server, template, tmp_path_factory
):
    seed = "another"
    lines = oracle(seed)
    only = frozenset(line.person for voices in lines.values() for line in voices)
    assert {one.person for one in facts_of(REGION, seed=seed)} >= only
    folder = tmp_path_factory.mktemp("another")
    with built(server, template, folder, seed=seed, only=only) as people, readers(people) as at:
        at.settle_overlays()
        at.join("sean-odriscoll")
        found = Sections(at)
        missing = [
            number for number, voices in sorted(lines.items()) if not _is_seen(found, voices)
        ]
        assert missing == []


def _is_seen(sections: Sections, voices: list[Line]) -> bool:
    sources = {one.organisation for one in voices}
    return any(
        fact.disagrees and sources <= {voice.source for voice in fact.voices}
        for fact in rows_of(sections, voices)
    )
