"""Every identity trap of the people of Northmere, through the feeds that real systems send.

Source: reference/people.md 4 and 5; reference/identity.md.
"""

import csv
import io
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from careweave.db import Embedded
from careweave.demonstration import Sent, facts_of, read_region, sent, truths
from careweave.doors.cli import Around, main
from careweave.wiring import DOORS
from tests.lib.door import fresh_database, make_door
from tests.lib.finding import match, someone, whom
from tests.lib.northmere import NOW, REGION, Northmere
from tests.northmere.conftest import LAST_DAY, Record, live

# Whoever comes first waits until a month of everything has come in.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KNOWN = yaml.safe_load((Path(__file__).parent / "not-linked.yaml").read_text(encoding="utf-8"))
TRUTH = list(csv.DictReader(io.StringIO(truths(REGION)["identity-truth.csv"])))

_MEMBERSHIPS = "SELECT subject, person, from_seq, until_seq FROM identity.membership"
_STATES = "SELECT subject, state, is_provisional FROM identity.local_identity"
_METHOD = (
    "SELECT method FROM identity.decision WHERE subject = %(subject)s AND verdict = 'LINK' "
    "ORDER BY decision DESC LIMIT 1"
)
_REVIEWS = (
    "SELECT kind, subject, candidates, hazard, opened_seq, closed_seq, state FROM identity.review"
)


@dataclass(frozen=True)
class Question:
    """What a human is asked: of whom, and who it may be."""

    kind: str
    about: str
    candidates: tuple[str, ...]
    hazard: int
    is_open: bool


@dataclass(frozen=True)
class Whose:
    """Who belonged to whom on any day, in the words of the sheet: `rowan-ashdown GPB#2`."""

    region: Northmere
    record: Record

    @cached_property
    def subjects(self) -> dict[tuple[str, str], int]:
        """Subjects by system and its own number."""
        organisations = {key: one.organisation.id for key, one in read_region(REGION).desks.items()}
        numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
        for entry in self.record.entries:
            if entry.type == "Patient":
                for identifier in entry.body.get("identifier", []):
                    numbers[entry.organisation, identifier.get("value")].add(entry.subject)
        found = {}
        for told in self.record.told:
            among = numbers[organisations[told.desk], told.local]
            if among:
                (found[told.desk, told.local],) = among
        return found

    @cached_property
    def names(self) -> dict[int, str]:
        """What the sheet calls each subject: the person, the system, and which of its records."""
        found: dict[int, str] = {}
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for person, desk, local in dict.fromkeys(
            (one.person, one.desk, one.local) for one in self.record.told
        ):
            subject = self.subjects.get((desk, local))
            if subject is not None:
                counts[person, desk] += 1
                which = counts[person, desk]
                found[subject] = f"{person} {desk}" + (f"#{which}" if which > 1 else "")
        return found

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        return self.region.rows(_MEMBERSHIPS)

    @cached_property
    def states(self) -> dict[str, str]:
        return {
            self.names[subject]: "provisional" if is_provisional else state
            for subject, state, is_provisional in self.region.rows(_STATES)
            if subject in self.names
        }

    def groups(self, day: int = LAST_DAY) -> dict[str, frozenset[str]]:
        """Who belonged together at the end of a day, by each of them."""
        seq = self.region.marks[max(one for one in self.region.marks if one <= day)]
        members: dict[Any, set[str]] = defaultdict(set)
        for subject, person, from_seq, until_seq in self.rows:
            if from_seq <= seq and (until_seq is None or until_seq > seq) and subject in self.names:
                members[person].add(self.names[subject])
        return {one: frozenset(group) for group in members.values() for one in group}

    def person(self, name: str, day: int = LAST_DAY) -> frozenset[str]:
        """All that belonged to the same person as a record did."""
        return self.groups(day).get(name, frozenset())

    def method(self, name: str) -> str:
        """How a record came to its person."""
        subject = next(one for one, known in self.names.items() if known == name)
        return str(self.region.rows(_METHOD, subject=subject)[0][0])

    @cached_property
    def questions(self) -> list[Question]:
        return [
            Question(
                kind,
                self.names.get(subject, "?"),
                tuple(self.names.get(one, "?") for each in found for one in each["subjects"]),
                hazard,
                state != "closed",
            )
            for kind, subject, found, hazard, _opened, _closed, state in self.region.rows(_REVIEWS)
        ]

    def asked(self, about: str, kind: str = "") -> list[Question]:
        """The questions about a record."""
        return [one for one in self.questions if one.about == about and kind in {"", one.kind}]


@pytest.fixture(scope="module")
def whose(region: Northmere, day28: Record) -> Whose:
    return Whose(region, day28)


def people_of(group: frozenset[str]) -> set[str]:
    return {name.partition(" ")[0] for name in group}


# The known truth


def sides(row: dict[str, str], whose: Whose) -> Iterator[str]:
    for desk, local in ((row["left"], row["left_number"]), (row["right"], row["right_number"])):
        subject = whose.subjects.get((desk, local))
        if subject is not None:
            yield whose.names[subject]


def test_every_pair_that_is_known_to_be_two_people_is_apart(whose: Whose) -> None:
    groups = whose.groups()
    pairs = [tuple(sides(row, whose)) for row in TRUTH if row["truth"] == "DIFFERENT"]
    known = [pair for pair in pairs if len(pair) == 2]
    assert len(known) >= 20
    assert [pair for pair in known if pair[1] in groups.get(pair[0], ())] == []


def test_nobody_is_mixed_with_anybody_and_no_copy_with_its_original(whose: Whose) -> None:
    assert [group for group in set(whose.groups().values()) if len(people_of(group)) > 1] == []


def test_every_pair_that_is_known_to_be_one_person_is_linked_or_declared(whose: Whose) -> None:
    """The list of those that are not may only shrink: a line that is no longer needed fails."""
    groups = whose.groups()
    pairs = [tuple(sides(row, whose)) for row in TRUTH if row["truth"] == "SAME"]
    known = [pair for pair in pairs if len(pair) == 2]
    assert len(known) >= 40
    parted = [(left, right) for left, right in known if right not in groups.get(left, ())]
    declared = KNOWN["alone"]
    assert [pair for pair in parted if not declared.keys() & set(pair)] == []
    assert set(declared) <= {one for pair in parted for one in pair}


def test_who_is_not_linked_though_it_may_be_somebody_is_put_before_a_human(whose: Whose) -> None:
    """Nobody is asked of who is sealed, nor of an unborn child of whom nothing is known."""
    silent = {one for one in KNOWN["alone"] if whose.states[one] == "sealed"}
    unasked = {one for one in KNOWN["alone"] if not whose.asked(one)}
    assert unasked == {*silent, "unborn-marsh CCS"}


# Twins, and people of one name


def test_the_rahman_twins_are_two_and_only_their_own_verified_numbers_link_them(
    whose: Whose,
) -> None:
    aisha, alisha = whose.person("aisha-rahman GPB"), whose.person("alisha-rahman GPB")
    assert aisha == {"aisha-rahman GPB", "aisha-rahman ACU", "aisha-rahman CCS.csv"}
    assert alisha == {"alisha-rahman GPB", "alisha-rahman ACU"}


def test_newborn_twins_are_never_linked_and_their_mother_is_nobody_of_them(whose: Whose) -> None:
    mother = whose.person("agnieszka-wojcik-nowak GPA")
    for day in (5, 6, 7, 8, LAST_DAY):
        babies = [whose.person(f"baby-wojcik-{one} ACU", day) for one in (1, 2)]
        assert babies == [{"baby-wojcik-1 ACU"}, {"baby-wojcik-2 ACU"}]
    assert people_of(mother) == {"agnieszka-wojcik-nowak"}
    # To get a name and a number is no overlay.
    assert {whose.states[f"baby-wojcik-{one} ACU"] for one in (1, 2)} == {"live"}


def test_father_and_son_of_one_name_and_house_are_two(whose: Whose) -> None:
    senior, junior = (whose.person(f"john-mcallister-{one} GPC") for one in ("sr", "jr"))
    assert len(senior) == 4
    assert len(junior) == 2
    assert people_of(senior) == {"john-mcallister-sr"}
    assert people_of(junior) == {"john-mcallister-jr"}


def test_a_number_of_another_that_nobody_verified_does_not_link_the_pikes(whose: Whose) -> None:
    resident, other = whose.person("gwendolyn-pike GPB"), whose.person("gwendoline-pike GPC")
    assert people_of(resident) == {"gwendolyn-pike"}
    assert people_of(other) == {"gwendoline-pike"}
    assert "gwendolyn-pike CHO" in resident
    assert "gwendoline-pike PHA" in other
    # The hospital's record is hers by all else that it says, and not by the number.
    assert "gwendolyn-pike ACU" in resident
    assert whose.method("gwendolyn-pike ACU") == "probabilistic"


# Overlays


def test_a_twin_under_her_sisters_number_is_an_alarm_on_that_day(whose: Whose) -> None:
    assert whose.states["aisha-rahman ACU"] == "frozen"
    (alarm,) = whose.asked("aisha-rahman ACU", "overlay")
    assert (alarm.hazard, alarm.is_open) == (5, True)
    assert "alisha-rahman GPB" in alarm.candidates
    # Her own record at the hospital is no worse for it.
    assert whose.states["alisha-rahman ACU"] == "live"


def test_a_dead_mans_number_given_again_is_an_alarm_and_joins_nobody(whose: Whose) -> None:
    assert whose.states["late-tenant ACU"] == "frozen"
    (alarm,) = whose.asked("late-tenant ACU", "overlay")
    assert alarm.hazard == 5
    assert "suparman GPC" in alarm.candidates
    assert people_of(whose.person("late-tenant ACU")) == {"late-tenant"}
    assert whose.person("suparman ACU") == {"suparman ACU", "suparman GPC", "suparman THI"}


def test_only_what_was_overwritten_is_frozen(whose: Whose) -> None:
    frozen = {name for name, state in whose.states.items() if state == "frozen"}
    assert frozen == {"aisha-rahman ACU", "late-tenant ACU"}


# Names that change, and how they are written

SPELLINGS = {
    "susan-hartley-brook": 3,
    "grace-okonkwo-reid": 2,
    "priya-venkataraman-cole": 3,
    "agnieszka-wojcik-nowak": 2,
    "maria-jose-garcia-fernandez": 3,
    "jin-xiaoling": 3,
    "mohammed-al-haddad": 4,
    "dilwyn-prys-morgan": 5,
    "suparman": 3,
}


@pytest.mark.parametrize("person", SPELLINGS)
def test_all_recorded_forms_of_a_name_are_one_person(whose: Whose, person: str) -> None:
    own = [name for name in whose.states if name.partition(" ")[0] == person]
    (group,) = {whose.person(name) for name in own}
    assert group == set(own)
    assert len(own) >= SPELLINGS[person]


def test_the_first_of_january_and_a_shared_phone_part_and_join_nobody(whose: Whose) -> None:
    for key in ("parveen", "yusuf", "nasreen"):
        own = [name for name in whose.states if name.startswith(f"{key}-akhtar ")]
        assert {whose.person(name) for name in own} == {frozenset(own)}


def test_a_newborn_that_gets_name_and_number_stays_who_it_is(whose: Whose) -> None:
    for day in (20, 22, LAST_DAY):
        assert whose.person("unborn-marsh ACU", day) == {"unborn-marsh ACU"}
    assert whose.states["unborn-marsh ACU"] == "live"
    assert people_of(whose.person("kayleigh-marsh ACU")) == {"kayleigh-marsh"}


# Sealed and protected


@pytest.mark.parametrize("name", ["leo-barrow GPA", "leo-barrow CCS.csv", "rowan-ashdown GPB#2"])
def test_a_sealed_identity_never_joins_and_nobody_is_asked(whose: Whose, name: str) -> None:
    assert whose.states[name] == "sealed"
    for day in whose.region.marks:
        assert whose.person(name, day) <= {name}
    assert whose.asked(name) == []
    assert [one for one in whose.questions if name in one.candidates] == []


def test_the_life_after_the_seal_goes_on_as_one_person(whose: Whose) -> None:
    assert whose.person("leo-whitcombe GPB") == {"leo-whitcombe GPB", "leo-whitcombe CCS.csv"}
    desks = ("GPB", "PHA", "ACU", "ACU.gender")
    assert whose.person("rowan-ashdown GPB") == {f"rowan-ashdown {desk}" for desk in desks}


def test_a_protected_address_does_not_keep_anybody_from_being_linked(whose: Whose) -> None:
    own = {name for name in whose.states if name.startswith("nadia-kowalczuk ")}
    assert whose.person("nadia-kowalczuk GPA") == own
    assert len(own) == 4


# No address, no number


def test_who_moves_seven_times_stays_one_person(whose: Whose) -> None:
    own = {name for name in whose.states if name.startswith("bridget-connors ")}
    assert whose.person("bridget-connors ACU") == own
    assert len(own) == 3


def test_who_has_neither_address_nor_phone_nor_number_is_put_before_a_human(whose: Whose) -> None:
    """Three registrations in one emergency department: nobody guesses, and nobody forgets."""
    for name in ("sean-odriscoll ACU", "sean-odriscoll ACU#2", "sean-odriscoll ACU#3"):
        assert whose.person(name) == {name}
        (asked, *_) = whose.asked(name)
        assert asked.is_open
        assert "sean-odriscoll MEN.substance" in asked.candidates


def test_a_visitor_with_the_number_of_another_country_is_a_person_of_her_own(whose: Whose) -> None:
    assert whose.person("eilidh-macrae ACU") == {"eilidh-macrae ACU"}
    assert whose.states["eilidh-macrae ACU"] == "live"


# The dead


def test_the_hospital_that_has_not_heard_of_a_death_still_means_the_same_man(whose: Whose) -> None:
    assert whose.person("colin-hartley GPA") == {"colin-hartley GPA", "colin-hartley ACU"}


def test_a_false_death_changes_nobody(whose: Whose) -> None:
    before, after = whose.person("edna-hartley GPA", 16), whose.person("edna-hartley GPA")
    assert before == whose.person("edna-hartley GPA", 17) == after
    assert len(after) == 9
    assert whose.states["edna-hartley ACU"] == "live"


# Merged, and taken back


def test_a_merge_of_two_records_of_beryl_is_taken_back_exactly(whose: Whose) -> None:
    main, other = "beryl-stott ACU", "beryl-stott ACU#2"
    assert whose.person(other, 14) == {other}
    assert whose.person(other, 15) == whose.person(main, 15) >= {main, other}
    assert whose.groups(18) == whose.groups(14)
    assert whose.person(main) == {f"beryl-stott {desk}" for desk in ("GPA", "PHA", "ACU")}
    (asked,) = whose.asked(other)
    assert asked.kind == "source_duplicate"


@dataclass
class Officer:
    """Whoever keeps identities in order, at the command line."""

    region: Northmere
    home: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, code: int = 0) -> str:
        url = self.region.database.url
        environ = {"CAREWEAVE_DATABASE_URL": url, "CAREWEAVE_HOME": str(self.home)}
        around = Around(environ, lambda: NOW + timedelta(hours=1), "x", REGION.parent, DOORS)
        assert main(["identity", *words], around) == code
        return self.capsys.readouterr().out


@pytest.fixture
def officer(region: Northmere, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Officer:
    return Officer(region, tmp_path, capsys)


def patient_of(whose: Whose, name: str) -> str:
    """The id of the Patient of a record."""
    subject = next(one for one, known in whose.names.items() if known == name)
    (found,) = [one.id for one in whose.record.by_subject[subject] if one.type == "Patient"]
    return found


def person_id(whose: Whose, name: str) -> str:
    subject = next(one for one, known in whose.names.items() if known == name)
    query = "SELECT person FROM record.subject_person WHERE subject = %(subject)s"
    return str(whose.region.rows(query, subject=subject)[0][0])


def test_no_human_can_link_the_son_to_the_father_while_their_numbers_differ(
    whose: Whose, officer: Officer
) -> None:
    father = person_id(whose, "john-mcallister-sr ACU")
    son = patient_of(whose, "john-mcallister-jr ACU")
    why = ("--reason", "the letter of the one is in the record of the other")
    officer("link", son, father, *why, "--second", "somebody else", code=65)


def test_a_wrong_link_is_undone_exactly_and_tells_who_was_shown_what(
    whose: Whose, officer: Officer
) -> None:
    """A clerk takes two of three registrations for one man, and somebody looks."""
    people = "SELECT subject, person FROM record.subject_person ORDER BY subject"
    before = whose.region.rows(people)
    second = patient_of(whose, "sean-odriscoll ACU#2")
    why = ("--reason", "found to be two men", "--second", "somebody else")
    officer("link", second, person_id(whose, "sean-odriscoll ACU"), *why)
    assert whose.region.rows(people) != before
    door = make_door(whose.region.database)
    shown = match(door, someone("O'Driscoll", "Sean", born="1984-08-08"), by="nm-acute/looker")
    assert {patient_of(whose, "sean-odriscoll ACU"), second} in whom(shown)

    said = officer("unlink", second, *why, "--ground", "wrong-link")
    assert whose.region.rows(people) == before
    assert "Patient/$match" in said
    assert "nm-acute" in said


# A trap that is taken out of the people must be missed


@dataclass(frozen=True)
class Trap:
    """What makes a trap in the file of a person, and what then no longer holds."""

    people: tuple[str, ...]
    taken_out: str
    held: Callable[[Whose], bool]


TRAPS = {
    "overlay": Trap(
        ("alisha-rahman", "aisha-rahman"),
        "under: aisha-rahman, ",
        lambda whose: whose.states["aisha-rahman ACU"] == "frozen",
    ),
    "wrong number": Trap(
        ("gwendolyn-pike", "gwendoline-pike"),
        (
            '    nhs: "9993308196"\n'
            "    # A clerk took it from a list of names: nobody has asked the national register.\n"
            '    traced: "02"\n'
        ),
        lambda whose: whose.method("gwendolyn-pike ACU") == "probabilistic",
    ),
    "sealed": Trap(
        ("leo-barrow", "leo-whitcombe"),
        "      - {sealed: adoption, at: 2022-09-01}\n",
        lambda whose: whose.person("leo-barrow GPA") == {"leo-barrow GPA"},
    ),
    "unmerged": Trap(
        ("beryl-stott",),
        '      - {unmerged: "beryl-stott#2", at: 18 10:00}\n',
        lambda whose: whose.person("beryl-stott ACU#2") == {"beryl-stott ACU#2"},
    ),
}


def news(messages: Iterable[Sent]) -> list[Sent]:
    """Leaves out the files that say again what the one before said: 3,000 in a month of two people.

    That they add nothing is a law of its own (`test_month`).
    """
    last: dict[str, bytes] = {}
    found = []
    for one in messages:
        if one.name is None or last.get(one.source) != one.body:
            found.append(one)
        last[one.source] = one.body
    return found


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_that_is_taken_out_is_missed(
    name: str, server: Embedded, template: str, tmp_path: Path
) -> None:
    trap, found = TRAPS[name], []
    for taken_out in ("", trap.taken_out):
        folder = tmp_path / f"region{len(found)}"
        shutil.copytree(REGION, folder)
        path = folder / "people" / f"{trap.people[0]}.yaml"
        text = path.read_text(encoding="utf-8")
        assert taken_out in text
        path.write_text(text.replace(taken_out, "") if taken_out else text, encoding="utf-8")
        with fresh_database(server, template) as database:
            region = Northmere(database, folder / "drop")
            live(region, news(sent(folder, until=LAST_DAY, only=trap.people)))
            record = Record(region.entries(), list(facts_of(folder)))
            found.append(trap.held(Whose(region, record)))
    assert found == [True, False]
