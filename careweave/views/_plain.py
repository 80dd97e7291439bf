"""Headings whose entries stand for themselves: one fact of one voice each, by phase and date."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from careweave.disclosure import Row, ShownPerson, is_partial
from careweave.terms import Heading, Label
from careweave.views import _fhir as fhir
from careweave.views import _said_care as care
from careweave.views import _said_clinical as clinical
from careweave.views._context import Detail, Fact, Group
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._said import Phase, Said
from careweave.views._voice import Spoken, spoken, voice

_READERS: Mapping[str, Callable[[fhir.Value, Making], Said]] = {
    "Appointment": care.appointment,
    "CarePlan": care.plan,
    "CareTeam": care.team,
    "ClinicalImpression": clinical.impression,
    "Communication": care.message,
    "Condition": clinical.condition,
    "Consent": care.consent,
    "Device": care.device,
    "DeviceRequest": care.device,
    "DeviceUseStatement": care.device,
    "DiagnosticReport": clinical.report,
    "DocumentReference": care.document,
    "Encounter": clinical.encounter,
    "EpisodeOfCare": care.episode,
    "FamilyMemberHistory": clinical.family,
    "Flag": clinical.flag,
    "Goal": care.goal,
    "Immunization": clinical.immunization,
    "Observation": clinical.observation,
    "Procedure": clinical.procedure,
    "QuestionnaireResponse": care.questionnaire,
    "RelatedPerson": care.relative,
    "RiskAssessment": clinical.risk,
    "ServiceRequest": care.request,
    "Task": care.task,
}
_SILENT = frozenset({"Binary", "List"})
"""Kinds that carry or list other entries, and are no fact of their own."""

_EVENTS = frozenset(
    {
        *(Heading.CON, Heading.DIS, Heading.DOC, Heading.EXM, Heading.INV, Heading.PRC),
        *(Heading.VAC, Heading.PRG, Heading.FAM, Heading.ABM, Heading.IRQ),
    }
)
"""Headings of what happened on a day: by date alone, since nothing of it goes on."""

TITLES: Mapping[Phase, str] = {
    Phase.CURRENT: "Now",
    Phase.PLANNED: "Planned",
    Phase.ENDED: "Past",
    Phase.REFUTED: "Refuted or entered in error",
}
DISPUTED = "Over by one source, not by another"

_ORDER = (Phase.CURRENT, Phase.PLANNED, Phase.ENDED, Phase.REFUTED)


def said(one: Spoken, making: Making) -> Said:
    """Returns what an entry says, by its kind."""
    return _READERS.get(one.row.type, care.other)(one.value, making)


def single(one: Spoken, shown: ShownPerson, making: Making) -> Fact:
    """Returns an entry as a fact of one voice."""
    told = _kept_back(one, shown, making) or said(one, making)
    details = tuple(_unsaid(told.details, told.text))
    its = voice(one, shown, making, text=told.text, status=told.status, details=details)
    heading = one.row.heading
    name = told.title or making.say("Entry" if heading is None else NAMED[heading].title)
    return Fact(name, (its,), key=f"{one.row.type}/{its.entry}")


def _unsaid(details: Iterable[Detail], text: str) -> Iterator[Detail]:
    """Yields the details of which the line before them does not say each part already."""
    parts = frozenset(text.split("; "))
    for one in details:
        if f"{one.label}: {one.text}" not in parts and not parts.issuperset(one.text.split("; ")):
            yield one


def _kept_back(one: Spoken, shown: ShownPerson, making: Making) -> Said | None:
    """Returns what is said of instructions for getting in whose words this role is not shown."""
    if Label.ACCESS_SECRET not in one.row.labels or not is_partial(one.row):
        return None
    of = shown.organisations.get(one.row.source)
    call = "" if of is None else ", ".join(part for part in (of.name, of.telephone) if part)
    return Said(
        making.say("How to get in"),
        making.say("Kept back from your role. Ask {source}", source=call),
    )


def fact_of(row: Row, shown: ShownPerson, making: Making) -> Fact:
    """Returns one entry alone as a fact, for the page of the entry itself.

    An entry whose body is not shown is a fact without a title and without a voice.
    """
    found = spoken((row,))
    return single(found[0], shown, making) if found else Fact("", ())


def speaking(rows: Iterable[Row]) -> tuple[Spoken, ...]:
    """Returns the entries that are facts of their own, newest first."""
    found = [one for one in spoken(rows) if one.row.type not in _SILENT]
    return tuple(sorted(found, key=lambda one: one.order, reverse=True))


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns the entries as facts of one voice each, what goes on apart from what is past."""
    return grouped([(one, single(one, shown, making)) for one in speaking(rows)], making)


def phases(singles: Iterable[tuple[Spoken, Fact]], making: Making) -> Mapping[str, Phase]:
    """Returns the phase of each entry by its handle."""
    return {fact.voices[0].entry: _phase(one, making) for one, fact in singles}


def _phase(one: Spoken, making: Making) -> Phase:
    # Of hundreds of results the words are read once only.
    if one.row.type == "Observation":
        return clinical.phase_observed(one.value)
    return said(one, making).phase


def grouped(
    found: Iterable[tuple[Spoken, Fact]],
    making: Making,
    known: Mapping[str, Phase] | None = None,
) -> tuple[Group, ...]:
    """Returns facts by phase: of several voices, the one that is most current decides.

    What one source holds for ended and another for running is shown as running, with its mark.
    """
    by_phase: dict[Phase, list[Fact]] = {}
    disputed: list[Fact] = []
    heading = None
    for one, fact in found:
        heading = one.row.heading
        phase = _most_current(fact, known or {}) or _phase(one, making)
        is_event = heading in _EVENTS and phase is not Phase.REFUTED
        if phase is Phase.CURRENT and not is_event and _is_disputed(fact, known or {}):
            disputed.append(fact)
            continue
        by_phase.setdefault(Phase.CURRENT if is_event else phase, []).append(fact)
    if heading is Heading.FUT:
        by_phase.get(Phase.PLANNED, []).reverse()
    is_plain = heading in _EVENTS and set(by_phase) == {Phase.CURRENT}
    apart = Group(making.say(DISPUTED), tuple(disputed), kind=str(Phase.CURRENT))
    return (
        *((apart,) if disputed else ()),
        *(
            Group(
                "" if is_plain else making.say(TITLES[phase]),
                tuple(by_phase[phase]),
                kind="" if is_plain else str(phase),
            )
            for phase in _ordered(heading)
            if phase in by_phase
        ),
    )


def _is_disputed(fact: Fact, known: Mapping[str, Phase]) -> bool:
    """Says that by one source it goes on, and by another it is over."""
    found = {known[one.entry] for one in fact.voices if one.entry in known}
    return fact.disagrees and Phase.CURRENT in found and Phase.ENDED in found


def _most_current(fact: Fact, known: Mapping[str, Phase]) -> Phase | None:
    found = [known[one.entry] for one in fact.voices if one.entry in known]
    return min(found, key=_ORDER.index, default=None)


def _ordered(heading: Heading | None) -> tuple[Phase, ...]:
    """Returns the phases in the order in which a reader needs them: the next visit comes first."""
    if heading is Heading.FUT:
        return (Phase.PLANNED, Phase.CURRENT, Phase.ENDED, Phase.REFUTED)
    return _ORDER
