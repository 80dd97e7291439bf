"""Medicines of several sources as one list: one row an ingredient, high-risk first, never cut.

Source: `reference/record.md` 3.1, MED; `reference/interface.md` 6.3, "status never mixed".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from careweave.disclosure import Row, ShownPerson, is_partial
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Group, Voice
from careweave.views._dosing import dosing
from careweave.views._format import dose, instant_of, written_day
from careweave.views._making import Making
from careweave.views._silence import is_cut, silent
from careweave.views._supplies import HANDED, newest_supplies, once_a_dose
from careweave.views._voice import Spoken, spoken, voice
from careweave.views._voices import Part, Saying, fact, organisation, together

TAKING = frozenset({"active", "on-hold", "dispensed", "given"})
NOT_TAKING = frozenset({"stopped", "not-taken", "not-given", "absent"})
_STOPPED = frozenset({"stopped", "cancelled", "completed", "not-done"})
_STANDINGS: Mapping[str, Mapping[str, str]] = {
    "MedicationRequest": {"draft": "planned"},
    "MedicationStatement": {"intended": "planned", "not-taken": "not-taken"},
    "MedicationDispense": {"completed": "dispensed", "in-progress": "dispensed"},
    "MedicationAdministration": {
        "completed": "given",
        "in-progress": "given",
        "not-done": "not-given",
    },
}
_CURRENT, _DISPUTED, _PLANNED, _ENDED = "current", "disputed", "planned", "ended"
_OVER = frozenset({"stopped", "not-taken"})
_TITLES: Mapping[str, str] = {
    _CURRENT: "Active",
    _DISPUTED: "Stopped by one source, active by another",
    _PLANNED: "Planned",
    _ENDED: "Stopped or not taken",
}


@dataclass(frozen=True, slots=True)
class Medicine:
    """One ingredient with all that is said of it; `phase` is current, planned or ended."""

    fact: Fact
    sayings: tuple[Saying, ...]
    phase: str


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns the medicines by status, the high-risk ones first in each; nothing is left out."""
    found = medicines(rows, shown, making)
    groups = []
    for phase in (_CURRENT, _DISPUTED, _PLANNED, _ENDED):
        facts_ = tuple(one.fact for one in found if _place(one) == phase)
        if facts_:
            # What is disputed is as current as what is not: no page leaves it out.
            kind = _CURRENT if phase == _DISPUTED else phase
            groups.append(Group(making.say(_TITLES[phase]), facts_, kind=kind))
    return tuple(groups)


def _place(one: Medicine) -> str:
    """Returns under which title a medicine stands: of one that a source has stopped, its own."""
    ended_ = any(said.standing in _OVER and not said.is_settled for said in one.sayings)
    return _DISPUTED if one.phase == _CURRENT and ended_ and one.fact.disagrees else one.phase


def medicines(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Medicine, ...]:
    """Returns each medicine with its voices, the high-risk ones first, then by name."""
    heard = spoken(rows)
    supplied = newest_supplies(heard)
    told = [one for one in heard if one.row.type not in HANDED or id(one) in supplied]
    sayings = tuple(once_a_dose(_sayings(told, shown, making), supplied, making))
    lists = tuple(_complete(heard, shown, making))
    instead = tuple(_instead(sayings, making))
    dispensing = frozenset(one.slug for one in sayings if one.standing == "dispensed")
    found = [_medicine(its, lists, instead, dispensing, shown, making) for its in together(sayings)]
    return tuple(
        sorted(found, key=lambda one: (not one.fact.is_high_risk, one.fact.title.casefold()))
    )


def _sayings(heard: Iterable[Spoken], shown: ShownPerson, making: Making) -> Iterator[Saying]:
    for one in sorted(heard, key=lambda one: one.order, reverse=True):
        if one.row.type in _STANDINGS:
            yield _saying(one, shown, making)


def _saying(one: Spoken, shown: ShownPerson, making: Making) -> Saying:
    value = one.value
    told = dosing(value, making.clinical.often)
    standing = _standing(one)
    slug, kind = organisation(one, shown, making)
    title = name_of(value)
    substances = sorted(making.clinical.ingredients.of(value))
    text = dose(told.text, making) if told.text else _no_dose(one, making)
    return Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        # A product of several substances is a fact of its own: none of them alone is the same.
        keys=frozenset(["+".join(substances) or title.casefold()]),
        title=title,
        standing=standing,
        voice=voice(one, shown, making, text=text, status=making.say(standing)),
        parts=(
            Part("Dose", "", told.amount, is_quantity=True, adds_up=True),
            Part("How often", "", told.often or None),
            Part("Route", told.route, told.route.casefold() or None),
            Part("Reason", reason_of(value)),
            Part("Note", fhir.notes(value)),
            Part("Ended", written_day(ended(value), making).text if standing == "stopped" else ""),
        ),
    )


def _no_dose(one: Spoken, making: Making) -> str:
    """Returns why there is no dose: it is not for this reader, or its source gives none."""
    if is_partial(one.row):
        return making.say("Dose not shown to this role")
    return making.say("Dose not given")


def name_of(value: fhir.Value) -> str:
    """Returns the medicine as its source calls it, never shortened."""
    contained = fhir.items(value.get("contained"))
    return (
        fhir.concept(value.get("medicationCodeableConcept"))
        or fhir.words(fhir.at(value.get("medicationReference"), "display"))
        or next((said for one in contained if (said := fhir.concept(one.get("code")))), "")
    )


def reason_of(value: fhir.Value) -> str:
    """Returns why a source says that a medicine was stopped, changed or not taken."""
    return fhir.concept(value.get("statusReason")) or fhir.concept(
        value.get("statusReasonCodeableConcept")
    )


def ended(value: fhir.Value) -> str:
    """Returns when a medicine ended, as its source writes it; "" where it does not."""
    for first in fhir.items(value.get("dosageInstruction")):
        said = fhir.words(fhir.at(first, "timing", "repeat", "boundsPeriod", "end"))
        if said:
            return said
    return fhir.words(fhir.at(value.get("dispenseRequest"), "validityPeriod", "end")) or (
        fhir.end_date(value)
    )


def _standing(one: Spoken) -> str:
    status = fhir.words(one.value.get("status"))
    known = _STANDINGS[one.row.type].get(status)
    if known is not None:
        return known
    return "stopped" if status in _STOPPED else status or "active"


def _complete(heard: Iterable[Spoken], shown: ShownPerson, making: Making) -> Iterator[Saying]:
    """Yields what sources say to be all the medicines that they know of."""
    for one in heard:
        value = one.value
        is_whole = value.get("mode") == "snapshot" and value.get("status") == "current"
        if one.row.type != "List" or not is_whole:
            continue
        if fhir.code(value.get("emptyReason")) not in {"", "nilknown"}:
            continue
        slug, kind = organisation(one, shown, making)
        text = making.say("Not in its list, which it says is complete")
        said = voice(one, shown, making, text=text, status=making.say("absent"))
        title = fhir.words(value.get("title")) or fhir.concept(value.get("code"))
        yield Saying(one, slug, kind, frozenset(["list"]), title, "absent", said)


def _instead(sayings: Iterable[Saying], making: Making) -> Iterator[tuple[str, Saying]]:
    """Yields, by its name, each medicine that a source says is replaced by another."""
    words = making.clinical.words.get("replaces", ())
    for one in sayings:
        if one.standing in TAKING:
            note = f"{fhir.notes(one.spoken.value)} {reason_of(one.spoken.value)}".casefold()
            for word in words:
                _, found, rest = note.partition(word + " ")
                if found:
                    yield rest.strip(" ."), one


def _medicine(
    sayings: tuple[Saying, ...],
    lists: Sequence[Saying],
    instead: Sequence[tuple[str, Saying]],
    dispensing: frozenset[str],
    shown: ShownPerson,
    making: Making,
) -> Medicine:
    substances = frozenset(part for one in sayings for key in one.keys for part in key.split("+"))
    title = sayings[0].title
    phase = _phase(sayings)
    names = {title.casefold(), *substances}
    replaced = [_replaced(by, sayings) for what, by in instead if _begins(what, names)]
    said = (*sayings, *replaced)
    quiet: tuple[Voice, ...] = ()
    # In a view that is cut, that another source is missing tells nothing.
    if phase == _CURRENT and not is_cut(Heading.MED, shown):
        told_by = frozenset(one.slug for one in said)
        missing = tuple(one for one in lists if one.slug not in told_by)
        said = (*said, *missing)
        is_prescribed = any(one.kind == "gp" and one.standing == "active" for one in sayings)
        quiet = silent(
            Heading.MED,
            frozenset(one.slug for one in said),
            shown,
            making,
            dispensing=dispensing if is_prescribed else (),
            is_lacking=bool(missing),
        )
    made = fact(said, making, title=title, clash=clash, silent=quiet)
    is_high_risk = not substances.isdisjoint(making.clinical.high_risk)
    line = _in_a_line(made, making) if made.disagrees else ""
    return Medicine(replace(made, is_high_risk=is_high_risk, said=line), said, phase)


def _in_a_line(made: Fact, making: Making) -> str:
    """Returns all doses that are told, and that it is stopped or not taken by the newest voice."""
    texts = dict.fromkeys(one.text for one in made.voices if one.entry)
    parts = [text.partition(" ") for text in texts]
    if len({rest for _, _, rest in parts}) == 1:
        line = " / ".join(first for first, _, _ in parts) + "".join(parts[0][1:])
    else:
        line = " / ".join(texts)
    newest = made.voices[0]
    over = {making.terms.statuses.get(one, making.say(one)) for one in _OVER}
    if newest.status not in over:
        return line
    why = next((one.text for one in newest.details if one.label == making.say("Note")), "")
    return f"{line} ({', '.join(part for part in (newest.status, why) if part)})"


def _begins(what: str, names: Iterable[str]) -> bool:
    return any(what == name or what.startswith((f"{name} ", f"{name},")) for name in names)


def _replaced(by: Saying, sayings: Sequence[Saying]) -> Saying:
    """Returns what replaces a medicine as a voice of the row of that which it replaces."""
    text = f"{by.title} {by.voice.text}"
    return replace(
        by,
        keys=sayings[0].keys,
        standing="absent",
        voice=replace(by.voice, text=text),
        parts=tuple(replace(part, value=None) for part in by.parts),
    )


def _phase(sayings: Sequence[Saying]) -> str:
    standings = {one.standing for one in sayings if not one.is_settled}
    if standings & TAKING:
        return _CURRENT
    return _PLANNED if "planned" in standings else _ENDED


def clash(one: Saying, other: Saying) -> bool:
    """Says that by one source the medicine is taken and by the other it is not.

    What was handed out before the other source stopped it agrees with the stop.
    """
    taken, ended_ = (one, other) if one.standing in TAKING else (other, one)
    if taken.standing not in TAKING or ended_.standing not in NOT_TAKING:
        return False
    if taken.standing in {"dispensed", "given"} and ended_.standing == "stopped":
        return _day(taken.spoken.date) > _day(ended(ended_.spoken.value) or ended_.spoken.date)
    return True


def _day(text: str) -> str:
    exact = instant_of(text)
    return text[:10] if exact is None else exact.date().isoformat()
