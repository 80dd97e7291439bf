"""What a FHIR Consent means: the choices of a person in the normal form.

A permit at the root bounds: whatever lies outside it is denied. A deny denies what it names.
Nested provisions are exceptions to their parent, and deny wins at the same depth. What is not
understood is read as the more restrictive of its meanings, and told as a finding.
Source: `reference/agreements.md` section 8; FHIR R4 4.0.1, consent.html 6.2.5; IHE PCF.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from careweave.agreements._consent_cells import (
    ANY_PURPOSE,
    EVER,
    EVERYWHERE,
    Cell,
    Region,
    Some,
    common,
    outside,
)
from careweave.agreements._consent_parts import Part, part_of
from careweave.agreements._consent_terms import ConsentWords, Node, codes_of, nodes
from careweave.agreements._question import Choice, ChoiceKind
from careweave.terms import Heading, Purpose

_PRIVACY = "patient-privacy"
_RESEARCH = "research"
_NOT_PRIVACY = frozenset({"adr", "treatment"})
_HEADINGS = frozenset(Heading)


@dataclass(frozen=True, slots=True)
class ReadConsent:
    """The choices that a Consent states, and what somebody ought to look at."""

    choices: tuple[Choice, ...] = ()
    findings: tuple[str, ...] = ()


def read_consent(value: Node, zone: tzinfo, words: ConsentWords) -> ReadConsent:
    """Returns what a Consent states; nothing unless it is active and speaks of sharing.

    `value` was checked as FHIR R4. Raises Incorrect for a date that cannot be read.
    """
    scope = _scope(value)
    if value.get("status") != "active" or scope in _NOT_PRIVACY:
        return ReadConsent()
    findings: list[str] = [] if scope in {_PRIVACY, _RESEARCH} else ["consent-scope"]
    if "modifierExtension" in value:
        return ReadConsent((_deny(Cell(is_liftable=True)),), ("consent-modifier",))
    root = part_of(value, zone, words, findings)
    if root is None:
        return ReadConsent((), tuple(dict.fromkeys(findings)))
    if scope == _RESEARCH:
        root = replace(root, cells=_for_research(root.cells))
    proofs = (*_grants(root), *_consents(root, EVERYWHERE)) if _is_proof(value) else ()
    choices = (*proofs, *map(_deny, _denied(root)))
    return ReadConsent(tuple(dict.fromkeys(choices)), tuple(dict.fromkeys(findings)))


def _scope(value: Node) -> str:
    return next((code for _, code in codes_of(value.get("scope"))), "")


def _is_proof(value: Node) -> bool:
    """Says whether a Consent may open anything: its rule says which it is, and nobody doubts it.

    One that was found not to be the person's still denies what it denies.
    Source: FHIR R4 4.0.1, Consent.verification.verified.
    """
    rule = value.get("provision")
    is_said = isinstance(rule, dict) and rule.get("type") in {"permit", "deny"}
    return is_said and all(one.get("verified") is True for one in nodes(value.get("verification")))


def _for_research(cells: Region) -> Region:
    only = Cell(purposes=Some(frozenset({Purpose.RESEARCH}), others=False))
    return tuple(both for cell in cells if (both := cell.both(only)) is not None)


def _denied(root: Part) -> Region:
    """Returns all that a Consent denies. Source: `reference/agreements.md` section 8."""
    region = _by_permit(root) if root.is_permit else _by_deny(root)
    inside = Cell(force=root.force)
    within = (both for cell in region if (both := cell.both(inside)) is not None)
    return tuple(dict.fromkeys(within))


def _by_deny(part: Part) -> Region:
    inside = common([part.cells, *(_by_permit(one) for one in part.permits)])
    return (*inside, *(cell for one in part.denies for cell in _by_deny(one)))


def _by_permit(part: Part) -> Region:
    denied = tuple(cell for one in part.denies for cell in _by_deny(one))
    if not part.bounds:
        return denied
    return (*common([_around(part), *(_by_permit(one) for one in part.permits)]), *denied)


def _around(part: Part) -> Region:
    """Returns what lies outside of a permit, for all who have not broken the glass if it says so."""
    if not part.is_exact:
        return EVERYWHERE
    around = outside(part.cells, lambda cell: cell.outside(part.allowed))
    if not part.is_emergency:
        return around
    return (*around, Cell(purposes=part.purposes.outside(), is_liftable=True))


def _consents(part: Part, around: Region) -> Iterator[Choice]:
    """Yields a consent for each permit, to the labels that it names if it names any.

    What stands within another provision opens nothing beyond it: not later, and to nobody else. One
    with exceptions names no label, since those exceptions deny nothing where no objection counts.
    """
    bounds = [(outer, Cell(force=part.force)) for outer in around]
    inside = tuple(_within(part.cells, bounds))
    if part.is_permit and part.is_understood and not (part.is_emergency or part.is_grant):
        labels = None if part.denies else part.named or None
        for cell in inside:
            yield _choice(ChoiceKind.CONSENT, replace(cell, labels=labels))
    for one in part.permits:
        yield from _consents(one, inside)


def _within(cells: Region, bounds: Iterable[tuple[Cell, Cell]]) -> Iterator[Cell]:
    for outer, force in bounds:
        for cell in cells:
            both = cell.both(outer)
            found = None if both is None else both.both(force)
            if found is not None:
                yield found


def _grants(root: Part) -> Iterator[Choice]:
    """Yields the grant of a proxy: a permit for the family's request that names who."""
    if not root.is_grant or not root.is_understood:
        return
    for cell in root.cells:
        if cell.users.values and not cell.users.others:
            yield _choice(ChoiceKind.GRANT, replace(cell, force=root.force))


def _deny(cell: Cell) -> Choice:
    return _choice(ChoiceKind.DENY, cell)


def _choice(kind: ChoiceKind, cell: Cell) -> Choice:
    everywhere = cell.headings.others and not cell.headings.values
    headings = _listed(cell.headings)
    return Choice(
        kind=kind,
        since=cell.force.since,
        until=_open(cell.force.until),
        to=cell.to.values,
        to_others=cell.to.others and bool(cell.to.values),
        users=cell.users.values,
        user_others=cell.users.others and bool(cell.users.values),
        purposes=cell.purposes.values,
        purpose_others=cell.purposes.others and cell.purposes != ANY_PURPOSE,
        from_=cell.source,
        headings=frozenset() if everywhere else headings,
        labels=cell.labels or frozenset(),
        data_since=None if cell.data.since == EVER[0] else cell.data.since,
        data_until=_open(cell.data.until),
        data_outside=cell.data.is_outside,
        ids=cell.ids.values,
        id_others=cell.ids.others and bool(cell.ids.values),
        authors=frozenset() if cell.authors.others else cell.authors.values,
        authors_others=cell.authors.values if cell.authors.others else frozenset(),
        is_liftable=cell.is_liftable,
    )


def _listed(headings: Some[Heading]) -> frozenset[Heading]:
    return _HEADINGS - headings.values if headings.others else headings.values


def _open(until: datetime) -> datetime | None:
    return None if until == EVER[1] else until
