"""Everything that is held about one patient record, and the reference entries it speaks of."""

import re
from collections.abc import Sequence
from itertools import chain

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_for, account_of
from careweave.disclosure._asking import Asking, Disclosed, Page, Way
from careweave.disclosure._sight import seen
from careweave.record import Row
from careweave.terms import NotFound, Sight

# Bodies are bytes that were parsed when they came in, so a key and its string look like this and
# a quotation inside a text cannot (its quotes are escaped).
_REFERENCE = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]{1,39})/([A-Za-z0-9.\-]{1,64})[/"]')

_ACTION, _WHAT = "everything", "Patient/$everything"

_SHELF = frozenset(
    {
        "Endpoint",
        "HealthcareService",
        "Location",
        "Medication",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Substance",
    }
)
"""Types without a patient that a person's entries refer to.

Source: FHIR R4 4.0.1, operation Patient-everything: "supporting resources".
"""


def everything(
    way: Way, asking: Asking, patient: str, *, types: frozenset[str], page: Page
) -> Disclosed:
    """Returns one page of the compartment of a Patient id, and what its entries refer to.

    Empty `types` mean all that the token reaches. Raises NotFound, accounted for, when the Patient
    is absent or not visible.
    """
    wanted = _wanted(asking, types)
    with way.reading_pages() as session:
        found = seen(session, asking, lambda s: _fetch(session, s, patient, wanted, page))
    person, rows, included, following = found
    if person is not None and not rows:
        # The person is known to be there, though nothing of this page was left to show.
        way.account((account_of(asking, _ACTION, _WHAT, (person.subject,), 0),))
    else:
        account_for(way, asking, _ACTION, _WHAT, chain(rows, included))
    if person is None:
        raise NotFound
    return Disclosed(rows, included, next=following)


def _wanted(asking: Asking, types: frozenset[str]) -> frozenset[str] | None:
    if asking.types is None:
        return types or None
    return types & asking.types if types else asking.types


_Found = tuple[Row | None, tuple[Row, ...], tuple[Row, ...], str | None]


def _fetch(
    session: Session, sight: Sight, patient: str, types: frozenset[str] | None, page: Page
) -> _Found:
    # The Patient must itself be visible: a subject known only by others' entries is not found.
    person = record.read(session, "Patient", patient, sight=sight)
    if person is None or person.gone:
        return None, (), (), None
    subjects = record.subjects_of(session, (patient,))
    held = record.entries_of(
        session,
        subjects,
        sight=sight,
        types=types,
        since=page.since,
        count=page.count,
        cursor=page.cursor,
    )
    included = record.located(session, _referred(held.rows, types), sight=sight)
    return person, tuple(held.rows), tuple(included), held.next


def _referred(rows: Sequence[Row], types: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """Returns the reference entries that the rows name, each once, in order of appearance."""
    found: dict[tuple[str, str], None] = {}
    for row in rows:
        for kind, id_ in _REFERENCE.findall(row.body or b""):
            name = kind.decode()
            if name in _SHELF and (types is None or name in types):
                found[name, id_.decode()] = None
    return tuple(found)
