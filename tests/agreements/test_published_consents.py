"""The consents of IHE Privacy Consent on FHIR give the outcomes that their notes state.

The data are those of the profile (CC-BY-4.0, IHE International), read as they are published.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from careweave.agreements import (
    Choice,
    ChoiceKind,
    ConsentWords,
    Context,
    Thing,
    World,
    default_rules,
    read_consent,
)
from careweave.agreements._chosen import matches
from careweave.intake import load_rules
from careweave.terms import Action, Heading, Label, Purpose, Role
from tests.lib.shorthand import instance

DATA = Path(__file__).parents[3] / "shared" / "data" / "ihe-pcf" / "fsh" / "consents"
ZONE = ZoneInfo("Europe/London")
AT = datetime(2026, 3, 16, 8, tzinfo=UTC)
FOOBAR = ("http://example.org/policies/purposeOfUse", "FooBar")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published consents are not here")


def words() -> ConsentWords:
    """What the codes of the consents stand for; the invented purpose is research here."""
    return replace(load_rules().choices.words, purposes={FOOBAR: Purpose.RESEARCH})


def stated(name: str) -> tuple[Choice, ...]:
    """The choices that a published consent states."""
    value = instance((DATA / f"ex-{name}.fsh").read_text("utf-8"))
    return read_consent(value, ZONE, words()).choices


WORLD = World(0, {}, (), default_rules(), ZONE.key)
PRACTITIONER, RESEARCHER = "Practitioner/ex-practitioner", "Organization/ex-org-researcher"
NORMAL = {"id": "Observation/ex-bloodSugar", "labels": frozenset()}
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
ELSEWHERE = {"organisation": RESEARCHER, "purpose": Purpose.RESEARCH}
THERE_FOR_CARE = {"organisation": RESEARCHER}
RESEARCH = {"purpose": Purpose.RESEARCH}


def denied(name: str, **asked: object) -> bool:
    """Whether a consent denies an entry to somebody, who may have broken the glass."""
    has_broken = asked.pop("glass", False)
    context = Context("acute", Role.ED, Purpose.DIRECT_CARE, Action.READ, AT)
    about = {key: asked.pop(key) for key in ("user", "organisation", "purpose") if key in asked}
    thing = Thing(None, "gp", "epr", Heading.MED, frozenset(), DURING["at"], AT)
    context, thing = replace(context, **about), replace(thing, **asked)
    return any(
        one.kind is ChoiceKind.DENY
        and matches(WORLD, one, context, thing)
        and not (has_broken and one.is_liftable)
        for one in stated(name)
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
    "consent-intermediate-purpose": ([ELSEWHERE], [NORMAL, THERE_FOR_CARE, RESEARCH]),
    "dissent-intermediate-break-glass": (
        [{**NORMAL, **GLASS}, {**BARRED, **GLASS}],
        [NORMAL, RESTRICTED, USER],
    ),
}


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_published_consent_gives_the_stated_outcome(name):
    permits, denies = OUTCOMES[name]

    assert [denied(name, **asked) for asked in permits] == [False] * len(permits)
    assert [denied(name, **asked) for asked in denies] == [True] * len(denies)


def test_every_published_consent_has_its_outcome():
    assert {path.stem for path in DATA.glob("*.fsh")} == {f"ex-{name}" for name in OUTCOMES}
