"""Which medicines must not meet, and what is said of it: only of what is shown by name. Pure.

Source: `reference/record.md` 6.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from careweave.agreements import Notices
from careweave.disclosure._ingredients import Ingredients, read_ingredients
from careweave.disclosure._lists import listed
from careweave.terms import Role

_PAIRS = ("one", "other", "severity", "effect")
_ADVICE = ("severity", "roles", "action", "contact", "telephone")
_ALLERGY = "allergy to "


@dataclass(frozen=True, slots=True)
class Side:
    """A medicine that is taken, or an allergy that stands: its substances, and how it is called."""

    title: str
    substances: frozenset[str]
    is_allergy: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Returns the words under which the pairs know it."""
        if not self.is_allergy:
            return self.substances
        return frozenset(_ALLERGY + one for one in self.substances)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a severity: `rank` counts from the worst, `roles` are told of what is hidden."""

    rank: int
    roles: frozenset[str]
    action: str
    contact: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two that do not go together; `medicines` and `effect` are empty where one is not shown."""

    severity: str
    action: str
    contact: str
    telephone: str
    medicines: tuple[str, ...] = ()
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The lists of a region: what meets badly, how badly, and what to do."""

    ingredients: Ingredients = field(default_factory=Ingredients)
    known: Mapping[frozenset[str], tuple[str, str]] = field(default_factory=dict)
    advice: Mapping[str, Advice] = field(default_factory=dict)

    def tells(self, role: Role) -> bool:
        """Says whether this role is told of an interaction with something not shown to it."""
        return any(role in one.roles for one in self.advice.values())


def read_pairs(files: Mapping[str, bytes], notices: Notices) -> Pairs:
    """Returns the lists of a region; empty ones where it has none, and notices of every fault."""
    known = {
        frozenset((row["one"].casefold(), row["other"].casefold())): (
            row["severity"],
            row["effect"],
        )
        for row in listed(files, "interactions.csv", _PAIRS, notices)
    }
    advice = {
        row["severity"]: Advice(
            rank, frozenset(row["roles"].split()), row["action"], row["contact"], row["telephone"]
        )
        for rank, row in enumerate(listed(files, "interaction-advice.csv", _ADVICE, notices))
    }
    return Pairs(read_ingredients(files, notices), known, advice)


def meetings(
    pairs: Pairs, shown: Iterable[Side], hidden: Iterable[Side], role: Role
) -> tuple[Interaction, ...]:
    """Returns what does not go together, the worst first; of each severity what is hidden once.

    Two that are both hidden say nothing here: this reader can do nothing about them.
    """
    seen = tuple(shown)
    unseen = tuple(one for one in hidden if not any(one.names <= other.names for other in seen))
    found = dict.fromkeys((*_named(pairs, seen), *_unnamed(pairs, seen, unseen, role)))
    return tuple(sorted(found, key=lambda one: _place(pairs, one)))


def _place(pairs: Pairs, one: Interaction) -> tuple[int, bool, tuple[str, ...]]:
    return pairs.advice[one.severity].rank, bool(one.medicines), one.medicines


def _named(pairs: Pairs, seen: tuple[Side, ...]) -> Iterator[Interaction]:
    for place, one in enumerate(seen):
        for other in seen[place + 1 :]:
            for severity, effect in _between(pairs, one, other):
                said = pairs.advice[severity]
                titles = tuple(sorted((_title(one), _title(other))))
                yield Interaction(
                    severity, said.action, said.contact, said.telephone, titles, effect
                )


def _title(side: Side) -> str:
    return side.title if not side.is_allergy else f"{_ALLERGY.capitalize()}{side.title}"


def _unnamed(
    pairs: Pairs, seen: tuple[Side, ...], unseen: tuple[Side, ...], role: Role
) -> Iterator[Interaction]:
    for one in seen:
        for other in unseen:
            for severity, _ in _between(pairs, one, other):
                said = pairs.advice[severity]
                if role in said.roles:
                    yield Interaction(severity, said.action, said.contact, said.telephone)


def _between(pairs: Pairs, one: Side, other: Side) -> Iterator[tuple[str, str]]:
    """Yields severity and effect of each pair that these two make; of an unknown severity nothing."""
    found = (
        pairs.known.get(frozenset((left, right)))
        for left in sorted(one.names)
        for right in sorted(other.names)
    )
    for meeting in dict.fromkeys(each for each in found if each is not None):
        if meeting[0] in pairs.advice:
            yield meeting
    if one.is_allergy != other.is_allergy and one.substances & other.substances and pairs.advice:
        yield min(pairs.advice, key=lambda severity: pairs.advice[severity].rank), ""
