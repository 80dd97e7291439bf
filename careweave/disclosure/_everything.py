"""Everything that is held about one patient record, and the reference entries it speaks of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_for, account_of
from careweave.disclosure._asking import Asking, Disclosed, Page, Way
from careweave.disclosure._sight import seen
from careweave.disclosure._whose import Person, people_seen, person_id, whose
from careweave.record import Row
from careweave.terms import NotFound, Sight, SubjectId

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

    The id of a person is answered with the compartments of its subjects together, as far as the
    caller may see their Patients. Empty `types` mean all that the token reaches. Raises NotFound,
    accounted for, when the Patient is absent or not visible.
    """
    wanted = _wanted(asking, types)
    with way.reading_pages() as session:
        found = seen(session, asking, lambda s: _fetch(session, s, patient, wanted, page))
    if found.about and not found.rows:
        # The person is known to be there, though nothing of this page was left to show.
        way.account((account_of(asking, _ACTION, _WHAT, found.about, 0),))
    else:
        shown = (*found.rows, *found.included)
        people = (found.person,) if found.person else ()
        account_for(way, asking, _ACTION, _WHAT, shown, whose(people, shown) if people else {})
    if not found.about:
        raise NotFound
    issues = found.person.issues if found.person else ()
    return Disclosed(found.rows, found.included, next=found.next, issues=issues)


def _wanted(asking: Asking, types: frozenset[str]) -> frozenset[str] | None:
    if asking.types is None:
        return types or None
    return types & asking.types if types else asking.types


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a patient or person is shown; `about` nobody where there is none to see."""

    about: tuple[SubjectId, ...] = ()
    person: Person | None = None
    rows: tuple[Row, ...] = ()
    included: tuple[Row, ...] = ()
    next: str | None = None


def _fetch(
    session: Session, sight: Sight, patient: str, types: frozenset[str] | None, page: Page
) -> _Found:
    # The Patient must itself be visible: a subject known only by others' entries is not found.
    row = record.read(session, "Patient", patient, sight=sight)
    asked = person_id(patient) if row is None else None
    person = people_seen(session, [asked], sight).get(asked) if asked is not None else None
    if person is not None:
        about = subjects = person.subjects
    elif row is not None and not row.gone:
        about, subjects = (row.subject,), record.subjects_of(session, (patient,))
    else:
        return _Found()
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
    return _Found(about, person, held.rows, included, held.next)


def _referred(rows: Sequence[Row], types: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """Returns the reference entries that the rows name, each once, in order of appearance."""
    found: dict[tuple[str, str], None] = {}
    for row in rows:
        for kind, id_ in _REFERENCE.findall(row.body or b""):
            name = kind.decode()
            if name in _SHELF and (types is None or name in types):
                found[name, id_.decode()] = None
    return tuple(found)
