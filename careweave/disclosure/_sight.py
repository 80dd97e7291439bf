"""What a caller may see: the agreements in force, compiled for this reader and this moment."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from careweave import identity, record
from careweave.agreements import Branches, Context, World, branches, changes_at, names_of
from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._standing import Standing, standing
from careweave.disclosure._worlds import world
from careweave.terms import Action, Actor, PersonId, Purpose, Role, Sight, SourceId

_MOST_KEPT = 2048

# Nothing that a user opens counts for other purposes. Source: `reference/agreements.md` 1.2, 6.
_STANDING = frozenset(
    {
        *(Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION, Purpose.SAFEGUARDING),
        Purpose.LEGAL,
    }
)

_OF_ONESELF = frozenset({Role.SYSTEM, Role.CI, Role.PX})
_FOR_ONESELF = frozenset(
    {Purpose.OWN_REQUEST, Purpose.FAMILY_REQUEST, Purpose.PATIENT_ADMINISTRATION}
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """What a caller may see, may not see without a reason, and may only know to be there.

    The three sights stand for one moment and one version. `context` is what was asked of `world`.
    """

    sight: Sight
    withheld: Sight
    indicated: Sight
    world: World
    context: Context


class _Compiled:
    """The branches made of one world and one state of the dictionaries."""

    def __init__(self, world: World, known: record.Dictionaries) -> None:
        self.world = world
        self.known = known
        self._sources = {
            number: (one.organisation, one.system, one.feed)
            for number, one in known.sources.items()
        }
        self._made: dict[Hashable, tuple[datetime, datetime, Branches]] = {}
        self._names: dict[str, frozenset[str]] = {}

    def names(self, organisation: str) -> frozenset[str]:
        """Returns the names under which entries know an organisation."""
        found = self._names.get(organisation)
        if found is None:
            found = self._names[organisation] = names_of(self.world, (organisation,))
        return found

    def service(self, source: SourceId) -> str:
        """Returns the service within its organisation that a source belongs to; empty for none."""
        organisation, system, _ = self._sources.get(source, ("", "", ""))
        of = self.world.organisations.get(organisation)
        return "" if of is None else of.services.get(system, "")

    def branches(self, context: Context, source: SourceId) -> Branches:
        """Returns the branches of a context, compiled anew only when time has changed them."""
        key = _key(context, source)
        found = self._made.get(key)
        if found is not None and found[0] <= context.at < found[1]:
            return found[2]
        # What this very transaction opened is not in the dictionaries yet, and its writer's own.
        sources = {source: (context.organisation, "", ""), **self._sources}
        made = branches(self.world, context, sources)
        if len(self._made) >= _MOST_KEPT:
            self._made.clear()
        self._made[key] = context.at, changes_at(self.world, context), made
        return made


def _key(context: Context, source: SourceId) -> Hashable:
    """Returns all of a context but its moment, and its user: an episode says whose it is."""
    return (
        (context.organisation, context.role, context.setting, context.team),
        (context.purpose, context.action, context.self_person, context.grants, source),
        (context.episodes, context.mandates),
    )


def sight(
    session: Session, actor: Actor, purpose: Purpose, action: Action, *, at: datetime
) -> Sight:
    """Returns what the actor may see for a purpose and an action at a moment; nothing by default.

    Without any agreement in force that is what its own organisation's sources hold: for a technical
    system all of it, for a person's role what the matrix, ties and labels leave.
    """
    return view(session, actor, purpose, action, at=at).sight


def view(session: Session, actor: Actor, purpose: Purpose, action: Action, *, at: datetime) -> View:
    """Returns what the actor may see, with what is withheld and what is only indicated.

    Besides what this process remembers, it asks one statement for what the user has opened.
    """
    return _view(session, _compiled(session, at), actor, purpose, action, at)


def view_then(
    session: Session, then: World, actor: Actor, purpose: Purpose, action: Action, at: datetime
) -> View:
    """Returns what the actor could see at an earlier moment, in the world of that moment.

    Sources and classes are those of now: what has come since is of later entries alone.
    """
    compiled = _Compiled(then, record.dictionaries(session))
    return _view(session, compiled, actor, purpose, action, at)


def _view(
    session: Session,
    compiled: _Compiled,
    actor: Actor,
    purpose: Purpose,
    action: Action,
    at: datetime,
) -> View:
    actor = _as_now(session, actor)
    context = _context(session, compiled, actor, purpose, action, at)
    made = compiled.branches(context, actor.source)
    known_as = compiled.names(actor.organisation)
    besides = _oneself(actor, purpose)
    shown, withheld, indicated = (
        Sight(part, compiled.world.version, at, known_as, actor.user, purpose, besides)
        for part in (made.shown, made.withheld, made.indicated)
    )
    return View(shown, withheld, indicated, compiled.world, context)


def _as_now(session: Session, actor: Actor) -> Actor:
    """Returns the actor as the person that the own record belongs to by now.

    A login keeps the id that the record had; records are joined later.
    """
    if actor.person is None:
        return actor
    found = identity.together(session, (actor.person,)).get(actor.person, ())
    return replace(actor, person=found[0].person) if found else actor


def _oneself(actor: Actor, purpose: Purpose) -> PersonId | None:
    """Returns who looks, where looking at oneself is not allowed: as somebody at work.

    Source: `reference/agreements.md` 1.5, S11.
    """
    return None if actor.role in _OF_ONESELF or purpose in _FOR_ONESELF else actor.person


def _compiled(session: Session, at: datetime) -> _Compiled:
    found = world(session, at)
    known = record.dictionaries(session)
    compiled = session.memo(_Compiled, lambda _: _Compiled(found, known))
    if compiled.world is not found or compiled.known is not known:
        session.forget(_Compiled)
        compiled = session.memo(_Compiled, lambda _: _Compiled(found, known))
    return compiled


def _context(
    session: Session,
    compiled: _Compiled,
    actor: Actor,
    purpose: Purpose,
    action: Action,
    at: datetime,
) -> Context:
    is_system = actor.role is Role.SYSTEM
    asks = purpose in _STANDING and not is_system
    opened = standing(session, actor, at) if asks else Standing()
    return Context(
        organisation=actor.organisation,
        role=actor.role,
        purpose=purpose,
        action=action,
        at=at,
        user=actor.user,
        setting=actor.setting,
        team=compiled.service(actor.source) if is_system else actor.team,
        self_person=actor.person,
        episodes=opened.episodes,
        mandates=opened.mandates,
        grants=_grants(session, actor, purpose, at),
    )


def _grants(session: Session, actor: Actor, purpose: Purpose, at: datetime) -> frozenset[PersonId]:
    """Returns for whom the user acts by a grant; nobody for any other purpose."""
    is_proxy = purpose is Purpose.FAMILY_REQUEST
    return record.granted(session, actor.user, at) if is_proxy else frozenset()


def sight_of(session: Session, asking: Asking) -> Sight:
    """Returns what the asker may see for what it does."""
    return sight(session, asking.actor, asking.purpose, asking.action, at=asking.at)


def seen(session: Session, asking: Asking, ask: Callable[[Sight], T]) -> T:
    """Returns what `ask` finds under the asker's sight, asking anew when a source was just opened.

    The record notices that another process opened a source and reads its dictionaries again; a
    sight made before that would miss the source's entries once.
    """
    known = record.dictionaries(session)
    view = sight_of(session, asking)
    found = ask(view)
    if record.dictionaries(session) is known:
        return found
    again = sight_of(session, asking)
    return found if again == view else ask(again)
