"""The one way in which a reading statement gets its policy: what the caller may see."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import reduce
from hashlib import blake2b
from operator import or_
from typing import Generic, TypeVar

from careweave.db import FOREVER, Queries, Query, Row, Session
from careweave.record._compile_policy import Shape, shaped
from careweave.record._dictionaries import Dictionaries, dictionaries, fresh
from careweave.record._policy_rules import cohorts_of, moments_of, rules_of, tie_ends
from careweave.record._purposes import number_of_purpose
from careweave.record._types import rt_of
from careweave.terms import Branch, CareweaveError, Cohort, Incorrect, Sight

_QUERIES = Queries("careweave.record")
_MOST_REMEMBERED = 512

T = TypeVar("T")

Values = Mapping[str, object] | Callable[[Dictionaries], Mapping[str, object]]

# What others refer to and is about nobody. Source: the design of the record, reference data.
_REFERENCE = (
    "Endpoint",
    "HealthcareService",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Substance",
)


def seen(
    session: Session,
    sight: Sight,
    query: Query,
    values: Values,
    besides: Shape = Shape.PLAIN,
) -> list[Row]:
    """Returns the rows of a statement as the sight lets them through.

    Values that depend on the dictionaries come as what makes them of those. `besides` is how else the predicate is written, beyond what the sight asks; its values are among
    the others. It has no part in a plain sight.

    The statement tests the policy on every alias, as `_compile_policy` tells, and gives the version of
    the dictionaries as its last column. When others have added a class since this process looked,
    it looks again and asks again: a new class is never read as a denied one.
    """
    known = dictionaries(session)
    try:
        rows = _asked(session, sight, known, query, values, besides)
    except Incorrect:
        # A class beyond the padded bits makes a statement fail.
        if not _has_grown(session, known):
            raise
        rows = []
    version = rows[0][-1] if rows else _version(session)
    if version <= known.version:
        return rows
    return _asked(session, sight, fresh(session), query, values, besides)


def shape_of(branches: Sequence[Branch]) -> Shape:
    """Returns how the predicate of a sight of these branches is written.

    Plain is one branch of one's own without any condition. Others also test who is frozen.
    """
    if len(branches) <= 1 and all(branch.is_plain and branch.is_own for branch in branches):
        return Shape.PLAIN
    return reduce(or_, map(_asked_of, branches), Shape.CONDITIONAL)


def _asked_of(branch: Branch) -> Shape:
    asks_choice = branch.asks_consent or branch.asks_grant or bool(branch.consents)
    asked = {
        Shape.COHORTS: branch.cohort is not None,
        Shape.CHOICES: branch.honours_dissent or asks_choice,
        Shape.RANKED: branch.newest is not None,
    }
    return reduce(or_, (shape for shape, is_asked in asked.items() if is_asked), Shape.PLAIN)


def with_beyond(session: Session, sight: Sight, beyond: tuple[Branch, ...]) -> Sight:
    """Returns a sight of further branches too, which stand after its own, and none of which ranks.

    What comes by one of them is let through by none of the sight's own: what is only not among the
    newest is neither withheld nor indicated.
    """
    joined = session.memo(_Remembered, _Remembered).joined
    key = id(sight.branches), id(beyond)
    found = joined.get(key)
    if found is None:
        unranked = tuple(replace(one, newest=None) for one in (*sight.branches, *beyond))
        # Both are kept beside their numbers, so that no others can take the numbers.
        found = sight.branches, beyond, unranked
        joined[key] = found
        if len(joined) > _MOST_REMEMBERED:
            joined.popitem(last=False)
    return replace(sight, branches=found[2])


def policy_values(session: Session, sight: Sight, known: Dictionaries) -> dict[str, object]:
    """Returns the values that the predicate of a sight takes, by name, in whatever shape."""
    profiles = known.profiles(sight)
    if shape_of_sight(session, sight) is Shape.PLAIN:
        return {"bits": profiles.bits}
    return {
        "bits": profiles.bits,
        "s_profiles": profiles.profiles,
        "s_first": profiles.first,
        "s_slots": profiles.slots,
        **_conditions(session, sight, known),
    }


def _asked(
    session: Session,
    sight: Sight,
    known: Dictionaries,
    query: Query,
    values: Values,
    besides: Shape,
) -> list[Row]:
    shape = shape_of_sight(session, sight)
    written = shaped(query, shape if shape is Shape.PLAIN else shape | besides)
    own = values(known) if callable(values) else values
    given = {**own, **policy_values(session, sight, known)}
    return session.rows_of(written, {name: given[name] for name in written.names})


def shape_of_sight(session: Session, sight: Sight) -> Shape:
    """Returns how the predicate of a sight is written."""
    shape = session.memo(_Remembered, _Remembered).shapes.of(sight.branches)
    if sight.besides is None or not sight.branches:
        return shape
    return shape | Shape.CONDITIONAL | Shape.BESIDES


def _conditions(session: Session, sight: Sight, known: Dictionaries) -> dict[str, object]:
    if sight.at is None:
        at, rules = FOREVER, rules_of([_without_moment(branch) for branch in sight.branches])
    else:
        at, rules = sight.at, session.memo(_Remembered, _Remembered).rules.of(sight.branches)
    cohorts = cohorts_of(rules.cohorts, known.orgs, at, session.zone)
    return {
        "s_rules": rules.numbers,
        "s_moments": moments_of(rules, at),
        "s_ends": tie_ends(rules, at),
        "s_persons": rules.persons,
        "s_cohorts": cohorts.numbers,
        "s_cohort_orgs": cohorts.orgs,
        "s_days": cohorts.days,
        "s_outwards": cohorts.outwards,
        "s_me": sorted(known.orgs[name] for name in sight.known_as if name in known.orgs),
        "s_user": sight.user,
        "s_besides": sight.besides,
        "s_purpose": number_of_purpose(sight.purpose),
        "s_reference": [rt_of(name) for name in _REFERENCE],
    }


def scope(session: Session, sight: Sight, *question: object) -> str:
    """Returns a text for the seal of a page: the question, and what its asker may see."""
    return "\x1f".join((told(session, sight), *map(repr, question)))


def told(session: Session, sight: Sight) -> str:
    """Returns everything that narrows a sight but the moment, which moves from page to page."""
    digest = session.memo(_Remembered, _Remembered).digests.of(sight.branches)
    asker = (sight.version, sorted(sight.known_as), sight.user, sight.purpose, sight.besides)
    return f"{digest}{asker!r}"


def _digest(branches: Sequence[Branch]) -> str:
    parts = (
        repr([_ordered(getattr(branch, one.name)) for one in fields(Branch)]) for branch in branches
    )
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def _ordered(value: object) -> object:
    """Returns the same text for the same set, in whatever order it happens to lie."""
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    if isinstance(value, Cohort):
        return [_ordered(getattr(value, one.name)) for one in fields(Cohort)]
    return value


class _Lately(Generic[T]):
    """What was made of the branches asked with last, by which tuple of them it was."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[Sequence[Branch]], T]) -> None:
        """Takes what makes it of branches."""
        self._make = make
        self._made: OrderedDict[int, tuple[tuple[Branch, ...], T]] = OrderedDict()

    def of(self, branches: tuple[Branch, ...]) -> T:
        """Returns what is made of some branches."""
        found = self._made.get(id(branches))
        if found is None:
            # The tuple is kept beside its number, so that no other can take the number.
            found = branches, self._make(branches)
            self._made[id(branches)] = found
            if len(self._made) > _MOST_REMEMBERED:
                self._made.popitem(last=False)
        return found[1]


class _Remembered:
    """What is made of the branches that were asked with last, and their sums."""

    __slots__ = ("digests", "joined", "rules", "shapes")

    def __init__(self, _session: Session) -> None:
        """Starts with nothing."""
        self.joined: OrderedDict[tuple[int, int], tuple[tuple[Branch, ...], ...]] = OrderedDict()
        self.shapes = _Lately(shape_of)
        self.rules = _Lately(rules_of)
        self.digests = _Lately(_digest)


def _without_moment(branch: Branch) -> Branch:
    """Returns a branch that nobody meets if it asks for a time that is not given."""
    spans = (branch.current_days, branch.months_back, branch.ties, branch.cohort)
    asks = branch.honours_dissent or branch.asks_consent or branch.asks_grant or branch.consents
    if not asks and all(span is None for span in spans):
        return branch
    return replace(branch, ties=(), current_days=None, months_back=None, cohort=None)


def _version(session: Session) -> int:
    row = session.row(_QUERIES["dictionary_version"])
    return row[0] if row else 0


def _has_grown(session: Session, known: Dictionaries) -> bool:
    try:
        return _version(session) > known.version
    except CareweaveError:
        # The failed statement has ended the transaction; the next one starts afresh.
        session.forget(Dictionaries)
        return False
