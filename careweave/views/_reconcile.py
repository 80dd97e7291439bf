"""Medicines before and after the last change of hands: stopped, started, changed, with reasons.

No list wins: what is told here is what each side says, and a person decides.
Source: `reference/interface.md` 12.1, W7; `reference/stories.md`, U9.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._cautions import cautions
from careweave.views._clinical_context import Change, Reconciliation, Turn
from careweave.views._context import Detail, Voice
from careweave.views._format import instant_of, written_day
from careweave.views._making import Making
from careweave.views._medicines import NOT_TAKING, TAKING, Medicine, medicines, reason_of
from careweave.views._voice import Spoken, spoken
from careweave.views._voices import Saying, organisation

_LATELY = timedelta(days=90)
"""A stay that ended longer ago is no reason to look again."""

_STAYS = frozenset({"IMP", "ACUTE", "NONAC", "SS"})
"""Source: HL7 v3 ActEncounterCode, stays."""

_ORDER = (Turn.STOPPED, Turn.STARTED, Turn.CHANGED, Turn.UNSURE, Turn.UNCHANGED)
_WORDS = {
    Turn.STOPPED: "Stopped",
    Turn.STARTED: "Started",
    Turn.CHANGED: "Changed",
    Turn.UNSURE: "Not mentioned since",
    Turn.UNCHANGED: "Unchanged",
}

Said = tuple[Saying, Voice]
IsAfter = Callable[[Saying], bool]


@dataclass(frozen=True, slots=True)
class _Stay:
    slug: str
    name: str
    began: datetime
    ended: datetime | None


def reconciliation(shown: ShownPerson, making: Making) -> Reconciliation:
    """Returns the medicines that are shown, each with what became of it, in the order of care.

    After a stay of the last 90 days, what its hospital says since it began stands against all
    others; without one, those who change lists stand against those who keep them.
    """
    stay = _last_stay(shown, making)
    is_after = _by_side(making) if stay is None else _of_stay(stay)
    found = medicines(shown.rows.get(Heading.MED, ()), shown, making)
    changes = [change for one in found for change in _changes(one, is_after, making)]
    # What has no place beside it keeps the order of the list: high-risk first, then by name.
    changes.sort(key=lambda one: (_ORDER.index(one.turn), not one.is_high_risk))
    is_checked = shown.interactions.is_done
    return Reconciliation(
        title=_title(stay, making),
        since=None if stay is None else written_day(stay.began.isoformat(), making),
        changes=tuple(changes),
        warnings=cautions(shown, making),
        is_checked=is_checked,
        note="" if is_checked else making.say("Interactions were not checked for this view"),
    )


def _title(stay: _Stay | None, making: Making) -> str:
    if stay is None:
        return making.say("What keeps the list, and what changes it")
    if stay.ended is None:
        return making.say("Since the stay at {place} began", place=stay.name)
    day = written_day(stay.ended.isoformat(), making).text
    return making.say("Since the stay at {place} that ended {date}", place=stay.name, date=day)


def _last_stay(shown: ShownPerson, making: Making) -> _Stay | None:
    rows = (*shown.rows.get(Heading.ADM, ()), *shown.rows.get(Heading.CON, ()))
    found = [stay for one in spoken(rows) if (stay := _stay(one, shown, making)) is not None]
    return max(found, key=lambda stay: stay.began, default=None)


def _stay(one: Spoken, shown: ShownPerson, making: Making) -> _Stay | None:
    value = one.value
    kind = fhir.words(fhir.at(value.get("class"), "code"))
    period = fhir.table(value.get("period"))
    began = instant_of(fhir.words(period.get("start")))
    ended = instant_of(fhir.words(period.get("end")))
    if one.row.type != "Encounter" or kind not in _STAYS or began is None or began > making.now:
        return None
    if ended is not None and making.now - ended > _LATELY:
        return None
    slug, _ = organisation(one, shown, making)
    of = shown.organisations.get(one.row.source)
    return _Stay(slug, slug if of is None else of.name, began, ended)


def _of_stay(stay: _Stay) -> IsAfter:
    since = stay.began.date().isoformat()

    def is_after(one: Saying) -> bool:
        return one.slug == stay.slug and one.spoken.order[0][:10] >= since

    return is_after


def _by_side(making: Making) -> IsAfter:
    return lambda one: making.clinical.sides.get(one.kind) == "after"


def _changes(medicine: Medicine, is_after: IsAfter, making: Making) -> Iterable[Change]:
    """Yields what became of a medicine; nothing of one that nobody takes on either side."""
    said = [
        (saying, voice)
        for saying, voice in zip(medicine.sayings, medicine.fact.voices, strict=False)
        if not saying.is_settled
    ]
    before = [each for each in said if not is_after(each[0])]
    after = [each for each in said if is_after(each[0])]
    turn = _turn(before, after)
    if turn is None:
        return
    yield Change(
        title=medicine.fact.title,
        turn=turn,
        turn_text=making.say(_WORDS[turn]),
        before=tuple(voice for _, voice in before),
        after=tuple(voice for _, voice in after),
        reason=_reason(after or before),
        differences=_differences(before, after, making) if turn is Turn.CHANGED else (),
        is_high_risk=medicine.fact.is_high_risk,
        key=medicine.fact.key,
    )


def _turn(before: Sequence[Said], after: Sequence[Said]) -> Turn | None:
    was, is_now = _is_taken(before), _is_taken(after)
    if is_now:
        if not was:
            return Turn.STARTED
        return Turn.UNCHANGED if _doses(before) & _doses(after) else Turn.CHANGED
    if any(one.standing in NOT_TAKING for one, _ in after):
        return Turn.STOPPED
    return Turn.UNSURE if was else None


def _is_taken(said: Sequence[Said]) -> bool:
    return any(one.standing in TAKING for one, _ in said)


def _doses(said: Sequence[Said]) -> frozenset[tuple[object, ...]]:
    """Returns how much and how often, as far as it is told, of those by whom it is taken."""
    return frozenset(
        tuple(part.value for part in one.parts[:2]) for one, _ in said if one.standing in TAKING
    )


def _reason(said: Sequence[Said]) -> str:
    """Returns the reason that the newest source gives, "" where none does."""
    for one, _ in said:
        value = one.spoken.value
        if text := reason_of(value) or fhir.notes(value):
            return text
    return ""


def _differences(
    before: Sequence[Said], after: Sequence[Said], making: Making
) -> tuple[Detail, ...]:
    old, new = (", ".join(_texts(said)) for said in (before, after))
    text = making.say("{old} before, {new} since", old=old, new=new)
    return (Detail(making.say("Dose"), text, differs=True),)


def _texts(said: Sequence[Said]) -> Sequence[str]:
    """Returns the doses that are said, each once: 20 mg is within 20 mg once a day."""
    found = tuple(dict.fromkeys(voice.text for one, voice in said if one.standing in TAKING))
    return [one for one in found if not any(other.startswith(f"{one} ") for other in found)]
