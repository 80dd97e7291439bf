"""Two configurations beside each other: for whom they differ, and in what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from careweave.agreements._compile import branches
from careweave.agreements._compile_offers import CARE, Named, Portion, portions_of
from careweave.agreements._force import in_force
from careweave.agreements._question import Context
from careweave.agreements._staff import Staff
from careweave.agreements._values import Agreement, Clause, World
from careweave.terms import Action, Branch, Heading, Purpose, SourceId


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of the configuration changes for people who work alike, for one purpose.

    Of the `headings` something else is offered. For purposes of care `before` and `after` are what
    opens a person's page, so that it can be counted; they are empty for others. `allowed` and
    `refused` are actions that become possible, or are no longer.
    """

    staff: Staff
    purpose: Purpose
    headings: frozenset[Heading]
    before: tuple[Branch, ...]
    after: tuple[Branch, ...]
    allowed: frozenset[Action]
    refused: frozenset[Action]


@dataclass(frozen=True, slots=True)
class Standings:
    """Which agreements a change brings into force, takes out of it, and leaves out, with reasons."""

    begun: tuple[str, ...]
    ended: tuple[str, ...]
    idle: tuple[tuple[str, tuple[str, ...]], ...]


def standings(old: World, new: World, at: datetime) -> Standings:
    """Returns which agreements come and go with a change at a moment."""
    before = {one.name for one in old.agreements if not in_force(old, one, at)}
    doubts = {one.name: in_force(new, one, at) for one in new.agreements}
    after = {name for name, notices in doubts.items() if not notices}
    return Standings(
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
        tuple(
            (name, tuple(notice.text for notice in notices))
            for name, notices in doubts.items()
            if notices
        ),
    )


def differences(
    old: World,
    new: World,
    staff: Iterable[Staff],
    sources: Mapping[SourceId, Named],
    at: datetime,
) -> Iterator[Difference]:
    """Yields for whom, and for which purposes, a change of the configuration changes anything."""
    worlds = old, new
    lines = tuple(tuple(_lines(world, at)) for world in worlds)
    for group in _groups(staff, (*lines[0], *lines[1])):
        theirs = tuple(tuple(_lines_for(group, some)) for some in lines)
        for purpose in _purposes(worlds, theirs, group):
            found = _difference(worlds, theirs, sources, _reader(group, purpose, at))
            if found is not None:
                yield replace(found, staff=group)


_Line = tuple[Agreement, Clause]


def _lines(world: World, at: datetime) -> Iterator[_Line]:
    for agreement in world.agreements:
        if not in_force(world, agreement, at):
            for clause in agreement.clauses:
                yield agreement, clause


def _groups(staff: Iterable[Staff], lines: Iterable[_Line]) -> list[Staff]:
    """Returns the staff that was counted, and those whom a clause names and nobody has counted."""
    counted = list(staff)
    known = {
        (one.organisation, one.role, setting, team) for one in counted for setting, team in _as(one)
    }
    named = {
        (organisation, role, setting, team)
        for _, clause in lines
        for organisation in clause.recipients
        for role in clause.roles
        for setting in clause.settings or {""}
        for team in clause.teams or {""}
    }
    return counted + [Staff(*one) for one in sorted(named - known)]


def _as(one: Staff) -> set[tuple[str, str]]:
    """Returns the settings and teams for which somebody counts: their own, and none in particular."""
    return {(setting, team) for setting in (one.setting, "") for team in (one.team, "")}


def _lines_for(group: Staff, lines: Iterable[_Line]) -> Iterator[_Line]:
    """Yields the lines that matter to staff; to those whom only a clause names, just such clauses."""
    is_plain = group.n is not None or not (group.setting or group.team)
    for agreement, clause in lines:
        if is_plain or group.setting in clause.settings or group.team in clause.teams:
            yield agreement, clause


def _purposes(
    worlds: tuple[World, World], lines: tuple[tuple[_Line, ...], ...], group: Staff
) -> list[Purpose]:
    own = (world.rules.own_purposes.get(group.role, frozenset()) for world in worlds)
    named = (
        {
            clause.purpose
            for _, clause in some
            if group.organisation in clause.recipients and group.role in clause.roles
        }
        for some in lines
    )
    return sorted(frozenset().union(*own, *named))


def _reader(group: Staff, purpose: Purpose, at: datetime) -> Context:
    return Context(
        group.organisation,
        group.role,
        purpose,
        Action.OPEN,
        at,
        setting=group.setting,
        team=group.team,
    )


def _difference(
    worlds: tuple[World, World],
    lines: tuple[tuple[_Line, ...], ...],
    sources: Mapping[SourceId, Named],
    reader: Context,
) -> Difference | None:
    offered = [_offered(world, some, reader) for world, some in zip(worlds, lines, strict=True)]
    old, new = worlds
    is_same = offered[0] == offered[1] and old.rules == new.rules
    if is_same and old.organisations == new.organisations:
        return None
    before, after = ((branches(world, reader, sources).shown) for world in worlds)
    is_care = reader.purpose in CARE
    # What is offered counts before any source has sent something too.
    headings = _unlike_offers(*offered) | (_unlike(before, after) if is_care else frozenset())
    actions = [frozenset(a for one in some for a in one.clause.actions) for some in offered]
    found = Difference(
        Staff(reader.organisation, reader.role),
        reader.purpose,
        headings,
        before if is_care else (),
        after if is_care else (),
        actions[1] - actions[0],
        actions[0] - actions[1],
    )
    return found if found.headings or found.allowed or found.refused else None


@dataclass(frozen=True, slots=True)
class _Offered:
    """What one clause gives to a reader, whatever its version."""

    agreement: str
    basis: str
    clause: Clause
    portions: Mapping[Heading | None, Portion]


def _offered(world: World, lines: Iterable[_Line], reader: Context) -> tuple[_Offered, ...]:
    """Returns what the clauses give to a reader, by whatever action, in the order of their names."""
    today = reader.at.astimezone(ZoneInfo(world.zone)).date()
    found = [
        _Offered(
            agreement.id,
            agreement.confidentiality,
            clause,
            portions_of(world.rules, reader.role, agreement, clause, today),
        )
        for agreement, clause in lines
        if _names(clause, reader)
    ]
    return tuple(sorted(found, key=lambda one: (one.agreement, one.clause.id)))


def _names(clause: Clause, reader: Context) -> bool:
    return (
        reader.organisation in clause.recipients
        and reader.role in clause.roles
        and (not clause.settings or reader.setting in clause.settings)
        and (not clause.teams or reader.team in clause.teams)
        and reader.purpose is clause.purpose
    )


def _unlike(before: Iterable[Branch], after: Iterable[Branch]) -> frozenset[Heading]:
    """Returns the headings of which something else is seen, whatever the clauses are called."""
    old, new = _by_heading(before), _by_heading(after)
    return frozenset(one for one in Heading if old.get(one) != new.get(one))


def _by_heading(some: Iterable[Branch]) -> dict[Heading | None, set[Branch]]:
    made: dict[Heading | None, set[Branch]] = {}
    for branch in some:
        plain = replace(branch, headings=frozenset(), clause=_unversioned(branch.clause))
        for heading in branch.headings:
            made.setdefault(heading, set()).add(plain)
    return made


def _unversioned(clause: str) -> str:
    agreement, at, rest = clause.partition("@")
    return agreement + rest[rest.find("/") :] if at else clause


def _unlike_offers(before: Iterable[_Offered], after: Iterable[_Offered]) -> frozenset[Heading]:
    old, new = (
        {
            (one.agreement, one.clause.id, heading): portion
            for one in some
            for heading, portion in one.portions.items()
        }
        for some in (before, after)
    )
    return frozenset(
        heading
        for agreement, clause, heading in {*old, *new}
        if heading is not None
        and old.get((agreement, clause, heading)) != new.get((agreement, clause, heading))
    )
