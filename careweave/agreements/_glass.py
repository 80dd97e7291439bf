"""Episodes: what a typed reason opens, and what an emergency lifts.

Source: `reference/agreements.md` section 6, step 6; `reference/security.md` section 4.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from careweave.agreements._offers import family_of
from careweave.agreements._question import About, Context, Episode, Thing
from careweave.agreements._values import BreakGlass, Clause, Family, World
from careweave.terms import Action, Label, Role

_OWN: Final = BreakGlass(allowed=True, lifts=frozenset({"relationship", "reason"}))
_BY_REASON: Final = frozenset({Action.OPEN, Action.READ})
_BY_EMERGENCY: Final = _BY_REASON | {Action.SEARCH_ONE}
_NEVER_BY_REASON: Final = frozenset({Role.CI, Role.PX, Role.AN, Role.SYSTEM})
"""For citizens the service that wrote it opens a gate, not a reason that they type."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An emergency that a clause lets in, and what it lifts there."""

    episode: Episode
    lifts: frozenset[str]


def is_entitled(world: World, context: Context) -> bool:
    """Says that the reader may break the glass for this purpose, doing this."""
    purposes = world.rules.emergency.get(context.role, frozenset())
    is_care = family_of(context.purpose) is Family.CARE
    return is_care and context.purpose in purposes and context.action in _BY_EMERGENCY


def emergency(world: World, context: Context, about: About, clause: Clause | None) -> Broken | None:
    """Returns the open emergency of this reader and person that the clause takes; None: own."""
    glass = _OWN if clause is None else clause.break_glass
    if not glass.allowed or not is_entitled(world, context):
        return None
    for episode in context.episodes:
        is_theirs = episode.is_emergency and episode.person == about.person
        if is_theirs and _is_open(context, episode) and _is_in_time(context, episode, glass):
            return Broken(episode, glass.lifts)
    return None


def opened_by(context: Context, thing: Thing, gate: Label | None) -> Episode | None:
    """Returns the typed reason that opens one gate of an entry: a label's, or (None) its heading's."""
    if context.action not in _BY_REASON or context.role in _NEVER_BY_REASON:
        return None
    for one in context.episodes:
        is_theirs = not one.is_emergency and one.person == thing.person
        if is_theirs and _is_open(context, one) and _names(one, thing, gate):
            return one
    return None


def _names(episode: Episode, thing: Thing, gate: Label | None) -> bool:
    if episode.heading is None:
        return episode.label is not None and episode.label is gate
    is_label = episode.label is None or episode.label is gate
    return episode.heading is thing.heading and is_label


def _is_open(context: Context, episode: Episode) -> bool:
    return (
        bool(context.user)
        and episode.user == context.user
        and episode.organisation == context.organisation
        and episode.role is context.role
        and episode.purpose is context.purpose
        and episode.opened_at <= context.at < episode.expires_at
    )


def _is_in_time(context: Context, episode: Episode, glass: BreakGlass) -> bool:
    until = episode.opened_at + timedelta(minutes=glass.minutes)
    last = (episode.began_at or episode.opened_at) + timedelta(minutes=glass.total)
    return context.at < min(until, last)
