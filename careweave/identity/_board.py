"""The persons and records that a batch is about, as they stand after each record of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from careweave.identity._held import People
from careweave.identity._lookup import Hits
from careweave.identity._member import Barrier, Group, Member, Pair
from careweave.terms import PersonId, SubjectId

_LATER = 1 << 62
"""Persons made in this batch are younger than any that has a number already."""


class Board:
    """What is read once for a batch and then follows its decisions.

    So each record sees those before it as if they were stored.
    """

    __slots__ = ("_barriers", "_groups", "_keys", "_n_made", "_where")

    def __init__(self, people: People) -> None:
        """Takes the persons that the batch may be about."""
        self._groups = {group.person: group for group in people.groups}
        self._where = {
            member.subject: group.person for group in people.groups for member in group.members
        }
        self._barriers: dict[Pair, tuple[Barrier, ...]] = dict(people.barriers)
        self._keys: dict[int, set[SubjectId]] = {}
        self._n_made = 0

    @property
    def barriers(self) -> Mapping[Pair, tuple[Barrier, ...]]:
        """Returns the barriers between any two of them."""
        return self._barriers

    def person_of(self, subject: SubjectId) -> PersonId | None:
        """Returns whose the subject is."""
        return self._where.get(subject)

    def whose(self, subject: SubjectId) -> PersonId:
        """Returns whose the subject is, of one that belongs to somebody."""
        return self._where[subject]

    def groups(self, subjects: Iterable[SubjectId], besides: PersonId | None) -> list[Group]:
        """Returns the persons of these subjects, each once, the person `besides` left out."""
        found = {self._where[one]: None for one in subjects if one in self._where}
        return [self._groups[person] for person in found if person != besides]

    def others(self, subject: SubjectId) -> Group:
        """Returns the person of a subject without the subject."""
        group = self._groups[self._where[subject]]
        rest = tuple(one for one in group.members if one.subject != subject)
        return replace(group, members=rest)

    def member(self, subject: SubjectId) -> Member:
        """Returns a subject as it is known."""
        group = self._groups[self._where[subject]]
        return next(one for one in group.members if one.subject == subject)

    def put(self, member: Member, person: PersonId) -> None:
        """Makes a subject a member of a person, and of no other."""
        old = self._where.get(member.subject)
        if old is not None:
            self._groups[old] = self.others(member.subject)
        self._where[member.subject] = person
        group = self._groups.get(person) or self._made(person)
        self._groups[person] = replace(group, members=(*group.members, member))

    def move(self, subject: SubjectId, person: PersonId | None) -> None:
        """Follows a move that another act made, where the subject is one of these."""
        if person is not None and subject in self._where:
            self.put(self.member(subject), person)

    def note_keys(self, subject: SubjectId, keys: Iterable[int]) -> None:
        """Notes keys that the store does not have yet."""
        for key in keys:
            self._keys.setdefault(key, set()).add(subject)

    def add_hits(self, hits: Hits, keys: Iterable[int]) -> None:
        """Adds to what the store met those that the batch added before."""
        for key in keys:
            subjects = self._keys.get(key)
            if subjects:
                hits.counts[key] = hits.counts.get(key, 0) + len(subjects)
                for subject in subjects:
                    hits.shared.setdefault(subject, set()).add(key)

    def _made(self, person: PersonId) -> Group:
        self._n_made += 1
        return Group(person, _LATER + self._n_made, ())
