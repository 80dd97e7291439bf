"""Locks that make two workers one after the other: who could meet, waits.

Whoever may find the other shares a key with it, so the keys of a record are locked, and then the
persons it could be linked to. All locks of one kind are taken in one order by one statement, keys
before persons, so that nobody waits in a circle. A batch with too many keys takes the whole room
for itself instead, which all others hold shared.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from careweave.db import Queries, Session
from careweave.identity._keys import BlockKey
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

_MOST_LOCKS = 300
"""A server keeps room for 6,400 locks (64 x 100 connections): twenty batches at once fit."""

_MOST_PERSONS = 2000
"""Two who lock so many persons at once still fit; who meets more takes the whole room."""

_WHOLE, _SUBJECT, _KEY, _PERSON = 7261040, 7261041, 7261042, 7261043
_ROOM = 0
_MASK = (1 << 32) - 1
_SIGN = 1 << 31


def lock_keys(
    session: Session, subjects: Collection[SubjectId], keys: Collection[BlockKey]
) -> None:
    """Takes the locks of records with these keys; held until the transaction ends."""
    if len(subjects) + len(keys) > _MOST_LOCKS:
        session.defer(_QUERIES["lock_whole"], space=_WHOLE, place=_ROOM)
        return
    places = {(_SUBJECT, _folded(subject)) for subject in subjects}
    places |= {(_KEY, _folded(one.key)) for one in keys}
    _lock_room(session)
    _lock(session, sorted(places))


def lock_persons(session: Session, persons: Iterable[UUID | PersonId]) -> None:
    """Takes the locks of these persons: who judges or changes their members reads only then."""
    places = {(_PERSON, _folded(person.int)) for person in persons}
    if len(places) > _MOST_PERSONS:
        session.defer(_QUERIES["lock_whole"], space=_WHOLE, place=_ROOM)
        return
    _lock_room(session)
    _lock(session, sorted(places))


def _lock_room(session: Session) -> None:
    session.defer(_QUERIES["lock_room"], space=_WHOLE, place=_ROOM)


def _lock(session: Session, places: Sequence[tuple[int, int]]) -> None:
    session.defer(
        _QUERIES["lock_places"],
        spaces=[space for space, _ in places],
        places=[place for _, place in places],
    )


def _folded(number: int) -> int:
    """Returns a number as a signed one of 32 bits, as locks take it."""
    low = (number ^ number >> 32) & _MASK
    return low - (_SIGN << 1) if low >= _SIGN else low
