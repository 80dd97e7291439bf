"""A change of the configuration in plain English: who gains and loses what, of how many people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from careweave.agreements._comparing import Difference
from careweave.agreements._staff import Staff
from careweave.agreements._values import World
from careweave.agreements._words import listed, named, roles_named
from careweave.terms import Action, Heading

_MOST_IN_WORDS = 6


@dataclass(frozen=True, slots=True)
class Moved:
    """Of how many people a heading is seen newly, more of, less of, and no longer.

    `had` says whether those who look saw it of anybody before.
    """

    newly: int = 0
    more: int = 0
    less: int = 0
    no_longer: int = 0
    had: bool = False


def told_difference(
    world: World, difference: Difference, moved: Mapping[Heading, Moved]
) -> tuple[str, ...]:
    """Returns sentences that say what a difference does, headings that move alike together."""
    who = _Who(world, difference.staff)
    purpose = named("purpose", difference.purpose)
    said = [f"{text}, for {purpose}" for text in _counted(who, moved)]
    silent = sorted(difference.headings - set(moved))
    if silent:
        said.append(f"What {who.plain} may see of {_headings(silent)} changes, for {purpose}")
    said += [f"{text}, for {purpose}" for text in _actions(who, difference)]
    return tuple(f"{text}." for text in said)


def _counted(who: "_Who", moved: Mapping[Heading, Moved]) -> Iterator[str]:
    alike: dict[Moved, list[Heading]] = {}
    for heading in sorted(moved):
        alike.setdefault(moved[heading], []).append(heading)
    for counts, headings in alike.items():
        what = _headings(headings)
        if counts.newly:
            people = _people(counts.newly, "more " if counts.had else "")
            yield f"{who.counted(is_more=not counts.had)} would see {what} of {people}"
        if counts.more:
            yield f"{who.counted()} would see more {what} of {_people(counts.more)}"
        if counts.less:
            yield f"{who.counted()} would see less {what} of {_people(counts.less)}"
        if counts.no_longer:
            yield f"{who.counted()} would no longer see {what} of {_people(counts.no_longer)}"
        if counts in {Moved(), Moved(had=True)}:
            yield f"{who.counted()} may see {what} on other terms, of nobody who is known today"


def _actions(who: "_Who", difference: Difference) -> Iterator[str]:
    if difference.allowed:
        yield f"{who.counted()} may newly {_listed(difference.allowed)}"
    if difference.refused:
        yield f"{who.counted()} may no longer {_listed(difference.refused)}"


@dataclass(frozen=True, slots=True)
class _Who:
    """Staff as a sentence begins with them."""

    world: World
    staff: Staff

    @property
    def plain(self) -> str:
        """Returns the staff without their number."""
        role = roles_named(self.staff.role, self.staff.setting)
        found = self.world.organisations.get(self.staff.organisation)
        place = self.staff.organisation if found is None else found.name
        team = f", team {self.staff.team}" if self.staff.team else ""
        return f"{role} at {place}{team}"

    def counted(self, *, is_more: bool = False) -> str:
        """Returns the staff with their number, as far as it is known."""
        if self.staff.n is None:
            return f"All {self.plain}"
        return f"{self.staff.n:,} {'more ' if is_more else ''}{self.plain}"


def _people(n: int, more: str = "") -> str:
    return f"{n:,} {more}{'person' if n == 1 else 'people'}"


def _headings(some: Iterable[Heading]) -> str:
    given = list(some)
    if len(given) > _MOST_IN_WORDS:
        return listed(map(str, given))
    return listed(f"{heading} ({named('heading', heading)})" for heading in given)


def _listed(actions: Iterable[Action]) -> str:
    return listed(named("action", action) for action in sorted(actions))
