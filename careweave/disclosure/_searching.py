"""What a search for a person by somebody at work must keep to: exact criteria, and a budget.

Source: `reference/agreements.md` 6.5.
"""

from dataclasses import replace
from datetime import date

from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._budgets import spend_search
from careweave.disclosure._criteria import NHS_NUMBER, Criteria, Word
from careweave.disclosure._refusing import refuse
from careweave.disclosure._worlds import world
from careweave.identity import Demographics
from careweave.terms import Forbidden, OverBudget, Role

_MOST = 5
_ACTION = "find"


def is_at_work(asking: Asking) -> bool:
    """Says whether a person asks, in a role, and no technical system."""
    return asking.actor.role is not Role.SYSTEM


def may_search(way: Way, asking: Asking, operation: str) -> bool:
    """Says whether the role looks for people at all, counting the search; it is told as none found.

    Raises OverBudget, accounted for, where the user has made as many as an hour allows.
    """
    with way.reading() as session:
        ceiling = world(session, asking.at).rules.finds_per_hour.get(asking.actor.role)
        if ceiling is None:
            return False
        try:
            spend_search(session, asking, ceiling)
        except OverBudget:
            refuse(way, asking, _ACTION, operation, "budget")
            raise
    return True


def exact(way: Way, asking: Asking, asked: Criteria, operation: str) -> Criteria:
    """Returns the criteria as they are looked for: names of any period, five people at most.

    Raises Forbidden, accounted for, whatever is held: for beginnings of words, spans of dates,
    likenesses, and for where somebody is; and for less than a number, or a name and a birth date.
    """
    where = _inexact(asked)
    if where:
        refuse(way, asking, _ACTION, operation, "inexact")
        raise Forbidden(
            "A person is found by a whole number, or by family name and full birth date.",
            where=where,
        )
    return replace(asked, with_history=True, most=min(asked.most, _MOST))


def _inexact(asked: Criteria) -> str:
    faults = {
        "_fuzzy-match": asked.is_fuzzy,
        "family": asked.family is not None and asked.family.is_start,
        "given": any(word.is_start for word in asked.given),
        "birthdate": asked.born is not None and not asked.is_dated,
        "death-date": asked.died is not None,
        "email": bool(asked.email),
        "phone": bool(asked.phone),
        "general-practitioner": bool(asked.practice),
        "identifier": asked.number is None and not (asked.family and asked.is_dated),
    }
    return next((name for name, is_so in faults.items() if is_so), "")


def criteria_from(asked: Demographics, most: int) -> Criteria:
    """Returns by what a Patient is looked for exactly: its number, else its name and birth date."""
    name = asked.names[0] if asked.names else None
    numbers = [one for one in asked.numbers if one.system == NHS_NUMBER] or asked.numbers
    return Criteria(
        family=Word(name.family) if name is not None and name.family else None,
        given=() if name is None else tuple(Word(one) for one in name.given),
        sex=asked.sex,
        born=_born(asked.birth_date),
        number=(numbers[0].system, numbers[0].value) if numbers else None,
        most=most,
    )


def _born(text: str) -> tuple[date, date] | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day, day
