"""What a sight says of access classes: which are let in at all, and by which branches each.

Classes that the same branches may let in have one profile. Deciding is two masks a class, however
many branches there are: one for its source, one for its heading and labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from careweave.db import Packed, packed
from careweave.terms import Fault, Heading, Label, SourceId

Triple = tuple[SourceId, int, int]
"""Source, heading number and label mask: what an access class stands for."""

Kind = tuple[Heading | None, frozenset[Label]]
"""A heading and a set of labels."""

Part = tuple[frozenset[SourceId], frozenset[Heading | None], frozenset[Label], frozenset[Label]]
"""What a branch says of classes: sources, headings, the labels that an entry may carry, and those
of which it carries one, where there are any."""

STEP = 1024
"""Classes are counted in steps, so that one which this process does not know yet is denied."""

MOST_PROFILES = 65_535
_NOTHING = 0


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of one state of the dictionaries: number, source, and place of their kind."""

    known: tuple[tuple[int, SourceId, int], ...]
    kinds: tuple[Kind, ...]
    n_padded: int


@dataclass(frozen=True, slots=True)
class Profiles:
    """Which branches may let in which classes, as a statement takes it.

    `bits` has a bit for every class: bit k is byte k>>3, bit k&7. `profiles` has two bytes for
    every class, the profile's number; 0 is nobody's. The branches of profile p are those of
    `slots` from `first[p]` on, before `first[p + 1]`, in order.
    """

    bits: bytes
    profiles: bytes
    first: Packed
    slots: Packed


def classes_of(numbers: Mapping[Triple, int], kinds: Mapping[tuple[int, int], Kind]) -> Classes:
    """Returns the classes in the form in which they are decided; `kinds` are their meanings."""
    places = {pair: place for place, pair in enumerate(kinds)}
    known = tuple(
        (cls, source, places[heading, labels]) for (source, heading, labels), cls in numbers.items()
    )
    largest = max(numbers.values(), default=0)
    # Source: `reference/store.md` 5.2.
    return Classes(known, tuple(kinds.values()), (largest // STEP + 2) * STEP)


def profiles_of(branches: Sequence[Part], classes: Classes) -> Profiles:
    """Returns the profiles of the classes under some branches."""
    by_source = _by_source(branches)
    by_kind = [_by_kind(branches, kind) for kind in classes.kinds]
    numbers: dict[int, int] = {0: _NOTHING}
    bits = bytearray(classes.n_padded // 8)
    profiles = bytearray(classes.n_padded * 2)
    for cls, source, place in classes.known:
        mask = by_source.get(source, 0) & by_kind[place]
        if not mask:
            continue
        number = numbers.setdefault(mask, len(numbers))
        bits[cls >> 3] |= 1 << (cls & 7)
        profiles[cls * 2] = number >> 8 & 255
        profiles[cls * 2 + 1] = number & 255
    if len(numbers) - 1 > MOST_PROFILES:
        raise Fault("What a caller may see falls into more parts than can be told apart.")
    first, slots = _slots(list(numbers))
    return Profiles(bytes(bits), bytes(profiles), packed(first), packed(slots))


def _by_source(branches: Sequence[Part]) -> dict[SourceId, int]:
    """Returns for each source the mask of the branches that speak of it."""
    found: dict[SourceId, int] = {}
    for place, (sources, *_) in enumerate(branches):
        for source in sources:
            found[source] = found.get(source, 0) | 1 << place
    return found


def _by_kind(branches: Sequence[Part], kind: Kind) -> int:
    heading, labels = kind
    mask = 0
    for place, (_, headings, most, marks) in enumerate(branches):
        if heading in headings and labels <= most and (not marks or marks & labels):
            mask |= 1 << place
    return mask


def _slots(masks: Sequence[int]) -> tuple[list[int], list[int]]:
    first = [0]
    slots: list[int] = []
    for mask in masks:
        slots += [place for place in range(mask.bit_length()) if mask >> place & 1]
        first.append(len(slots))
    return first, slots
