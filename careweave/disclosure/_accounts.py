"""The accounts of one answer: one a person, before the answer leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from careweave.disclosure._asking import Asking, Way
from careweave.ledger import Account, Outcome, Part, Spread, new_id, new_ids
from careweave.record import Row
from careweave.terms import PersonId, Purpose, SubjectId

_FEW = 2


@dataclass(frozen=True, slots=True)
class Whose:
    """As whose a subject was read: the person, and the decisions that made it so."""

    person: PersonId
    links: tuple[int, ...]


ByPerson = Mapping[SubjectId, tuple[Whose, ...]]
BY_ITSELF: ByPerson = MappingProxyType({})


CLAUSE = "own-organisation"
"""The rule in force until agreements come: a caller sees its own organisation's entries."""


def account_of(
    asking: Asking, action: str, what: str, subjects: tuple[SubjectId, ...], n_items: int
) -> Account:
    """Returns the account of what one person's part of an answer holds."""
    actor = asking.actor
    return Account(
        id=new_id(asking.at),
        at=asking.at,
        actor=actor.name,
        organisation=actor.organisation,
        source=actor.source,
        action=action,
        door=asking.door,
        request_id=asking.request_id,
        purpose=asking.purpose,
        subjects=subjects,
        what=what,
        n_items=n_items,
        outcome=Outcome.PERMIT if n_items else Outcome.ABSENT,
        reason="",
        clauses=CLAUSE,
        config_version=0,
        answer_ms=None,
        bytes=None,
    )


def account_for(
    way: Way,
    asking: Asking,
    action: str,
    what: str,
    rows: Iterable[Row],
    whose: ByPerson = BY_ITSELF,
) -> None:
    """Makes the accounts of these rows durable: one for each subject, or one of nothing found.

    `whose` tells which of the subjects were read as those of a person: what was shown because of a
    link can then be listed, should the link turn out to be wrong.
    """
    counts: dict[SubjectId, int] = {}
    for row in rows:
        counts[row.subject] = counts.get(row.subject, 0) + 1
    if not whose.keys().isdisjoint(counts):
        way.account(tuple(_of_persons(account_of(asking, action, what, (), 1), counts, whose)))
        return
    if len(counts) < _FEW:
        subjects = tuple(counts)
        way.account((account_of(asking, action, what, subjects, sum(counts.values())),))
        return
    ids = new_ids(asking.at, len(counts))
    shared = account_of(asking, action, what, (), len(counts))
    parts = tuple(Part(subject, n, shared.clauses) for subject, n in counts.items())
    way.account((Spread(shared, ids, parts),))


def _of_persons(
    shared: Account, counts: Mapping[SubjectId, int], whose: ByPerson
) -> Iterable[Account]:
    for subject, n in counts.items():
        mine = replace(shared, subjects=(subject,), n_items=n)
        for of in whose.get(subject, ()):
            yield replace(mine, id=new_id(mine.at), person=of.person, links=of.links)
        if subject not in whose:
            yield replace(mine, id=new_id(mine.at))


def account_finding(
    way: Way, asking: Asking, what: str, rows: Iterable[Row], whose: ByPerson
) -> None:
    """Makes the accounts of a search for a person durable, whatever the caller's own purpose.

    Source: `reference/agreements.md` 6.5: action `find`, purpose PATADMIN.
    """
    finding = replace(asking, purpose=Purpose.PATIENT_ADMINISTRATION)
    account_for(way, finding, "find", what, rows, whose)
