"""The consents of IHE Privacy Consent on FHIR give the outcomes that their notes state.

The data are those of the profile (CC-BY-4.0, IHE International), read as they are published.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from careweave.agreements import (
    About,
    Answer,
    Choice,
    ChoiceKind,
    ConsentWords,
    Context,
    Thing,
    World,
    decide,
    read_consent,
)
from careweave.agreements._chosen import matches
from careweave.intake import load_rules
from careweave.record import read
from careweave.terms import Action, Label, Purpose, Role
from tests.lib.agreed import (
    ACUTE,
    OTHER_USER,
    about,
    agreement,
    bond,
    clause,
    context,
    emergency,
    organisations,
    thing,
    world,
)
from tests.lib.held_permits import compiled, hold, undone
from tests.lib.permits import Scenario
from tests.lib.shorthand import instance

DATA = Path(__file__).parents[3] / "shared" / "data" / "ihe-pcf" / "fsh" / "consents"
ZONE = ZoneInfo("Europe/London")
FOOBAR = ("http://example.org/policies/purposeOfUse", "FooBar")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published consents are not here")


def words() -> ConsentWords:
    """What the codes of the consents stand for; the invented purpose is coordination here."""
    return replace(load_rules().choices.words, purposes={FOOBAR: Purpose.COORDINATION})


def stated(name: str) -> tuple[Choice, ...]:
    """The choices that a published consent states."""
    value = instance((DATA / f"ex-{name}.fsh").read_text("utf-8"))
    return read_consent(value, ZONE, words()).choices


PRACTITIONER, RESEARCHER = "Practitioner/ex-practitioner", "Organization/ex-org-researcher"
HOUSE = "research-house"
NORMAL = {"id": "Observation/ex-bloodSugar"}
RESTRICTED = {"id": "Observation/ex-alcoholUse", "labels": frozenset({Label.S9})}
PSY = {"labels": frozenset({Label.S5})}
SDV = {"labels": frozenset({Label.S7})}
BOTH = {"labels": frozenset({Label.S5, Label.S9})}
BARRED = {"labels": frozenset({Label.S2})}
BY_OTHER = {"authors": frozenset({"Practitioner/ex-author"})}
BY_NAMED = {"authors": frozenset({PRACTITIONER, "Practitioner/ex-author"})}
DURING = {"at": datetime(2022, 12, 31, 23, 59, tzinfo=UTC)}
BEFORE = {"at": datetime(2021, 12, 31, 23, 59, tzinfo=UTC)}
AFTER = {"at": datetime(2023, 1, 1, tzinfo=UTC)}
USER = {"user": PRACTITIONER}
GLASS = {"glass": True}
ELSEWHERE = {"organisation": HOUSE, "purpose": Purpose.COORDINATION}
THERE_FOR_CARE = {"organisation": HOUSE}
COORDINATION = {"purpose": Purpose.COORDINATION}
READER = ("user", "organisation", "purpose", "glass")


def asked_of(asked: dict, number: int = 0) -> tuple[Context, Thing]:
    """Who asks, and about which entry: unless told, a clinician about one of 2022."""
    glass = (emergency(user=asked.get("user", OTHER_USER)),) if asked.get("glass") else ()
    about = {"user": OTHER_USER} | {key: asked[key] for key in READER[:3] if key in asked}
    made = context(**about, action=Action.READ, episodes=glass)
    given = {key: value for key, value in asked.items() if key not in READER}
    plain = thing(at=DURING["at"], id=f"Observation/e{number}")
    return made, replace(plain, **given)


def shared() -> World:
    """A world in which nothing but the person's choice keeps anything back."""
    every = {(label, role): "F" for label in Label for role in (*Role, None)}
    house = replace(organisations()[ACUTE], id=HOUSE, codes=frozenset({RESEARCHER}))
    clauses = (
        clause(f"c-{purpose.value.lower()}", to=[ACUTE, HOUSE], purpose=purpose, labels=Label)
        for purpose in (Purpose.DIRECT_CARE, Purpose.COORDINATION)
    )
    made = world(agreement(*clauses), labels=every, bars=frozenset(), exceptions={}, in_settings={})
    return replace(made, organisations={**made.organisations, HOUSE: house})


def tied(name: str) -> About:
    """The person of a consent, with whom everybody who asks has to do."""
    return about(bond(), bond(organisation=HOUSE), choices=stated(name))


def denied(name: str, asked: dict) -> bool:
    """Whether a consent by itself denies an entry to somebody, who may have broken the glass."""
    made, one = asked_of(asked)
    return any(
        choice.kind is ChoiceKind.DENY
        and matches(shared(), choice, made, one)
        and not (made.episodes and choice.is_liftable)
        for choice in stated(name)
    )


OUTCOMES = {
    "consent-advanced-normal": ([NORMAL], [RESTRICTED, PSY, BARRED, {**RESTRICTED, **GLASS}]),
    "consent-advanced-normal-restricted": ([NORMAL, RESTRICTED, PSY, BOTH], [BARRED]),
    "consent-advanced-normal-not-restricted": ([NORMAL], [RESTRICTED, PSY, BARRED]),
    "consent-advanced-normal-break-glass-restricted": (
        [NORMAL, {**RESTRICTED, **GLASS}, {**BOTH, **GLASS}],
        [RESTRICTED, PSY, {**BARRED, **GLASS}],
    ),
    "consent-advanced-normal-focused-psy": (
        [NORMAL, {**PSY, **USER}],
        [PSY, RESTRICTED, {**RESTRICTED, **USER}, {**BOTH, **USER}, {**SDV, **USER}],
    ),
    "consent-advanced-normal-focused-psy-or-sdv": (
        [NORMAL, {**PSY, **USER}, {**SDV, **USER}],
        [PSY, SDV, {**RESTRICTED, **USER}, {**BOTH, **USER}],
    ),
    "consent-intermediate-authoredby": ([BY_NAMED], [NORMAL, BY_OTHER]),
    "consent-intermediate-not-data": ([NORMAL, PSY], [RESTRICTED]),
    "consent-intermediate-timeframe": ([DURING], [BEFORE, AFTER]),
    "consent-intermediate-not-timeframe": ([BEFORE, AFTER], [DURING]),
    "consent-intermediate-purpose": ([ELSEWHERE], [NORMAL, THERE_FOR_CARE, COORDINATION]),
    "dissent-intermediate-break-glass": (
        [{**NORMAL, **GLASS}, {**BARRED, **GLASS}],
        [NORMAL, RESTRICTED, USER],
    ),
}


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_published_consent_denies_what_it_states(name):
    permits, denies = OUTCOMES[name]

    assert [denied(name, asked) for asked in permits] == [False] * len(permits)
    assert [denied(name, asked) for asked in denies] == [True] * len(denies)


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_deciding_and_the_store_give_what_a_published_consent_states(database, name):
    permits, denies = OUTCOMES[name]
    every = [asked_of(asked, number) for number, asked in enumerate((*permits, *denies))]
    things = tuple({one.id: one for _, one in every}.values())
    first = Scenario(shared(), every[0][0], (tied(name),), things)
    expected = [Answer.PERMIT] * len(permits) + [Answer.REFUSED] * len(denies)

    with undone(database) as session:
        held = hold(session, first)
        for (made, one), answer in zip(every, expected, strict=True):
            scenario = replace(first, context=made)
            assert decide(scenario.world, made, tied(name), one).answer is answer
            sight = compiled(session, scenario, held.subjects).shown
            shown = read(session, "Observation", one.id.partition("/")[2], sight=sight)
            assert (shown is not None) == (answer is Answer.PERMIT), (made, one)


def test_every_published_consent_has_its_outcome():
    assert {path.stem for path in DATA.glob("*.fsh")} == {f"ex-{name}" for name in OUTCOMES}
