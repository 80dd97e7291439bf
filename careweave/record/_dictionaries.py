"""The small dictionaries of the record, as this process remembers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from careweave.db import Queries, Session
from careweave.record._policy_classes import Part, Profiles, Triple, classes_of, profiles_of
from careweave.terms import Branch, Heading, Label, Sight, SourceId

_QUERIES = Queries("careweave.record")
_HEADINGS = tuple(Heading)
_LABELS = tuple(Label)
_MOST_BYTES = 2**25
"""How much memory the profiles of many callers may take."""


@dataclass(frozen=True, slots=True)
class Source:
    """One feed of one system of one organisation."""

    number: SourceId
    organisation: str
    system: str
    feed: str


@dataclass(frozen=True, slots=True)
class AccessClass:
    """The number of a class, and of its label set."""

    cls: int
    label_set: int


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Everything that was committed at one `version`, the number that every growth raises.

    `profiles` tells which branches of a sight may let in which classes.
    """

    version: int
    sources: Mapping[SourceId, Source]
    classes: Mapping[Triple, AccessClass]
    label_sets: Mapping[int, frozenset[Label]]
    orgs: Mapping[str, int]
    profiles: Callable[[Sight], Profiles]

    def sources_of(self, organisation: str) -> frozenset[SourceId]:
        """Returns the sources that belong to one organisation."""
        return frozenset(
            source.number for source in self.sources.values() if source.organisation == organisation
        )


def dictionaries(session: Session) -> Dictionaries:
    """Returns the dictionaries that this process remembers, read when first asked for."""
    return session.memo(Dictionaries, lambda inside: load(inside, own=False))


def fresh(session: Session) -> Dictionaries:
    """Returns the dictionaries as this very transaction sees them, and forgets the remembered."""
    session.forget(Dictionaries)
    return load(session, own=True)


def load(session: Session, *, own: bool) -> Dictionaries:
    """Returns the dictionaries; without `own`, what this transaction adds is left out.

    What a transaction adds may yet be rolled back, so it is never remembered.
    """
    # The version comes first: what follows can only be newer, never older.
    row = session.row(_QUERIES["dictionary_settled"])
    sources = {
        number: Source(number, organisation, system, feed)
        for number, organisation, system, feed in session.rows(_QUERIES["sources"], own=own)
    }
    classes: dict[Triple, AccessClass] = {}
    label_sets: dict[int, frozenset[Label]] = {}
    for cls, source, heading, label_set, bits in session.rows(_QUERIES["classes"], own=own):
        classes[source, heading, bits] = AccessClass(cls, label_set)
        label_sets[label_set] = labels_of(bits)
    orgs: dict[str, int] = dict(session.rows(_QUERIES["orgs"], own=own))
    return Dictionaries(
        row[0] if row else -1, sources, classes, label_sets, orgs, _profiler(classes)
    )


@lru_cache(maxsize=4096)
def bits_of(labels: frozenset[Label]) -> int:
    """Returns a set of labels as a mask."""
    return sum(1 << place for place, label in enumerate(_LABELS) if label in labels)


@lru_cache(maxsize=4096)
def labels_of(bits: int) -> frozenset[Label]:
    """Returns the labels of a mask."""
    return frozenset(label for place, label in enumerate(_LABELS) if bits >> place & 1)


def number_of(heading: Heading | None) -> int:
    """Returns the number of a heading; None, reference data and machinery, is 0."""
    return 0 if heading is None else _HEADINGS.index(heading) + 1


def heading_of(number: int) -> Heading | None:
    """Returns the heading of a number."""
    return _HEADINGS[number - 1] if number else None


def _profiler(classes: Mapping[Triple, AccessClass]) -> Callable[[Sight], Profiles]:
    """Returns a function that gives and remembers the profiles of a sight."""
    numbers = {triple: known.cls for triple, known in classes.items()}
    kinds = {
        (heading, labels): (heading_of(heading), labels_of(labels))
        for _, heading, labels in classes
    }
    made = classes_of(numbers, kinds)

    @lru_cache(maxsize=max(16, min(1024, _MOST_BYTES // (made.n_padded * 2))))
    def profiles(parts: tuple[Part, ...]) -> Profiles:
        return profiles_of(parts, made)

    def of(sight: Sight) -> Profiles:
        # Sets remember their hash, so that even many branches are found at once.
        return profiles(tuple(map(_part, sight.branches)))

    return of


def _part(branch: Branch) -> Part:
    return branch.sources, branch.headings, branch.labels, branch.marks


def allows(
    sight: Sight, source: SourceId, heading: Heading | None, labels: frozenset[Label]
) -> bool:
    """Tells whether a sight allows entries of this source, heading and label set."""
    return any(
        source in branch.sources
        and heading in branch.headings
        and labels <= branch.labels
        and (not branch.marks or branch.marks & labels)
        for branch in sight.branches
    )
