"""What a branch means, entry by entry, in plain Python: an oracle beside the SQL.

Written from the docstring of `Branch` alone. Choices are matched as deciding matches them.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from careweave.agreements import About, Branches, ChoiceKind, Context, Thing, World, branches
from careweave.agreements._chosen import matches
from careweave.terms import Branch, Cohort, SourceId, Tie, months_before, years_before

Asked = tuple[About, Thing]


def sources_of(things: Iterable[Thing]) -> dict[tuple[str, str], SourceId]:
    """Returns a number for each system that sent something."""
    named = sorted({(thing.organisation, thing.system) for thing in things})
    return {one: SourceId(number) for number, one in enumerate(named, start=1)}


def compiled(world: World, context: Context, things: Iterable[Thing]) -> "Seen":
    """Returns what the compiler makes of a context, for the sources of these entries."""
    numbers = sources_of(things)
    named = {number: (*one, "feed") for one, number in numbers.items()}
    return Seen(world, context, numbers, branches(world, context, named))


class Seen:
    """Branches with what is needed to test entries against them."""

    def __init__(
        self,
        world: World,
        context: Context,
        numbers: Mapping[tuple[str, str], SourceId],
        given: Branches,
    ) -> None:
        self.world = world
        self.context = context
        self.numbers = numbers
        self.given = given
        self.branches = given.shown

    def shown(self, asked: list[Asked]) -> dict[str, Branch]:
        """Returns the branch that lets each entry out, by the entry's id."""
        found: dict[str, Branch] = {}
        for branch in self.branches:
            for about, thing in asked:
                if thing.id not in found and self._lets(branch, about, thing, asked):
                    found[thing.id] = branch
        return found

    def told(self, asked: list[Asked]) -> tuple[set[str], set[str]]:
        """Returns which entries are withheld, and of which only the existence is indicated.

        What is merely not among the newest so many is neither.
        """
        open_ = self._passing(self.given.shown, asked)
        indicated = self._passing(self.given.indicated, asked) - open_
        return self._passing(self.given.withheld, asked) - open_ - indicated, indicated

    def _passing(self, some: Iterable[Branch], asked: list[Asked]) -> set[str]:
        return {
            thing.id
            for branch in some
            for about, thing in asked
            if self.passes(branch, about, thing)
        }

    def _lets(self, branch: Branch, about: About, thing: Thing, asked: list[Asked]) -> bool:
        if not self.passes(branch, about, thing):
            return False
        if branch.newest is None:
            return True
        beside = [
            other
            for of, other in asked
            if other.person == thing.person
            and other.heading is thing.heading
            and (not branch.is_per_code or other.code == thing.code)
            and any(
                self.passes(one, of, other) for one in self.branches if one.clause == branch.clause
            )
        ]
        beside.sort(key=lambda one: one.id)
        beside.sort(key=lambda one: one.at, reverse=True)
        return thing in beside[: branch.newest]

    def passes(self, branch: Branch, about: About, thing: Thing) -> bool:
        """Says whether an entry meets all of a branch but its rank."""
        return (
            self._is_one(branch, thing)
            and self._is_in_time(branch, thing)
            and self._is_of(branch, about)
            and self._is_chosen(branch, about, thing)
            and (branch.is_own or not thing.is_frozen)
        )

    def _is_one(self, branch: Branch, thing: Thing) -> bool:
        number = self.numbers[thing.organisation, thing.system]
        return (
            number in branch.sources
            and thing.heading in branch.headings
            and thing.labels <= branch.labels
            and (not branch.marks or bool(branch.marks & thing.labels))
            and (not branch.is_reference or thing.is_reference)
        )

    def _is_in_time(self, branch: Branch, thing: Thing) -> bool:
        at = self.context.at
        days, months = branch.current_days, branch.months_back
        is_current = days is None or thing.live_until > at - timedelta(days=days)
        since = at if months is None else months_before(at, months)
        is_recent = months is None or thing.live_until > since or thing.at >= since
        return is_current and is_recent and (thing.is_cleared or not branch.is_cleared)

    def _is_of(self, branch: Branch, about: About) -> bool:
        ties = branch.ties is None or any(
            self._is_tied(about, test.kind, test.grace) for test in branch.ties
        )
        persons = branch.persons is None or about.person in branch.persons
        return ties and persons and (branch.cohort is None or self._belongs(branch.cohort, about))

    def _is_tied(self, about: About, kind: Tie, grace: timedelta) -> bool:
        return any(
            bond.kind is kind
            and bond.organisation == self.context.organisation
            and bond.since <= self.context.at
            and (bond.until is None or bond.until > self.context.at - grace)
            for bond in about.bonds
        )

    def _belongs(self, cohort: Cohort, about: About) -> bool:
        day = self.context.at.astimezone(ZoneInfo(self.world.zone)).date()
        ages = (
            cohort.age_from is None
            or (about.born is not None and about.born <= years_before(day, cohort.age_from)),
            cohort.age_below is None
            or (about.born is not None and about.born > years_before(day, cohort.age_below)),
        )
        places = (
            not cohort.address_in or about.outward in cohort.address_in,
            self._is_with(about, Tie.REGISTRATION, cohort.registered_with),
            self._is_with(about, Tie.RESIDENCE, cohort.residents_of),
        )
        kinds = cohort.tie_kinds
        is_tied = not kinds or any(self._is_tied(about, kind, timedelta(0)) for kind in kinds)
        return all(ages) and all(places) and is_tied

    def _is_with(self, about: About, kind: Tie, organisations: frozenset[str]) -> bool:
        at = self.context.at
        return not organisations or any(
            bond.kind is kind
            and bond.organisation in organisations
            and bond.since <= at
            and (bond.until is None or bond.until > at)
            for bond in about.bonds
        )

    def _is_chosen(self, branch: Branch, about: About, thing: Thing) -> bool:
        said = [one for one in about.choices if matches(self.world, one, self.context, thing)]
        denied = any(
            one.kind is ChoiceKind.DENY and not (branch.lifts_dissent and one.is_liftable)
            for one in said
        )
        consents = [one for one in said if one.kind is ChoiceKind.CONSENT]
        named = frozenset[object]().union(*(one.labels for one in consents))
        grants = [one for one in said if one.kind is ChoiceKind.GRANT]
        return (
            not (branch.honours_dissent and denied)
            and branch.consents <= named
            and (not branch.asks_consent or bool(consents))
            and (not branch.asks_grant or bool(grants))
        )
