"""Allergies of several sources: one row a substance, the voice that says it stands first.

Source: `reference/record.md` 3.1, ALG.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from careweave.disclosure import Row, ShownPerson, is_partial
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Group, State, Voice
from careweave.views._making import Making
from careweave.views._silence import ALWAYS, silent
from careweave.views._stated import Stated, is_none_known, stated
from careweave.views._voice import Spoken, spoken, voice
from careweave.views._voices import Part, Saying, fact, organisation, together

_STANDS = "active"
_NOT_SO = frozenset({"refuted", "inactive", "resolved", "entered-in-error", "none"})
_CURRENT, _REFUTED = "current", "refuted"


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the rows: statements of none, and whose they are."""

    shown: ShownPerson
    making: Making
    none: tuple[Stated, ...]


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns the allergies that stand, then those refuted or over; nothing is left out."""
    heard = spoken(rows)
    beside = _Beside(shown, making, stated(heard, shown, making))
    sayings = [
        _saying(one, shown, making)
        for one in sorted(heard, key=lambda one: one.order, reverse=True)
        if one.row.type == "AllergyIntolerance" and not is_none_known(one, making)
    ]
    found = [(_stands(its), _fact(its, beside)) for its in together(sayings)]
    found.sort(key=lambda pair: (not pair[1].is_high_risk, pair[1].title.casefold()))
    groups = (
        (_CURRENT, making.say("Recorded"), [one for stands, one in found if stands]),
        (_REFUTED, making.say("Refuted or inactive"), [one for stands, one in found if not stands]),
    )
    return tuple(Group(title, tuple(its), kind=kind) for kind, title, its in groups if its)


def _saying(one: Spoken, shown: ShownPerson, making: Making) -> Saying:
    value = one.value
    slug, kind = organisation(one, shown, making)
    standing = _standing(value)
    reactions = tuple(fhir.items(value.get("reaction")))
    felt = [said for one_ in reactions if (said := fhir.concept(one_.get("manifestation")))]
    severity = next((said for one_ in reactions if (said := fhir.words(one_.get("severity")))), "")
    certainty = fhir.code(value.get("verificationStatus"))
    doubt = certainty if certainty not in {"", "confirmed", standing} else ""
    critical = fhir.words(value.get("criticality"))
    title = fhir.concept(value.get("code"))
    words = [making.say(standing), making.say(doubt) if doubt else ""]
    return Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(["+".join(sorted(making.clinical.ingredients.of(value))) or title]),
        title=title,
        standing=standing,
        voice=voice(
            one,
            shown,
            making,
            text=", ".join(felt) or _no_reaction(one, making),
            status=", ".join(word for word in words if word),
        ),
        parts=(
            # A reaction that one source adds is no disagreement; two different ones are.
            Part("Reaction", "", frozenset(map(str.casefold, felt)) or None),
            Part("Severity", making.say(severity) if severity else "", severity or None),
            Part("Risk", making.say(critical) if critical else "", critical or None),
            Part("Kind", making.say(said) if (said := fhir.words(value.get("type"))) else ""),
            Part("Note", fhir.notes(value)),
        ),
    )


def _no_reaction(one: Spoken, making: Making) -> str:
    if is_partial(one.row):
        return making.say("Reaction not shown to this role")
    return making.say("Reaction not given")


def _standing(value: fhir.Value) -> str:
    certainty = fhir.code(value.get("verificationStatus"))
    if certainty in _NOT_SO:
        return certainty
    return fhir.code(value.get("clinicalStatus")) or _STANDS


def _stands(sayings: Sequence[Saying]) -> bool:
    return any(one.standing == _STANDS for one in sayings)


def _fact(sayings: Sequence[Saying], beside: _Beside) -> Fact:
    making = beside.making
    # The voice that says it stands comes first, whatever its age.
    said = sorted(sayings, key=lambda one: one.standing != _STANDS)
    quiet: tuple[Voice, ...] = ()
    if _stands(said):
        said += [_none(one, beside) for one in beside.none if _denies(one, said, beside)]
        unasked = _unasked(said, beside)
        known = {one.slug for one in said} | {slug for slug, _ in unasked}
        others = silent(Heading.ALG, known, beside.shown, making, is_lacking=bool(unasked))
        quiet = (*(voice_ for _, voice_ in unasked), *others)
    made = fact(said, making, title=sayings[0].title, clash=clash, silent=quiet)
    severe = ("high", "severe")
    is_grave = any(part.value in severe for one in sayings for part in one.parts)
    return replace(made, is_high_risk=is_grave and _stands(said))


def _denies(one: Stated, said: Sequence[Saying], beside: _Beside) -> bool:
    """Says that a source states that none is known and names no allergy of this row itself."""
    slug, _ = organisation(one.one, beside.shown, beside.making)
    return one.state is State.NONE_STATED and all(slug != other.slug for other in said)


def _none(one: Stated, beside: _Beside) -> Saying:
    slug, kind = organisation(one.one, beside.shown, beside.making)
    text = beside.making.say("No known allergies")
    told = replace(one.voice, text=text, status=beside.making.say("none known"))
    return Saying(one.one, slug, kind, frozenset(["none-known"]), text, "none", told)


def _unasked(said: Sequence[Saying], beside: _Beside) -> tuple[tuple[str, Voice], ...]:
    """Returns who is taken to know and says that it did not ask: nobody else is worth a line here."""
    rules = beside.making.clinical.silence.get(Heading.ALG, {})
    known = {one.slug for one in said}
    found = []
    for one in beside.none:
        slug, kind = organisation(one.one, beside.shown, beside.making)
        if one.state is State.NOT_ASKED and slug not in known and rules.get(kind) == ALWAYS:
            text = beside.making.say("Allergies not asked")
            found.append(
                (slug, replace(one.voice, text=text, status=beside.making.say("not asked")))
            )
    return tuple(found)


def clash(one: Saying, other: Saying) -> bool:
    """Says that by one source the allergy stands and by the other it does not."""
    standings = {one.standing, other.standing}
    return _STANDS in standings and not standings.isdisjoint(_NOT_SO)
