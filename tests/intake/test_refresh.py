"""Live sources asked at the moment of need: what comes is an arrival, what does not is not checked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from careweave import record
from careweave.db import Database
from careweave.intake import Live, Worker, refresh
from careweave.sources import (
    Answered,
    Channel,
    LiveClients,
    LiveOutcome,
    Silent,
    Source,
    Transport,
    Why,
    feed_status,
    live_checks,
)
from careweave.sources._fhir import FhirFeed, fhir_mapping
from careweave.sources._fhir_names import NHS_NUMBER, Names
from careweave.sources._mapping import Input
from careweave.terms import EVERY_LABEL, Branch, Heading, Label, Sight, SubjectId
from tests.lib.arrivals import SECRET, sources
from tests.lib.inbox import Inbox
from tests.lib.live_server import (
    Answer,
    Server,
    dead_base,
    fixed,
    flooding,
    good,
    held,
    searchset,
    serving,
)

NUMBER = "9990000018"
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": NHS_NUMBER, "value": NUMBER}],
}


def allergy(text: str = "A", patient: str = "Patient/p1", id_: str = "a1", **more) -> dict:
    """An allergy as the source sends it."""
    concept = "http://terminology.hl7.org/CodeSystem/allergyintolerance"
    return {
        "resourceType": "AllergyIntolerance",
        "id": id_,
        "clinicalStatus": {"coding": [{"system": f"{concept}-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{concept}-verification", "code": "confirmed"}]},
        "code": {"text": text},
        "patient": {"reference": patient},
        **more,
    }  # fmt: skip


class Hospice:
    """A region with one live source, and a person whom it knows."""

    def __init__(self, database: Database, base: str, name: str = "nm-hospice-eol") -> None:
        names = Names(SECRET, "nm-hospice", base=base)
        self.source = Source(
            name=name,
            organisation="nm-hospice",
            system="eol",
            transport=Transport(Channel.FHIR),
            feed="fhir",
            authority="nm-hospice",
            mapping=fhir_mapping(FhirFeed(name, names, Input.FHIR_R4, "Europe/London")),
            live=frozenset({Heading.ALG, Heading.EOL}),
            live_base=base,
        )
        self.inbox = Inbox(database, sources(self.source))
        self.database = database
        self.patient = names.id_of("Patient", "p1")
        self.inbox.take(json.dumps(PATIENT).encode(), name)
        self.inbox.work()
        self.clients = LiveClients()
        self.live = Live(
            database,
            lambda: self.inbox.sources,
            self.clients,
            Worker(database, lambda: self.inbox.sources, lambda: self.inbox.now, "live"),
            lambda: self.inbox.now,
        )

    @property
    def subjects(self) -> tuple[SubjectId, ...]:
        """The subject of the person."""
        with self.database.reading() as session:
            return record.subjects_of(session, [self.patient])

    def sight(self, *headings: Heading, barred: frozenset[Label] = frozenset()) -> Sight:
        """A sight of these headings of all sources."""
        with self.database.reading() as session:
            known = record.dictionaries(session)
            numbers = frozenset(known.sources)
        return Sight((Branch(numbers, frozenset(headings), EVERY_LABEL - barred, is_own=True),), 1)

    def ask(
        self,
        *headings: Heading,
        sight: Sight | None = None,
        subjects: tuple[SubjectId, ...] | None = None,
        within: float = 10.0,
    ) -> tuple[Answered | Silent, ...]:
        """Refreshes the person."""
        wanted = headings or (Heading.ALG,)
        with self.database.session() as session:
            return refresh(
                session,
                self.subjects if subjects is None else subjects,
                headings=wanted,
                sight=sight or self.sight(Heading.DEM, *wanted),
                live=self.live,
                within=within,
            )

    def checks(self) -> dict[Heading, LiveOutcome]:
        """What is noted of the last askings."""
        with self.database.reading() as session:
            since = self.inbox.now - timedelta(hours=1)
            listed = live_checks(session, self.subjects, since=since)
        return {check.heading: check.outcome for check in listed}

    def shown(self) -> list[str]:
        """The allergies that are in the record."""
        return [one["code"]["text"] for one in self.inbox.entries("AllergyIntolerance")]

    def later(self, seconds: float) -> None:
        """Lets time pass."""
        self.inbox.now += timedelta(seconds=seconds)


@pytest.fixture
def hospice(database: Database) -> Callable[[Answer | str], "Iterator"]:
    @contextmanager
    def made(answer: Answer | str) -> Iterator[tuple[Hospice, Server | None]]:
        if isinstance(answer, str):
            there = Hospice(database, answer)
            yield there, None
            there.clients.close()
            return
        with serving(answer) as server:
            there = Hospice(database, server.base)
            yield there, server
            there.clients.close()

    return made


def test_what_a_good_source_answers_is_in_the_record_like_any_arrival(hospice) -> None:
    with hospice(good(allergy())) as (there, server):
        assert there.ask() == (Answered("nm-hospice-eol", Heading.ALG),)
        assert there.shown() == ["A"]
        assert there.checks() == {Heading.ALG: LiveOutcome.ANSWERED}
        rows = there.inbox.rows("SELECT channel, state FROM intake.message ORDER BY id")
        assert rows[-1] == ("live", "done")
        (entry,) = there.inbox.entries("AllergyIntolerance")
        assert entry["patient"] == {"reference": f"Patient/{there.patient}"}
        assert len(server.asked) == 1


def test_nothing_is_asked_twice_within_a_minute(hospice) -> None:
    with hospice(good(allergy())) as (there, server):
        assert there.ask() == there.ask() == (Answered("nm-hospice-eol", Heading.ALG),)
        assert len(server.asked) == 1
        there.later(61)
        there.ask()
        assert len(server.asked) == 2


def test_a_source_that_changes_its_mind_twice_ends_where_it_ended(hospice) -> None:
    with hospice(good(allergy("A"))) as (there, server):
        for text in ("A", "B", "A"):
            server.answer = good(allergy(text))
            assert there.ask() == (Answered("nm-hospice-eol", Heading.ALG),)
            assert there.shown() == [text]
            there.later(61)


@pytest.mark.attack(84)
def test_only_headings_that_the_sight_allows_are_asked(hospice) -> None:
    with hospice(good()) as (there, server):
        seen = there.sight(Heading.DEM, Heading.ALG)
        assert there.ask(Heading.ALG, Heading.EOL, sight=seen) == (
            Answered("nm-hospice-eol", Heading.ALG),
        )
        assert {path.split("/")[2].partition("?")[0] for path in server.asked} == {
            "AllergyIntolerance"
        }
        assert there.ask(Heading.EOL, sight=Sight((), 1)) == ()
        assert there.ask(Heading.EOL, sight=there.sight(Heading.EOL)) == ()
        assert len(server.asked) == 1


@pytest.mark.attack(84)
def test_only_declared_headings_and_only_subjects_of_the_source_are_asked(hospice) -> None:
    with hospice(good()) as (there, server):
        assert there.ask(Heading.MED) == ()
        assert there.ask(subjects=()) == ()
        with there.database.session() as session:
            others = record.subjects(session, "nm-acute", ["another"])
        assert there.ask(subjects=tuple(others.values())) == ()
        assert server.asked == []


@pytest.mark.attack(84)
def test_what_comes_too_late_is_not_checked_and_goes_in_all_the_same(hospice) -> None:
    gate = threading.Event()
    with hospice(held(gate, good(allergy()))) as (there, _):
        assert there.ask(within=0.1) == (Silent("nm-hospice-eol", Heading.ALG, Why.LATE),)
        assert there.checks() == {Heading.ALG: LiveOutcome.SILENT}
        assert there.shown() == []
        gate.set()
        there.clients._pool.shutdown(wait=True)
        assert there.shown() == ["A"]
        assert there.checks() == {Heading.ALG: LiveOutcome.ANSWERED}


@pytest.mark.attack(84)
def test_a_dead_source_is_not_checked_and_its_feed_says_so(hospice) -> None:
    with hospice(dead_base()) as (there, _):
        assert there.ask() == (Silent("nm-hospice-eol", Heading.ALG, Why.FAILED),)
        assert there.ask() == (Silent("nm-hospice-eol", Heading.ALG, Why.FAILED),)
        assert there.checks() == {Heading.ALG: LiveOutcome.FAILED}
        with there.database.reading() as session:
            states = {one.feed: one.state for one in feed_status(session, there.inbox.now)}
        assert states == {"fhir": "failing"}


OTHER = {**PATIENT, "id": "p2", "identifier": [{"system": NHS_NUMBER, "value": "9990000026"}]}
LIES = {
    "another patient's entry": (searchset(allergy(patient="Patient/p2")), "identifier-conflict"),
    "another patient beside": (searchset(allergy(), OTHER), "identifier-conflict"),
    "the id of the patient with another number": (
        searchset({**OTHER, "id": "p1"}, allergy()),
        "identifier-conflict",
    ),
    "a number of another": (
        searchset(
            allergy(patient="x", id_="a2")
            | {"patient": {"identifier": {"system": NHS_NUMBER, "value": "9990000026"}}}
        ),
        "identifier-conflict",
    ),
    "a type that was not asked for": (
        searchset(
            {
                "resourceType": "Flag",
                "id": "f",
                "status": "active",
                "code": {"text": "x"},
                "subject": {"reference": "Patient/p1"},
            }
        ),
        "invalid-resource",
    ),
    "one resource in the place of an answer": (json.dumps(allergy()).encode(), "invalid-resource"),
    "no resource": (b"<html>sign in</html>", "invalid-resource"),
    "an entry that is not R4": (searchset(allergy(flavour="x")), "invalid-resource"),
    "nobody's entry": (
        searchset({name: v for name, v in allergy().items() if name != "patient"}),
        "no-patient",
    ),
    "an error": (b'{"resourceType":"OperationOutcome","issue":[]}', "invalid-resource"),
}


@pytest.mark.attack(84)
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_held_back_whole_and_counts_as_not_checked(hospice, lie) -> None:
    body, reason = LIES[lie]
    with hospice(fixed(body)) as (there, _):
        assert there.ask() == (Silent("nm-hospice-eol", Heading.ALG, Why.FAILED),)
        assert there.shown() == []
        assert there.checks() == {Heading.ALG: LiveOutcome.FAILED}
        ((state, said),) = there.inbox.rows(
            "SELECT state, reason FROM intake.message WHERE channel = 'live'"
        )
        assert (state in {"quarantined", "held"}, said) == (True, reason)
        assert not there.inbox.entries("Flag")
        assert len(there.inbox.entries("Patient")) == 1


def test_an_answer_with_a_next_page_goes_in_and_is_not_all_that_could_be_checked(hospice) -> None:
    page = json.loads(searchset(allergy()))
    page["link"] = [{"relation": "next", "url": "http://127.0.0.1:1/page2"}]
    with hospice(fixed(json.dumps(page).encode())) as (there, server):
        assert there.ask() == (Silent("nm-hospice-eol", Heading.ALG, Why.FAILED),)
        assert there.shown() == ["A"]
        assert len(server.asked) == 1


@pytest.mark.attack(84)
def test_a_flood_is_cut_off_and_nothing_of_it_kept(hospice) -> None:
    with hospice(flooding) as (there, _):
        assert there.ask() == (Silent("nm-hospice-eol", Heading.ALG, Why.FAILED),)
        assert there.inbox.rows("SELECT 1 FROM intake.message WHERE channel = 'live'") == []


def test_the_same_person_under_a_new_id_of_the_source_is_taken(hospice) -> None:
    renamed = {**PATIENT, "id": "p9"}
    with hospice(fixed(searchset(renamed, allergy(patient="Patient/p9")))) as (there, _):
        assert there.ask() == (Answered("nm-hospice-eol", Heading.ALG),)
        assert there.shown() == ["A"]


def test_all_sources_of_a_person_are_asked_at_once(database: Database) -> None:
    meet = threading.Barrier(2, timeout=10)

    def together(on, _kind, _query) -> None:
        meet.wait()
        on.say(searchset())

    with serving(together) as server:
        there = Hospice(database, server.base)
        twin = replace(there.source, name="nm-hospice-two", system="two")
        there.inbox.sources = sources(there.source, twin)
        there.inbox.work()
        answers = there.ask()
        there.clients.close()
    assert [type(one) for one in answers] == [Answered, Answered]
