"""Where branches are made: the headings of an offer that ask for the same, over sources alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careweave.agreements._compile_holds import Hold, Reader, base, effects
from careweave.agreements._compile_offers import Offer, Portion
from careweave.agreements._values import Filter, Rules
from careweave.terms import Heading, Label, SourceId


@dataclass(frozen=True, slots=True)
class Group:
    """Sources that stand alike to the reader: its own or not, recorded by its own service or not."""

    sources: frozenset[SourceId]
    is_own: bool
    is_origin: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Headings of one offer that ask for the same, and of one group of sources.

    `start` is what the headings ask for, `labels` what each label adds. `named` is the heading that
    a reason names, if any does. Where `is_rank`, what is current is the last of each kind; where
    `is_today`, what is valid today.
    """

    rules: Rules
    offer: Offer
    group: Group
    headings: frozenset[Heading | None]
    portion: Portion
    start: Hold
    labels: Mapping[Label, Hold]
    named: Heading | None = None
    is_rank: bool = False
    is_today: bool = False


_Alike = tuple[Portion, frozenset[tuple[Label, Hold]], Heading | None, bool, bool]


def places(
    reader: Reader, offer: Offer, group: Group, named: frozenset[Heading]
) -> Iterator[Place]:
    """Yields the places of an offer; `named` are headings that reasons name."""
    rules = reader.rules
    alike: dict[_Alike, list[Heading | None]] = {}
    held = _Effects(reader, offer, group)
    for heading, portion in offer.portions.items():
        labels = held.of(heading, portion)
        key = (
            *(portion, frozenset(labels.items())),
            heading if heading in named else None,
            *(heading in rules.latest_per_code, heading in rules.only_today),
        )
        alike.setdefault(key, []).append(heading)
    for (portion, kept, one, is_rank, is_today), headings in alike.items():
        start = base(portion.filters)
        if start is not None:
            found = frozenset(headings)
            parts = (rules, offer, group, found, portion, start, dict(kept))
            yield Place(*parts, one, is_rank, is_today)


class _Effects:
    """What labels add under the headings of one offer, found once where headings are alike."""

    def __init__(self, reader: Reader, offer: Offer, group: Group) -> None:
        self._reader = reader
        self._offer = offer
        self._is_origin = group.is_origin
        role = reader.role
        self._special = {heading for _, heading, of in reader.rules.exceptions if of is role}
        self._made: dict[tuple[Heading | None, bool], dict[Label, Hold]] = {}

    def of(self, heading: Heading | None, portion: Portion) -> dict[Label, Hold]:
        """Returns what each label adds under a heading."""
        # Level T never shows what was given in confidence. Source: `reference/agreements.md` 1.4.
        is_checked = Filter.CLEARED in portion.filters
        key = heading if heading in self._special else None, is_checked
        if key not in self._made:
            ceiling = self._offer.ceiling - ({Label.S10} if is_checked else set())
            made = effects(self._reader, key[0], ceiling, is_origin=self._is_origin)
            self._made[key] = made
        return self._made[key]
