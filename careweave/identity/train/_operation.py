"""What the online decision makes of a pool, its records coming one after the other."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from careweave.identity._conflicts import Judging, Veto
from careweave.identity._decide import Decided, case, decide
from careweave.identity._explaining import Blocking
from careweave.identity._limits import limits
from careweave.identity._member import Group, Member
from careweave.identity.train._persons import members
from careweave.identity.train._pool import Pair, Pool
from careweave.identity.train._train import Compared
from careweave.terms import PersonId

_NO_SYSTEM = frozenset({Veto.SAME_SOURCE, Veto.SIZE})
"""A table doesn't say of which system a row is, nor how many it may hold of one person."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What became of the records whose person was known already, and of all links.

    Of `n_known`, `n_linked` were linked by themselves, `n_review` went to a human, and the rest
    was missed. `n_wrong` links are to somebody else.
    """

    n_known: int
    n_linked: int
    n_review: int
    n_wrong: int

    @property
    def n_missed(self) -> int:
        """How many records became a new person unseen."""
        return self.n_known - self.n_linked - self.n_review


def operate(pool: Pool, truth: Collection[Pair], compared: Compared) -> Operation:
    """Returns what the decision makes of the records of a pool in their order, with all vetoes."""
    return _Arriving(pool, frozenset(truth), compared).all()


class _Arriving:
    """Records that arrive one after the other, and the persons that they make."""

    def __init__(self, pool: Pool, true: frozenset[Pair], compared: Compared) -> None:
        self._members = members(pool)
        self._model = compared.model
        self._true = true
        self._mates = _earlier(true)
        self._near = _earlier(compared.pairs)
        self._judging = Judging(limits=limits(), leaves_out=_NO_SYSTEM)
        self._groups: dict[int, list[Member]] = {}
        self._of: list[int] = []

    def all(self) -> Operation:
        """Decides on all records in their order."""
        n_known = n_linked = n_review = n_wrong = 0
        for place in range(len(self._members)):
            decided = self._decide(place)
            group = self._settle(place, decided)
            is_right = any(self._of[mate] == group for mate in self._mates[place])
            n_known += bool(self._mates[place])
            n_linked += is_right
            n_wrong += decided.person is not None and not is_right
            n_review += bool(self._mates[place] and decided.person is None and decided.doubts)
        return Operation(n_known, n_linked, n_review, n_wrong)

    def _decide(self, place: int) -> Decided:
        near = sorted({self._of[other] for other in self._near[place]})
        groups = [Group(_person(one), one, tuple(self._groups[one])) for one in near]
        found = case(self._members[place], groups, self._model, self._judging, Blocking())
        return decide(found)

    def _settle(self, place: int, decided: Decided) -> int:
        """Puts a record where it was decided to be, and returns that person."""
        group = place if decided.person is None else decided.person.created_seq
        self._groups.setdefault(group, []).append(self._members[place])
        self._of.append(group)
        return group


def _person(number: int) -> PersonId:
    return PersonId(UUID(int=number))


def _earlier(pairs: Collection[Pair]) -> Mapping[int, Sequence[int]]:
    """Returns for each record those before it that it makes a pair with."""
    found: dict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        found[other].append(one)
    return found
