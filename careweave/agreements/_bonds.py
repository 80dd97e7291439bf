"""What ties and traits of a person say: a relationship, a cohort. Everything is half-open.

Source: `reference/agreements.md` 1.6 and 2.2.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from careweave.agreements._question import About, Bond, Context
from careweave.agreements._values import Clause, Rules
from careweave.terms import Cohort, Role, Tie


def lives(bond: Bond, at: datetime, grace: timedelta = timedelta(0)) -> bool:
    """Says that a tie holds at a moment, or ended no longer ago than the grace."""
    return bond.since <= at and (bond.until is None or at - grace < bond.until)


def is_known(about: About, context: Context) -> bool:
    """Says that the asker's organisation has any tie with the person now."""
    return any(
        bond.organisation == context.organisation and lives(bond, context.at)
        for bond in about.bonds
    )


def has_tie(rules: Rules, context: Context, about: About, clause: Clause) -> bool:
    """Says that the asker's organisation has a tie that the clause takes."""
    return _has_one(rules, context, about, clause.ties, clause.grace)


def has_own_tie(rules: Rules, context: Context, about: About) -> bool:
    """Says that the asker's organisation has a tie that the role needs for entries of its own."""
    kinds = rules.own_ties.get((context.role, context.setting))
    if kinds is None:
        kinds = rules.own_ties.get((context.role, ""), frozenset())
    return _has_one(rules, context, about, kinds, None)


def _has_one(
    rules: Rules, context: Context, about: About, kinds: Iterable[Tie], grace: timedelta | None
) -> bool:
    kinds = frozenset(kinds)
    return any(
        bond.kind in kinds
        and bond.organisation == context.organisation
        and lives(bond, context.at, _grace(rules, context.role, bond.kind, grace))
        for bond in about.bonds
    )


def _grace(rules: Rules, role: Role, kind: Tie, given: timedelta | None) -> timedelta:
    if given is not None:
        return given
    default = rules.grace.get((kind, None), timedelta(0))
    return rules.grace.get((kind, role), default)


def belongs(cohort: Cohort, context: Context, about: About, day: date) -> bool:
    """Says that a person is among those of whom a clause speaks; what is not known is not so."""
    return (
        _is_with(cohort.registered_with, Tie.REGISTRATION, context, about)
        and _is_with(cohort.residents_of, Tie.RESIDENCE, context, about)
        and (not cohort.address_in or about.outward in cohort.address_in)
        and _is_of_age(cohort, about.born, day)
        and _is_tied(cohort, context, about)
    )


def _is_with(organisations: frozenset[str], kind: Tie, context: Context, about: About) -> bool:
    return not organisations or any(
        bond.kind is kind and bond.organisation in organisations and lives(bond, context.at)
        for bond in about.bonds
    )


def _is_tied(cohort: Cohort, context: Context, about: About) -> bool:
    return not cohort.tie_kinds or any(
        bond.kind in cohort.tie_kinds
        and bond.organisation == context.organisation
        and lives(bond, context.at)
        for bond in about.bonds
    )


def _is_of_age(cohort: Cohort, born: date | None, day: date) -> bool:
    if cohort.age_from is None and cohort.age_below is None:
        return True
    if born is None:
        return False
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    years = day.year - born.year - (0 if had_birthday else 1)
    is_old_enough = cohort.age_from is None or years >= cohort.age_from
    return is_old_enough and (cohort.age_below is None or years < cohort.age_below)
