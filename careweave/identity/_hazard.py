"""A question about two groups that an act leaves behind, with how dangerous a wrong answer is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Session
from careweave.identity._asking import Ask, open_reviews
from careweave.identity._evidence import basis
from careweave.identity._incoming import Means
from careweave.identity._scene import Placed
from careweave.terms import Json

_LEAST, _MOST = 1, 5


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the first group is the person of the other; an event raised it.

    Conflicts are the most dangerous.
    """

    kind: str
    ours: Sequence[Placed]
    theirs: Sequence[Placed]
    seq: int
    at: datetime
    is_conflict: bool = False


def ask_of(session: Session, asked: Question, means: Means) -> None:
    """Puts a question before people.

    Source: reference/identity.md section 14: hazard first, then what would come together.
    """
    everybody = (*asked.ours, *asked.theirs)
    hazards = means.hazards(session, sorted({one.subject for one in everybody}))
    ask = Ask(
        asked.ours[0].subject,
        asked.kind,
        [_told(asked.theirs)],
        _MOST if asked.is_conflict else max(hazards.values(), default=_LEAST),
        float(len(asked.theirs)),
        basis(*(one.member.norm for one in everybody)),
        asked.seq,
        asked.at,
    )
    open_reviews(session, [ask])


def _told(members: Sequence[Placed]) -> dict[str, Json]:
    return {
        "person": str(members[0].person),
        "subjects": [one.subject for one in members],
        "best": members[0].subject,
        "w": 0,
        "vetoes": [],
    }
