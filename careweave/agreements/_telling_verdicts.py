"""One decision in plain English: who may see what, because of what, under which clause.

What is told of something hidden depends on the question alone, never on what is hidden: whatever
is absent is told in the same words. Source: `reference/agreements.md` 6.3.
"""

from collections.abc import Iterator

from careweave.agreements._question import Answer, Context, Reason, Verdict
from careweave.agreements._telling_words import counted
from careweave.agreements._values import Agreement, Clause, Filter, World
from careweave.agreements._words import listed, named, role_named
from careweave.terms import Heading, Purpose, Tie

_GLASS = "In an emergency you may break the glass."
_SENTENCES = {
    Reason.ASSURANCE: "Sign in again, in the way that this needs.",
    Reason.SCOPE: "This application has no permission to ask for it.",
    Reason.CONSENT_NEEDED: "This is shown only with the person's recorded consent.",
    Reason.GRANT: "What has been granted to you does not reach this.",
    Reason.PROJECT: "No approved project that is in date counts this.",
    Reason.OPT_OUT_STALE: "The list of those who opted out is too old, so nothing is counted.",
    Reason.BUDGET: (
        "So much has been looked at that no more is shown for now. Try again in an hour, "
        "or call whoever answers for the agreement."
    ),
    Reason.AUDIT: "The account of this look could not be written, so nothing is shown.",
    Reason.LABEL: "Nobody looks at their own record as staff; the portal shows it.",
}


def told_verdict(world: World, context: Context, verdict: Verdict) -> str:
    """Returns a decision in plain English, with its reason and clause."""
    match verdict.answer:
        case Answer.PERMIT:
            return " ".join(_permitted(world, context, verdict))
        case Answer.REFUSED if verdict.reason is not None:
            may = verdict.may_break_glass
            return told_reason(world, context, verdict.reason, verdict.heading, may_break_glass=may)
        case Answer.WITHHELD:
            return f"Something under {_heading(verdict.heading)} is not displayed."
        case _:
            return f"Nothing is shown under {_heading(verdict.heading)}."


def told_reason(
    world: World,
    context: Context,
    reason: Reason,
    heading: Heading | None = None,
    *,
    may_break_glass: bool = False,
) -> str:
    """Returns what a reader is told who sees nothing for a reason that concerns the person.

    That somebody has objected is told only to those who may break the glass for this purpose;
    for others it reads as not shared. `heading` None speaks of the whole record.
    """
    glass = f" {_GLASS}" if may_break_glass else ""
    if reason is Reason.NO_RELATIONSHIP:
        return f"You have no recorded relationship with this person.{glass}"
    if reason is Reason.DISSENT and _is_entitled(world, context):
        return f"The person has objected to sharing {_heading(heading)}.{glass}"
    if reason in _SENTENCES:
        return _SENTENCES[reason]
    if reason in {Reason.NO_AGREEMENT, Reason.DISSENT}:
        who, what = _organisation(world, context.organisation), _heading(heading)
        return f"Not shared with {who} for {named('purpose', context.purpose)}: {what}."
    return f"Nothing is shown under {_heading(heading)}."


def _is_entitled(world: World, context: Context) -> bool:
    return context.purpose in world.rules.emergency.get(context.role, frozenset())


def _heading(heading: Heading | None) -> str:
    return "the record" if heading is None else named("heading", heading)


def _organisation(world: World, slug: str) -> str:
    known = world.organisations.get(slug)
    return known.name if known else slug


def _permitted(world: World, context: Context, verdict: Verdict) -> Iterator[str]:
    found = _clause(world, verdict.clause)
    role = role_named(context.role, [context.setting] if context.setting else [])
    who = f"The {role} of {_organisation(world, context.organisation)}"
    what = f"{_heading(verdict.heading)} ({_how_much(verdict)})"
    yield f"{who} may see {what} for {named('purpose', context.purpose)},"
    yield f"because {_because(context, verdict, found)}, under {_under(verdict, found)}."
    if verdict.months_back is not None:
        yield f"What is no longer current is shown for {counted(verdict.months_back, 'month')}."
    if verdict.masks:
        taken = listed(named("mask", mask) for mask in sorted(verdict.masks))
        yield f"Taken out: {taken}."


def _how_much(verdict: Verdict) -> str:
    newest = f"the newest {verdict.newest}" if verdict.newest else "the newest few"
    words = {
        Filter.INDICATOR: "only that it exists and whom to call",
        Filter.BRIEF: f"{newest} in short",
        Filter.CURRENT: "what is current",
        Filter.CLEARED: "what has been checked for third parties and serious harm",
        Filter.CODED: "coded and de-identified",
        Filter.GATE: "for a reason that was given",
        Filter.CONSENT: "with the person's consent",
    }
    said = [what for which, what in words.items() if which in verdict.filters]
    if verdict.newest and Filter.BRIEF not in verdict.filters:
        said.insert(0, newest)
    return listed(said) or "in full"


def _because(context: Context, verdict: Verdict, found: tuple[Agreement, Clause] | None) -> str:
    if verdict.episode is not None:
        is_glass = any(one.is_emergency for one in context.episodes if one.id == verdict.episode)
        return "the glass was broken in an emergency" if is_glass else "a reason was given"
    if found is None:
        return "that organisation holds it itself"
    kinds = found[1].ties
    if kinds:
        return (
            f"the person {listed((named('tie', kind) for kind in sorted(kinds, key=_rank)), 'or')}"
        )
    return _BY_PURPOSE.get(context.purpose, "no relationship is asked for")


_BY_PURPOSE = {
    Purpose.OWN_REQUEST: "the record is the reader's own",
    Purpose.FAMILY_REQUEST: "the person, or the law, has granted it to the reader",
    Purpose.LEGAL: "an order names the person",
    Purpose.PATIENT_ADMINISTRATION: "a person must be found before anything is opened",
    Purpose.PLANNING: "an approved project counts it",
    Purpose.PUBLIC_HEALTH: "an approved project counts it",
    Purpose.RESEARCH: "an approved project counts it",
}


def _rank(kind: Tie) -> int:
    return list(Tie).index(kind)


def _clause(world: World, name: str) -> tuple[Agreement, Clause] | None:
    agreement_name, _, clause_id = name.partition("/")
    for agreement in world.agreements:
        for clause in agreement.clauses:
            if agreement.name == agreement_name and clause.id == clause_id:
                return agreement, clause
    return None


def _under(verdict: Verdict, found: tuple[Agreement, Clause] | None) -> str:
    if found is None:
        return f"the rule of its own entries ({verdict.clause})"
    agreement, clause = found
    return f'clause {clause.id} of "{agreement.title}" ({agreement.name})'
