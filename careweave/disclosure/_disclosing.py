"""A person's record as a page shows it: entries by heading, and what is to be said of the others.

Source: `reference/agreements.md` 5 (8) and 6.3.
"""

from collections.abc import Iterable
from dataclasses import replace

from careweave.disclosure._accounts import account_for, account_of, digest
from careweave.disclosure._asked_then import what_of_page
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._page import Gathering, Held, counted_rows
from careweave.disclosure._prospects import Expected, expected
from careweave.disclosure._refusing import refuse
from careweave.disclosure._shown import Mark, ShownPerson, Wanted
from careweave.disclosure._sight import view
from careweave.disclosure._whose import Person, people_seen, whose
from careweave.ledger import Outcome
from careweave.terms import Action, Heading, NotFound, PersonId, Role

_ACTION, _WHAT = "open", "Person"
_OF_PERSONS = frozenset({Role.CI, Role.PX})


def disclose(way: Way, asking: Asking, person: PersonId, wanted: Wanted) -> ShownPerson:
    """Returns what of a person is wanted and may be seen, and what is told of the rest.

    For the page of a person whom the reader has found. Raises NotFound for an id that is nobody's,
    and for staff who look at themselves, accounted for as a refusal.
    """
    opening = replace(asking, action=Action.OPEN)
    _check_other(way, opening, person)
    with way.reading_pages() as session:
        seen = view(session, opening.actor, opening.purpose, Action.OPEN, at=opening.at)
        found = people_seen(session, opening, [person], seen.sight).get(person)
        made = None if found is None else Gathering(session, opening, seen, found, wanted).shown()
    if found is None or made is None:
        account_for(way, opening, _ACTION, _WHAT, None)
        raise NotFound
    shown, held = made
    told = _account(way, opening, found, shown, held, what_of_page(wanted))
    marks = shown.marks | ({Mark.MERGED} if found.id != person and held.lines else set())
    return replace(shown, shown_hash=told, marks=marks)


def _check_other(way: Way, asking: Asking, person: PersonId) -> None:
    actor = asking.actor
    if actor.person == person and actor.role not in _OF_PERSONS:
        refuse(way, asking, _ACTION, _WHAT, "own-record")
        raise NotFound


def may(way: Way, asking: Asking, person: PersonId, action: Action) -> bool:
    """Says whether the reader would be shown anything of a person for an action, were it held.

    It tells nothing of what is held, and is not accounted for: nothing is shown.
    """
    return any(one.is_open for one in explain(way, asking, person, action))


def explain(
    way: Way,
    asking: Asking,
    person: PersonId,
    action: Action = Action.OPEN,
    headings: Iterable[Heading] = Heading,
) -> tuple[Expected, ...]:
    """Returns what the reader may expect of a person under each heading, and why, in a sentence.

    It depends on who asks, on ties and on choices, and never on an entry. Somebody at work who
    asks about themselves is told of nothing.
    """
    with way.reading_pages() as session:
        seen = view(session, asking.actor, asking.purpose, action, at=asking.at)
        found = people_seen(session, asking, [person], seen.sight).get(person)
        is_own = asking.actor.person == person and asking.actor.role not in _OF_PERSONS
        if found is None or is_own:
            return ()
        return expected(session, seen, person, found.subjects, headings)


def _account(
    way: Way, asking: Asking, found: Person, shown: ShownPerson, held: Held, what: str
) -> str:
    """Makes the account of a page durable, and returns the digest of what was shown."""
    rows = counted_rows(held)
    if rows:
        left = held.left.of(rows)
        account_for(way, asking, _ACTION, what, left, whose((found,), rows))
        return digest(rows)
    shared = replace(
        account_of(asking, _ACTION, what, found.subjects, 0),
        person=found.id,
        config_version=shown.config_version,
    )
    if shown.withheld or shown.indicators:
        way.account((replace(shared, outcome=Outcome.WITHHELD, reason="gate"),))
        return ""
    reason = next((one.reason for one in shown.expected.values() if one.reason), None)
    is_open = any(one.is_open for one in shown.expected.values())
    if reason is not None and not is_open:
        shared = replace(shared, outcome=Outcome.REFUSED, reason=str(reason))
    way.account((shared,))
    return ""
