"""That nobody finds what is sealed: no key leads to it and no question names it.

Source: reference/identity.md section 15, adoption.
"""

from collections.abc import Collection
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._journal import Acted
from careweave.identity._keys import keys
from careweave.identity._scene import Placed
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.identity")


def hide(session: Session, subjects: Collection[SubjectId], acted: Acted, at: datetime) -> None:
    """Removes the keys of sealed records, and takes them out of every question to people."""
    session.defer(_QUERIES["block_keys_drop"], subjects=sorted(subjects), owners=[], keys=[])
    session.defer(_QUERIES["seal_reviews"], subjects=sorted(subjects), seq=acted.event.seq, at=at)


def show_again(session: Session, placed: Collection[Placed]) -> None:
    """Gives records that are no longer sealed their keys back; too little known, they have none."""
    found = [
        (one.subject, key)
        for one in placed
        if not one.member.is_provisional
        for key in keys(one.member.norm)
    ]
    if found:
        session.defer(
            _QUERIES["block_keys_add"],
            keys=[key.key for _, key in found],
            subjects=[subject for subject, _ in found],
            kinds=[key.kind for _, key in found],
            are_past=[key.is_past for _, key in found],
        )
