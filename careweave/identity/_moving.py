"""What moving local identities between persons amounts to: one group to be written. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from careweave.identity._by import By
from careweave.identity._journal import Forward, Group, Ruling, StateChange, Wall
from careweave.identity._scene import Placed
from careweave.terms import PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Intent:
    """What an act is to do: `targets` tells the person each moved subject is to belong to.

    `apart` are pairs of subjects that are ruled not to be the same; `persons` the ids that are new.
    """

    kind: str
    targets: Mapping[SubjectId, PersonId] = field(default_factory=dict[SubjectId, PersonId])
    persons: tuple[PersonId, ...] = ()
    apart: tuple[Wall, ...] = ()
    ended_walls: tuple[Wall, ...] = ()
    states: tuple[StateChange, ...] = ()
    inverse_of: UUID | None = None


_ACTS = {
    "link": "Linked.",
    "unlink": "Taken out of the person.",
    "join": "Two persons were joined.",
    "split": "The person was parted.",
    "not_same": "These are two people.",
    "merge": "Merged at the source.",
    "unmerge": "No longer merged at the source.",
    "seal": "Kept apart for ever.",
    "unfreeze": "Found to be the same person still.",
    "invert": "Taken back.",
}

_PARTING = frozenset({"unlink", "split", "unmerge", "seal", "invert"})


def drafted(
    intent: Intent,
    placed: Sequence[Placed],
    forwarding: Collection[PersonId],
    *,
    by: By,
    group_id: UUID,
) -> Group:
    """Returns the group that does what is intended.

    `placed` are all members of all persons concerned, `forwarding` those of these persons that
    answer as others now. A person who is left without members answers as the one they went to,
    and one who gets members again answers for itself.
    """
    forwards = _forwards(intent.targets, placed)
    return Group(
        intent.kind,
        by.names,
        by.cause,
        group_id,
        by.at,
        inverse_of=intent.inverse_of,
        persons=intent.persons,
        rulings=(*_moves(intent, placed, by), *_refusals(intent, placed, by)),
        forwards=forwards,
        ended_forwards=tuple(sorted(set(intent.targets.values()) & set(forwarding))),
        walls=intent.apart,
        ended_walls=intent.ended_walls,
        states=intent.states,
        remarks={"ground": str(by.ground)},
    )


def _forwards(
    targets: Mapping[SubjectId, PersonId], placed: Sequence[Placed]
) -> tuple[Forward, ...]:
    occupied = {targets.get(one.subject, one.person) for one in placed}
    gone: dict[PersonId, Counter[PersonId]] = {}
    for one in placed:
        if one.person not in occupied:
            gone.setdefault(one.person, Counter())[targets[one.subject]] += 1
    return tuple(
        Forward(person, min(went, key=lambda target: (-went[target], target)))
        for person, went in sorted(gone.items())
    )


def _moves(intent: Intent, placed: Sequence[Placed], by: By) -> list[Ruling]:
    rulings: list[Ruling] = []
    for one in placed:
        target = intent.targets.get(one.subject)
        if target is None:
            continue
        if intent.kind in _PARTING:
            rulings.append(_ruling(one, one.person, "UNLINK", intent, by))
        rulings.append(_ruling(one, target, "LINK", intent, by))
    return rulings


def _refusals(intent: Intent, placed: Sequence[Placed], by: By) -> list[Ruling]:
    """Returns a ruling for each record and each person that it is not; their barriers name it."""
    where = {one.subject: intent.targets.get(one.subject, one.person) for one in placed}
    known = {one.subject: one for one in placed}
    walls = [
        wall
        for wall in intent.apart
        # Who belongs to nobody, because the source has deleted the record, is ruled on no more.
        if wall.kind == "not_same" and {wall.left, wall.right} <= known.keys()
    ]
    pairs = {(w.left, where[w.right]) for w in walls} | {(w.right, where[w.left]) for w in walls}
    return [
        _ruling(known[subject], person, "NOT_SAME", intent, by) for subject, person in sorted(pairs)
    ]


def _ruling(one: Placed, person: PersonId, verdict: str, intent: Intent, by: By) -> Ruling:
    return Ruling(
        one.subject,
        one.member.version,
        person,
        "LINK" if verdict == "LINK" else "UNLINK" if verdict == "UNLINK" else "NOT_SAME",
        str(by.method),
        f"{_ACTS[intent.kind]} {by.sentence}",
        by.confidence,
        explanation={"ground": str(by.ground)},
        supersedes=one.member.decision if verdict != "NOT_SAME" else None,
    )
