"""People as they come in: records of two sources in one order, and the means to judge them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from careweave.identity import Demographics, Incoming, SourcePolicy
from careweave.identity._demographics import WrittenLink
from careweave.terms import PersonId, SubjectId
from tests.identity.corruptions import moved, second_source
from tests.identity.people import Person

AT = datetime(2026, 3, 16, 9, tzinfo=UTC)

_CAREFUL = SourcePolicy(deduplicates=True)
_MOVED = 0.03


class Ids:
    """Makes ids of persons, the same ones in the same order."""

    def __init__(self, seed: int) -> None:
        """Begins at a seed."""
        self._rng = Random(seed)

    def __call__(self) -> PersonId:
        """Returns the next id."""
        drawn = self._rng.getrandbits(128)
        return PersonId(UUID(int=drawn & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62))


def incoming(
    number: int, source: str, local_id: str, said: Demographics, *, version: int = 1
) -> Incoming:
    """Returns one version of a record, as a message brings it."""
    policy = _CAREFUL if source == "gp" else SourcePolicy()
    return Incoming(SubjectId(number), source, source, local_id, version, said, AT, "load", policy)


def first_source(crowd: Sequence[Person]) -> Iterator[Incoming]:
    """Gives everybody once, as their practice has them: subjects from 1."""
    for number, person in enumerate(crowd, 1):
        yield incoming(number, "gp", f"G{person.number}", person.demographics)


def two_sources(crowd: Sequence[Person], rng: Random) -> list[Incoming]:
    """Returns the records of two sources as they come by chance, each source in its own order.

    Some are told again after a move; the second has merges, wrong merges and overlays.
    """
    n_postcodes = max(1, len(crowd) // 22)
    one, two = list(_practice(crowd, rng, n_postcodes)), list(_hospital(crowd, rng, n_postcodes))
    turns = [1] * len(one) + [2] * len(two)
    rng.shuffle(turns)
    iterators = {1: iter(one), 2: iter(two)}
    return _numbered(next(iterators[turn]) for turn in turns)


_Told = tuple[str, str, Demographics]


def _practice(crowd: Sequence[Person], rng: Random, n_postcodes: int) -> Iterator[_Told]:
    for person in crowd:
        yield "gp", f"G{person.number}", person.demographics
        if rng.random() < _MOVED:
            yield "gp", f"G{person.number}", moved(person, rng, n_postcodes).demographics


def _hospital(crowd: Sequence[Person], rng: Random, n_postcodes: int) -> Iterator[_Told]:
    for told in second_source(crowd, rng, n_postcodes):
        said = told.person.demographics
        if told.replaced_by:
            links = (WrittenLink("replaced-by", told.replaced_by),)
            said = replace(said, links=links, is_active=False)
        yield "hospital", told.local_id, said


def _numbered(told: Iterator[_Told]) -> list[Incoming]:
    subjects: dict[tuple[str, str], int] = {}
    versions: dict[int, int] = {}
    found: list[Incoming] = []
    for source, local_id, said in told:
        number = subjects.setdefault((source, local_id), len(subjects) + 1)
        versions[number] = versions.get(number, 0) + 1
        found.append(incoming(number, source, local_id, said, version=versions[number]))
    return found
