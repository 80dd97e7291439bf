"""An agreement in plain English, for those who sign it and for those it speaks of.

Nothing of a file is hidden in the telling: what is not told of a clause does not decide anything.
"""

from collections.abc import Iterator

from careweave.agreements._telling_clauses import told_clause
from careweave.agreements._telling_words import day, ended, reason_words
from careweave.agreements._values import Agreement, Loosening, Party
from careweave.agreements._words import a_or_an, named, role_named


def told(agreement: Agreement) -> str:
    """Returns the whole agreement in plain English, a paragraph for each clause."""
    names = {party.org: party.name for party in agreement.parties}
    parts = ["\n".join(_head(agreement)), "\n".join(_parties(agreement))]
    parts += [told_clause(clause, names) for clause in agreement.clauses]
    if agreement.loosens:
        parts.append("\n".join(_loosened(agreement)))
    return "\n\n".join(parts) + "\n"


def _head(agreement: Agreement) -> Iterator[str]:
    yield f"{agreement.title} ({agreement.id}, version {agreement.version})"
    yield ended(agreement.summary.get("en", ""))
    yield f"{named('status', agreement.status)} {named('kind', agreement.kind)}"
    yield (
        f"It holds from {day(agreement.valid_from)} to the end of {day(agreement.valid_to)} "
        f"and is looked at again by {day(agreement.review_by)}."
    )
    yield f"It keeps confidence because {reason_words(agreement)}."


def _parties(agreement: Agreement) -> Iterator[str]:
    yield "Parties:"
    for party in agreement.parties:
        yield f"- {party.name}, {_part(party)}; {_signed(party)}; {_assured(party)}"


def _part(party: Party) -> str:
    parts = {
        "provider": "which gives",
        "recipient": "which receives",
        "both": "which gives and receives",
        "processor": "which works for the others",
    }
    return parts.get(party.role, party.role)


def _signed(party: Party) -> str:
    if not party.signature or party.signed_at is None:
        return "it has not signed"
    return f"signed by {party.signed_name} on {day(party.signed_at)}"


def _assured(party: Party) -> str:
    if party.assured_to is None or party.result != "met":
        return "its assurance is not in order"
    return f"its assurance ({party.scheme}) holds to {day(party.assured_to)}"


def _loosened(agreement: Agreement) -> Iterator[str]:
    yield "Beyond what holds everywhere:"
    for one in agreement.loosens:
        yield f"- {_loosening(one)}"


def _loosening(one: Loosening) -> str:
    what = f"{named('heading', one.heading)}, {named('level', one.level)}"
    who = a_or_an(role_named(one.role))
    return f"{who} gets {what}, until {day(one.until)}: {one.reason} ({one.owner} answers for it)"
