"""One fact and the voices that speak of it: which entries belong together, and what differs.

Grouping is done at reading time, over what this reader is shown: what is hidden changes no row.
Source: `reference/record.md` 3.1.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from careweave.disclosure import ShownPerson
from careweave.views._context import Detail, Fact, Voice
from careweave.views._making import Making
from careweave.views._voice import Spoken, source_name


@dataclass(frozen=True, slots=True)
class Part:
    """One labelled part of what a source says; `value` None is never compared with others.

    Values that add up are (amount, unit): tablets of two strengths amount to one dose.
    """

    label: str
    text: str
    value: Hashable = None
    is_quantity: bool = False
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Saying:
    """What one source says of a fact: sayings with a common key speak of the same one.

    `standing` is what holds by it: active, stopped, refuted and so on. With `is_settled` it is
    shown, but something newer of the same source stands for it when sources are compared.
    """

    spoken: Spoken
    slug: str
    kind: str
    keys: frozenset[str]
    title: str
    standing: str
    voice: Voice
    parts: tuple[Part, ...] = ()
    is_settled: bool = False


Clash = Callable[[Saying, Saying], bool]


def organisation(one: Spoken, shown: ShownPerson, making: Making) -> tuple[str, str]:
    """Returns name in addresses and kind of the organisation that an entry comes from."""
    found = shown.organisations.get(one.row.source)
    return (source_name(one.row, shown, making), "") if found is None else (found.slug, found.kind)


def together(sayings: Sequence[Saying]) -> tuple[tuple[Saying, ...], ...]:
    """Returns the sayings by fact, in the order in which each fact first comes.

    What has a key in common belongs together, through others too.
    """
    root: dict[str, str] = {}

    def top(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for one in sayings:
        first, *others = sorted(one.keys)
        for other in others:
            root[top(other)] = top(first)
    found: dict[str, list[Saying]] = {}
    for one in sayings:
        found.setdefault(top(min(one.keys)), []).append(one)
    return tuple(map(tuple, found.values()))


def newest_of_each(sayings: Iterable[Saying]) -> tuple[Saying, ...]:
    """Returns the sayings, all but the newest of each organisation settled.

    For facts of which a source holds one at a time: a decision, a status, a place.
    """
    ordered = sorted(sayings, key=lambda one: one.spoken.order, reverse=True)
    seen: set[str] = set()
    made: list[Saying] = []
    for one in ordered:
        made.append(replace(one, is_settled=one.slug in seen or one.is_settled))
        seen.add(one.slug)
    return tuple(made)


def differing(sayings: Sequence[Saying], *, clash: Clash | None = None) -> tuple[str, ...]:
    """Returns the labels of what sources say otherwise, "" for what holds by them.

    Only different organisations disagree; what one has taken back by something newer does not.
    """
    compared = [one for one in sayings if not one.is_settled]
    found: dict[str, None] = {}
    for place, one in enumerate(compared):
        for other in compared[place + 1 :]:
            if one.slug != other.slug:
                if clash is not None and clash(one, other):
                    found[""] = None
                found |= dict.fromkeys(
                    label
                    for label in _unlike(one, other)
                    if not _agree(label, one, other, compared)
                )
    return tuple(found)


def _unlike(one: Saying, other: Saying) -> Iterable[str]:
    said = _values(other)
    for label, values in _values(one).items():
        # Values of one source that are not the other's: two tablets of one medicine are two values.
        if label in said and values != said[label]:
            yield label


def _agree(label: str, one: Saying, other: Saying, compared: Sequence[Saying]) -> bool:
    """Says that two sources come to one amount, by tablets of several strengths."""
    amount = _comes_to(label, one, compared)
    return amount is not None and amount == _comes_to(label, other, compared)


def _comes_to(label: str, one: Saying, compared: Iterable[Saying]) -> tuple[Decimal, str] | None:
    """Returns what a source's values of a label come to; None where they do not add up."""
    its = [
        part.value
        for each in compared
        for part in each.parts
        if (each.slug, each.standing) == (one.slug, one.standing)
        and part.label == label
        and part.adds_up
    ]
    return total(its)


def total(values: Iterable[Hashable]) -> tuple[Decimal, str] | None:
    """Returns what different amounts of one unit come to; None where units differ or none is."""
    amounts = [one for one in frozenset(values) if isinstance(one, tuple)]
    units = {unit for _, unit in amounts}
    return (sum((n for n, _ in amounts), Decimal()), units.pop()) if len(units) == 1 else None


def _values(one: Saying) -> Mapping[str, frozenset[Hashable]]:
    found: dict[str, set[Hashable]] = {}
    for part in one.parts:
        if part.value is not None:
            found.setdefault(part.label, set()).add(part.value)
    return {label: frozenset(values) for label, values in found.items()}


def fact(
    sayings: Sequence[Saying],
    making: Making,
    *,
    title: str,
    clash: Clash | None = None,
    silent: Sequence[Voice] = (),
    act: str = "",
) -> Fact:
    """Returns one row of all its voices, with the mark and what differs; no voice is dropped.

    `silent` are lines of sources that lack it although they are taken to know; they disagree.
    """
    labels = differing(sayings, clash=clash)
    voices = tuple(_told(one, labels, making) for one in sayings)
    words = [_lower(making.say(label)) if label else making.say("status") for label in labels]
    if silent:
        names = ", ".join(one.source for one in silent)
        words.append(making.say("nothing shared by {source}", source=names))
    return Fact(
        title=title,
        voices=(*voices, *silent),
        disagrees=bool(words),
        disagreement=", ".join(words),
        act=act if labels else "",
        key="|".join(sorted(frozenset[str]().union(*(one.keys for one in sayings)))),
    )


def _lower(label: str) -> str:
    """Returns a label as a word inside of a line; one of capitals alone stays."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _told(one: Saying, labels: Sequence[str], making: Making) -> Voice:
    told = tuple(
        Detail(
            making.say(part.label),
            part.text,
            is_quantity=part.is_quantity,
            differs=part.label in labels and part.value is not None,
        )
        for part in one.parts
        if part.text
    )
    return replace(one.voice, details=(*told, *one.voice.details))
