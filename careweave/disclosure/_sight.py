"""What a caller may see."""

from collections.abc import Callable
from typing import TypeVar

from careweave import record
from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.terms import EVERY_LABEL, Actor, Branch, Heading, Purpose, Sight, SourceId

CONFIGURATION = 1
"""The version of the configuration in force: constant until agreements come."""

_HEADINGS: frozenset[Heading | None] = frozenset((*Heading, None))

T = TypeVar("T")


class _Sights:
    """The sights made of one state of the dictionaries."""

    def __init__(self) -> None:
        self._made: tuple[record.Dictionaries | None, dict[tuple[str, SourceId], Sight]] = None, {}

    def of(self, known: record.Dictionaries, actor: Actor) -> Sight:
        """Returns the sight of an actor, made once for each state of the dictionaries."""
        state, made = self._made
        if state is not known:
            made = {}
            self._made = known, made
        key = actor.organisation, actor.source
        found = made.get(key)
        if found is None:
            sources = known.sources_of(actor.organisation) | {actor.source}
            found = made[key] = Sight((Branch(sources, _HEADINGS, EVERY_LABEL),), CONFIGURATION)
        return found


def sight(session: Session, actor: Actor, purpose: Purpose) -> Sight:  # noqa: ARG001  the rule in force asks for no purpose
    """Returns what the actor may see: the entries of its own organisation's sources, no others.

    This is the strictest honest rule while no agreement is in force: nothing is shared between
    organisations, and within one nothing is kept back.
    """
    made = session.memo(_Sights, lambda _session: _Sights())
    return made.of(record.dictionaries(session), actor)


def seen(session: Session, asking: Asking, ask: Callable[[Sight], T]) -> T:
    """Returns what `ask` finds under the asker's sight, asking anew when a source was just opened.

    The record notices that another process opened a source and reads its dictionaries again; a
    sight made before that would miss the source's entries once.
    """
    view = sight(session, asking.actor, asking.purpose)
    found = ask(view)
    again = sight(session, asking.actor, asking.purpose)
    return found if again is view or again == view else ask(again)
