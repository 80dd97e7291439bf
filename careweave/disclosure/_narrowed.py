"""A sight made narrower, remembered so that the record compiles the same branches once."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Lock

from careweave.db import Session
from careweave.terms import Branch, Sight

_MOST = 512

Narrowing = Callable[[Iterable[Branch]], Iterable[Branch]]


class _Kept:
    """What was made of which branches, by the identity of the tuple: equal ones are one object."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[tuple[int, str], tuple[object, tuple[Branch, ...]]] = {}

    def of(self, branches: tuple[Branch, ...], name: str, narrow: Narrowing) -> tuple[Branch, ...]:
        """Returns the narrower branches, made once while these are in use."""
        key = id(branches), name
        found = self._made.get(key)
        if found is not None and found[0] is branches:
            return found[1]
        made = tuple(narrow(branches))
        with self._lock:
            while len(self._made) >= _MOST:
                del self._made[next(iter(self._made))]
            self._made[key] = branches, made
        return made


def narrowed(session: Session, view: Sight, name: str, narrow: Narrowing) -> Sight:
    """Returns the sight with only what `narrow` leaves of its branches; `name` names the rule."""
    kept = session.memo(_Kept, lambda _: _Kept())
    return replace(view, branches=kept.of(view.branches, name, narrow))
