"""What branches let through, as their docstring says it, without a database.

A third reading beside `decide` and SQL: it tells whether the compiler or the predicate is wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from careweave.agreements import About, ChoiceKind, Context, Family, Thing, family_of
from careweave.agreements._chosen import concerns_entry, concerns_reader, in_force
from careweave.terms import Branch, Cohort, PersonId, Role, SourceId, Tie, months_before
from tests.lib.permits import Scenario

Sources = Mapping[SourceId, tuple[str, str, str]]


def sources_of(scenario: Scenario) -> Sources:
    """Returns a source for each system of each organisation of the world."""
    pairs = sorted(
        (org, system) for org in scenario.world.organisations for system in ("main", "clinic")
    )
    return {SourceId(n): (org, system, "fhir") for n, (org, system) in enumerate(pairs, start=1)}


def let_through(scenario: Scenario, branches: Iterable[Branch], sources: Sources) -> dict[str, str]:
    """Returns the ids that branches let through, each with the clause of the first that does."""
    branches = tuple(branches)
    numbers = {(org, system): number for number, (org, system, _) in sources.items()}
    asked = scenario.asked()
    plain = {
        (place, thing.id)
        for place, branch in enumerate(branches)
        for about, thing in asked
        if _admits(scenario, branch, about, thing, numbers)
    }
    found: dict[str, str] = {}
    for place, branch in enumerate(branches):
        for _, thing in asked:
            if (place, thing.id) in plain and _is_among(branches, plain, asked, branch, thing):
                found.setdefault(thing.id, branch.clause)
    return found


def besides(context: Context) -> PersonId | None:
    """Returns of whom nothing is shown: whoever works in a role does not look at themselves."""
    is_work = family_of(context.purpose) is Family.CARE and context.role is not Role.SYSTEM
    return context.self_person if is_work else None


def _is_among(branches, plain, asked, branch: Branch, thing: Thing) -> bool:
    if branch.newest is None:
        return True
    given = [
        other
        for _, other in asked
        if (other.person, other.heading) == (thing.person, thing.heading)
        and (not branch.is_per_code or other.code == thing.code)
        and any(
            (place, other.id) in plain and one.clause == branch.clause
            for place, one in enumerate(branches)
        )
    ]
    before = [one for one in given if (one.at, thing.id) > (thing.at, one.id)]
    return len(before) < branch.newest


def _admits(scenario: Scenario, branch: Branch, about: About, thing: Thing, numbers) -> bool:
    """Says that all but the rank holds."""
    context = scenario.context
    return (
        numbers[thing.organisation, thing.system] in branch.sources
        and thing.heading in branch.headings
        and thing.labels <= branch.labels
        and (not branch.marks or bool(branch.marks & thing.labels))
        and not branch.is_reference
        and (branch.is_own or not thing.is_frozen)
        and (branch.persons is None or thing.person in branch.persons)
        and not (thing.person is not None and thing.person == besides(context))
        and _is_deep_enough(branch, context, thing)
        and _is_tied(branch, context, about)
        and (branch.cohort is None or _belongs(branch.cohort, context, about))
        and _is_chosen(scenario, branch, about, thing)
    )


def _is_deep_enough(branch: Branch, context: Context, thing: Thing) -> bool:
    at = context.at
    days = branch.current_days
    if days is not None and not thing.live_until > at - timedelta(days=days):
        return False
    months = branch.months_back
    since = at if months is None else months_before(at, months)
    is_young = months is None or thing.live_until > since or thing.at >= since
    return is_young and (thing.is_cleared or not branch.is_cleared)


def _is_tied(branch: Branch, context: Context, about: About) -> bool:
    return branch.ties is None or any(
        bond.kind is test.kind
        and bond.organisation == context.organisation
        and bond.since <= context.at
        and (bond.until is None or bond.until > context.at - test.grace)
        for test in branch.ties
        for bond in about.bonds
    )


def _belongs(cohort: Cohort, context: Context, about: About) -> bool:
    living = [
        (bond.kind, bond.organisation)
        for bond in about.bonds
        if bond.since <= context.at and (bond.until is None or context.at < bond.until)
    ]
    registered = {org for kind, org in living if kind is Tie.REGISTRATION}
    resident = {org for kind, org in living if kind is Tie.RESIDENCE}
    tied = {kind for kind, org in living if org == context.organisation}
    return (
        (not cohort.registered_with or bool(registered & cohort.registered_with))
        and (not cohort.residents_of or bool(resident & cohort.residents_of))
        and (not cohort.tie_kinds or bool(tied & cohort.tie_kinds))
        and (not cohort.address_in or about.outward in cohort.address_in)
        and _is_of_age(cohort, context, about)
    )


def _is_of_age(cohort: Cohort, context: Context, about: About) -> bool:
    if cohort.age_from is None and cohort.age_below is None:
        return True
    if about.born is None:
        return False
    day = context.at.date()
    years = day.year - about.born.year - ((day.month, day.day) < (about.born.month, about.born.day))
    return (cohort.age_from is None or years >= cohort.age_from) and (
        cohort.age_below is None or years < cohort.age_below
    )


def _is_chosen(scenario: Scenario, branch: Branch, about: About, thing: Thing) -> bool:
    said = [
        one
        for one in about.choices
        if in_force(one, scenario.context.at)
        and concerns_reader(scenario.world, one, scenario.context)
        and concerns_entry(scenario.world, one, thing)
    ]
    denied = [one for one in said if one.kind is ChoiceKind.DENY]
    if branch.lifts_dissent:
        denied = [one for one in denied if not one.is_liftable]
    if branch.honours_dissent and denied:
        return False
    consents = [one for one in said if one.kind is ChoiceKind.CONSENT]
    named = {label for one in consents for label in one.labels}
    return (
        (not branch.asks_consent or bool(consents))
        and branch.consents <= named
        and (not branch.asks_grant or any(one.kind is ChoiceKind.GRANT for one in said))
    )
