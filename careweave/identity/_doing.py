"""What all acts share: who survives, what stands between, and the writing."""

from collections.abc import Sequence

from careweave.db import Session
from careweave.identity._by import By
from careweave.identity._evidence import basis
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, Wall, write
from careweave.identity._moving import Intent, drafted
from careweave.identity._scene import Placed, Scene
from careweave.terms import PersonId


def survivor_of(scene: Scene, left: PersonId, right: PersonId) -> PersonId:
    """Returns which of two persons keeps its id: with the verified number, else the older."""

    def rank(person: PersonId) -> tuple[bool, int, PersonId]:
        root = scene.roots[person]
        has_number = any(one.member.norm.verified for one in scene.members(root.person))
        return (not has_number, root.created_seq, root.person)

    return min(rank(left), rank(right))[2]


def act(session: Session, scene: Scene, intent: Intent, *, by: By, means: Means) -> Acted:
    """Writes what is intended and returns what it became."""
    group_id = means.new_person()
    group = drafted(intent, scene.placed, scene.forwarding, by=by, group_id=group_id)
    return write(session, (group,))[0]


def walls_of(
    left: Sequence[Placed], right: Sequence[Placed], *, kind: str = "not_same"
) -> tuple[Wall, ...]:
    """Returns a barrier between each of these and each of those."""
    pairs = [sorted((a, b), key=lambda one: one.subject) for a in left for b in right]
    return tuple(
        Wall(a.subject, b.subject, kind, basis(a.member.norm, b.member.norm)) for a, b in pairs
    )
