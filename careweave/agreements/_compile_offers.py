"""What somebody is offered: by being of an organisation, and by each clause in force."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from careweave.agreements._compile_holds import FILTERS
from careweave.agreements._force import in_force
from careweave.agreements._question import Context, Mandate
from careweave.agreements._values import (
    Agreement,
    BreakGlass,
    Clause,
    Filter,
    Filters,
    Level,
    Rules,
    World,
)
from careweave.terms import (
    EVERY_LABEL,
    Action,
    Cohort,
    Heading,
    Label,
    PersonId,
    Purpose,
    Role,
    SourceId,
    Tie,
    TieTest,
)

Named = tuple[str, str, str]
"""The organisation, the system and the feed of a source."""

# Source: `reference/agreements.md` 1.2, families; 6.5 for what finding shows.
CARE = frozenset(
    {Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION, Purpose.SAFEGUARDING}
)
_SECONDARY = frozenset({Purpose.PLANNING, Purpose.PUBLIC_HEALTH, Purpose.RESEARCH})
_FIND_FIELDS = frozenset({"name", "born", "sex", "nhs-number", "postcode-outward"})
_CITABLE = frozenset({Label.S4, Label.S8, Label.VERY_RESTRICTED})
_UNSEEN = frozenset({Filter.NEVER, Filter.CODED})
_OWN_LIFTS = BreakGlass(allowed=True, lifts=frozenset({"relationship", "reason"}))
_NO_LIFTS = BreakGlass(allowed=False)


@dataclass(frozen=True, slots=True)
class Portion:
    """What is offered of one heading."""

    filters: Filters
    months_back: int | None = None
    items: int | None = None
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One clause as it meets one reader, or one's own organisation: conditions and portions.

    `ceiling` are the labels that may travel; `cited` those of them whose bar a mandate lifts.
    `is_spent` says that its budget is used up: then it lets out only what an emergency does.
    """

    clause: str
    order: tuple[str, int, str]
    sources: frozenset[SourceId]
    portions: Mapping[Heading | None, Portion]
    ceiling: frozenset[Label]
    is_own: bool = False
    is_spent: bool = False
    cohort: Cohort | None = None
    ties: tuple[TieTest, ...] | None = None
    honours_dissent: bool = False
    asks_consent: bool = False
    asks_grant: bool = False
    persons: frozenset[PersonId] | None = None
    cited: frozenset[Label] = frozenset()
    emergency: BreakGlass = _NO_LIFTS
    duties: frozenset[str] = frozenset()


def own_offer(world: World, context: Context, sources: Mapping[SourceId, Named]) -> Iterator[Offer]:
    """Yields what a role may see of its own organisation's entries, without a clause.

    Source: `reference/agreements.md` 6, steps 2 to 5, and 6.5.
    """
    rules, role = world.rules, context.role
    is_finding = context.purpose is Purpose.PATIENT_ADMINISTRATION
    if not _may_own(rules, context) or is_finding is not (context.action is Action.FIND):
        return
    kinds = rules.own_ties.get((role, context.setting), rules.own_ties.get((role, "")))
    if is_finding and role is not Role.CH:
        kinds = None
    elif not kinds:
        return
    mine = frozenset(n for n, named in sources.items() if named[0] == context.organisation)
    yield Offer(
        clause=f"own:{context.organisation}",
        order=("", 0, ""),
        sources=mine,
        portions=_found(rules, role) if is_finding else _own_portions(rules, role),
        ceiling=EVERY_LABEL,
        is_own=True,
        is_spent=f"own:{context.organisation}" in context.spent,
        ties=None if kinds is None else _tests(rules, role, kinds, None),
        emergency=_NO_LIFTS if is_finding else _OWN_LIFTS,
    )


def _may_own(rules: Rules, context: Context) -> bool:
    if context.purpose not in rules.own_purposes.get(context.role, frozenset()):
        return False
    if context.purpose is Purpose.PATIENT_ADMINISTRATION:
        return context.role in rules.finds_per_hour
    return context.purpose in CARE


def _found(rules: Rules, role: Role) -> Mapping[Heading | None, Portion]:
    filters = _matrix(rules, role, Heading.DEM)
    if filters & _UNSEEN:
        return {}
    months = rules.own_months.get(role, 0)
    return {Heading.DEM: Portion(filters, months, fields=_FIND_FIELDS)}


def _own_portions(rules: Rules, role: Role) -> Mapping[Heading | None, Portion]:
    # Who is not in the table of horizons sees what is current, and nothing older.
    months = rules.own_months.get(role, 0)
    made: dict[Heading | None, Portion] = {None: Portion(frozenset(), months)}
    for heading in Heading:
        filters = _matrix(rules, role, heading)
        if not filters & _UNSEEN:
            made[heading] = Portion(filters, months, rules.own_items.get((role, heading)))
    return made


def _matrix(rules: Rules, role: Role, heading: Heading) -> Filters:
    return FILTERS[rules.matrix.get((role, heading), Level.NEVER)]


def clause_offers(
    world: World, context: Context, sources: Mapping[SourceId, Named]
) -> Iterator[Offer]:
    """Yields what each clause in force offers to this reader; secondary purposes offer no entries."""
    if context.purpose in _SECONDARY or context.role is Role.SYSTEM:
        return
    today = context.at.astimezone(ZoneInfo(world.zone)).date()
    for agreement in world.agreements:
        matching = [clause for clause in agreement.clauses if _matches(clause, context)]
        if matching and not in_force(world, agreement, context.at):
            for clause in matching:
                yield from _offers_of(world, context, sources, (agreement, clause, today))


def _matches(clause: Clause, context: Context) -> bool:
    return (
        context.organisation in clause.recipients
        and context.role in clause.roles
        and (not clause.settings or context.setting in clause.settings)
        and (not clause.teams or context.team in clause.teams)
        and context.purpose is clause.purpose
        and context.action in clause.actions
    )


def _offers_of(
    world: World,
    context: Context,
    sources: Mapping[SourceId, Named],
    line: tuple[Agreement, Clause, date],
) -> Iterator[Offer]:
    agreement, clause, today = line
    portions = portions_of(world.rules, context.role, agreement, clause, today)
    mine = frozenset(n for n, named in sources.items() if named[0] in clause.providers)
    name = f"{agreement.name}/{clause.id}"
    order = (agreement.id, agreement.version, clause.id)
    plain = Offer(
        clause=name,
        order=order,
        sources=mine,
        portions=portions,
        ceiling=clause.labels,
        is_spent=name in context.spent,
        cohort=None if clause.cohort == Cohort() else _known(world, clause.cohort),
        duties=clause.duties,
    )
    yield from _conditioned(world.rules, context, agreement, clause, plain)


def _conditioned(
    rules: Rules, context: Context, agreement: Agreement, clause: Clause, plain: Offer
) -> Iterator[Offer]:
    """Yields the offer with what its purpose asks for before a person's entries are shown."""
    purpose = clause.purpose
    if purpose in CARE and clause.ties:
        yield replace(
            plain,
            ties=_tests(rules, context.role, clause.ties, clause.grace),
            honours_dissent=clause.dissent is None,
            asks_consent=agreement.confidentiality == "explicit-consent",
            emergency=clause.break_glass,
        )
    elif purpose is Purpose.PATIENT_ADMINISTRATION:
        ties = _tests(rules, context.role, clause.ties, clause.grace) if clause.ties else None
        yield replace(plain, ties=ties)
    elif purpose is Purpose.OWN_REQUEST and context.self_person is not None:
        yield replace(plain, persons=frozenset({context.self_person}))
    elif purpose is Purpose.FAMILY_REQUEST and context.grants:
        yield replace(plain, persons=context.grants, asks_grant=True)
    elif purpose is Purpose.LEGAL:
        for mandate in context.mandates:
            if _holds(mandate, context):
                yield _mandated(plain, mandate)


def _holds(mandate: Mandate, context: Context) -> bool:
    return mandate.recipient == context.organisation and mandate.since <= context.at < mandate.until


def _mandated(plain: Offer, mandate: Mandate) -> Offer:
    """Returns the offer cut to what a mandate names, with the bars that it cites lifted."""
    cited = mandate.bars & _CITABLE
    named: dict[Heading | None, Portion] = {
        one: portion for one, portion in plain.portions.items() if one in mandate.headings
    }
    return replace(
        plain,
        portions=named,
        persons=frozenset({mandate.person}),
        cited=cited,
        ceiling=plain.ceiling | cited,
    )


def portions_of(
    rules: Rules, role: Role, agreement: Agreement, clause: Clause, today: date
) -> Mapping[Heading | None, Portion]:
    """Returns what is left of each heading once the clause has met the matrix."""
    loosened = {
        one.heading: one.level
        for one in agreement.loosens
        if one.role is role and today <= one.until
    }
    made: dict[Heading | None, Portion] = {}
    for heading, share in clause.headings.items():
        level = loosened.get(heading)
        ceiling = _matrix(rules, role, heading) if level is None else FILTERS[level]
        filters = FILTERS[share.level] | ceiling
        if not filters & _UNSEEN:
            made[heading] = Portion(
                filters,
                least(share.months_back, clause.quantity.months_back),
                least(share.items, clause.quantity.items.get(heading)),
                None if share.fields is None else frozenset(share.fields),
            )
    return made


def least(*numbers: int | None) -> int | None:
    """Returns the least of the numbers that are given; None where none is."""
    return min((one for one in numbers if one is not None), default=None)


def _known(world: World, cohort: Cohort) -> Cohort:
    """Returns the cohort with its organisations under every name that entries know them by."""
    return replace(
        cohort,
        registered_with=names_of(world, cohort.registered_with),
        residents_of=names_of(world, cohort.residents_of),
    )


def names_of(world: World, slugs: Iterable[str]) -> frozenset[str]:
    """Returns organisations by their slugs and by every other name that entries know them by."""
    found = {slug: world.organisations.get(slug) for slug in slugs}
    codes = (one.codes for one in found.values() if one is not None)
    return frozenset(found).union(*codes)


def _tests(
    rules: Rules, role: Role, kinds: Iterable[Tie], grace: timedelta | None
) -> tuple[TieTest, ...]:
    return tuple(TieTest(kind, _grace(rules, role, kind, grace)) for kind in sorted(kinds))


def _grace(rules: Rules, role: Role, kind: Tie, grace: timedelta | None) -> timedelta:
    if grace is not None:
        return grace
    plain = rules.grace.get((kind, None), timedelta(0))
    return rules.grace.get((kind, role), plain)
