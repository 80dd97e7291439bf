"""The check of medicines and allergies, over those that the reader is not shown too.

What comes of it names nothing that is hidden: no medicine, class, clinic or time.
Source: `reference/record.md` 6.3.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from careweave import record
from careweave.agreements import CARE_ROLES, Notices
from careweave.db import Session, configuration_files
from careweave.disclosure._asking import Asking
from careweave.disclosure._ingredients import title
from careweave.disclosure._pairs import Interaction, Pairs, Side, meetings, read_pairs
from careweave.formats import read_json
from careweave.record import Taken
from careweave.terms import Heading, Json, Label, Purpose, Sight, SubjectId

_SUPPLY = timedelta(days=120)
"""What was handed out longer ago is taken to be used up."""

_NEVER = frozenset({Label.S2, Label.S8})
"""Not even an interaction tells of these. Source: `reference/record.md` 6.3."""

_FOR_CARE = frozenset({Purpose.DIRECT_CARE, Purpose.EMERGENCY})
_CURRENT: Mapping[str, frozenset[str]] = {
    "MedicationRequest": frozenset({"active", "on-hold", "unknown", ""}),
    "MedicationStatement": frozenset({"active", "intended", "on-hold", "unknown", ""}),
    "MedicationDispense": frozenset({"completed", "in-progress", "preparation", ""}),
    "MedicationAdministration": frozenset({"completed", "in-progress", ""}),
}
_NOT_SO = frozenset({"refuted", "entered-in-error"})
_OVER = frozenset({"inactive", "resolved"})

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found not to go together; with `is_done` False nobody has looked."""

    found: tuple[Interaction, ...] = ()
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class _Lists:
    version: int
    pairs: Pairs


def checked(
    session: Session,
    asking: Asking,
    subjects: Collection[SubjectId],
    sight: Sight,
    shown: Collection[Ref],
) -> Checked:
    """Returns which of a person's current medicines and allergies do not go together.

    For somebody at work who treats the person and is `shown` medicines or allergies. Two statements
    whatever is hidden: their number tells nothing.
    """
    if asking.actor.role not in CARE_ROLES or asking.purpose not in _FOR_CARE:
        return Checked()
    pairs = _pairs(session, sight.version)
    if not pairs.known:
        return Checked()
    if not shown or not subjects:
        return Checked(is_done=True)
    held = [
        one
        for one in record.therapy(session, subjects, since=asking.at - _SUPPLY)
        if _is_current(one)
    ]
    refs = sorted({(one.type, one.id) for one in held})
    seen = {(row.type, row.id) for row in record.located(session, refs, sight=sight)}
    role = asking.actor.role
    visible = _sides(pairs, (one for one in held if (one.type, one.id) in seen))
    hidden = _sides(
        pairs, (one for one in held if _may_tell(one) and (one.type, one.id) not in seen)
    )
    return Checked(meetings(pairs, visible, hidden, role), is_done=True)


def _may_tell(one: Taken) -> bool:
    return _NEVER.isdisjoint(one.labels)


def _pairs(session: Session, version: int) -> Pairs:
    """Returns the lists of the configuration in force, read once for each version."""
    known = session.memo(_Lists, lambda _: _Lists(0, Pairs()))
    if known.version != version:
        files = configuration_files(session, version) if version else {}
        # What does not read says nothing: `careweave check` has told of it before it was applied.
        made = _Lists(version, read_pairs(files, Notices()))
        session.forget(_Lists)
        known = session.memo(_Lists, lambda _: made)
    return known.pairs


def _is_current(one: Taken) -> bool:
    if one.body is None:
        return False
    value = read_json(one.body).value
    if one.type == "AllergyIntolerance":
        return _codes(value.get("clinicalStatus")).isdisjoint(_OVER) and _codes(
            value.get("verificationStatus")
        ).isdisjoint(_NOT_SO)
    return str(value.get("status", "")) in _CURRENT.get(one.type, ())


def _codes(value: Json) -> frozenset[str]:
    codings = value.get("coding") if isinstance(value, dict) else None
    return frozenset(
        str(one.get("code"))
        for one in (codings if isinstance(codings, list) else ())
        if isinstance(one, dict)
    )


def _sides(pairs: Pairs, held: Iterable[Taken]) -> tuple[Side, ...]:
    """Returns each medicine and each allergy once, by its substances."""
    found: dict[tuple[frozenset[str], bool], Side] = {}
    for one in held:
        value = read_json(one.body or b"{}").value
        made = Side(title(value), pairs.ingredients.of(value), one.heading is Heading.ALG)
        if made.substances:
            found.setdefault((made.substances, made.is_allergy), made)
    return tuple(found.values())
