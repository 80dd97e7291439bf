"""Everything that is held about one patient record, and the reference entries it speaks of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_empty, account_for
from careweave.disclosure._asking import Asking, Disclosed, Page, Way
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._sight import seen
from careweave.disclosure._whose import Person, people_seen, person_id, whose
from careweave.record import Row
from careweave.terms import Action, NotFound, Role, Sight, SubjectId

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
    opening = replace(asking, action=Action.OPEN)
    wanted = _wanted(asking, types)
    with way.reading_pages() as session:
        found = seen(session, opening, lambda s: _fetch(session, opening, s, patient, wanted, page))
    if found.about and not found.left.rows:
        # The person is known to be there, though nothing of this page was left to show.
        person = found.person.id if found.person else None
        about = [(subject, person) for subject in found.about]
        account_empty(way, opening, _ACTION, _WHAT, found.left, about)
    else:
        people = (found.person,) if found.person else ()
        by = whose(people, found.left.rows) if people else {}
        account_for(way, opening, _ACTION, _WHAT, found.left, by)
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
    """What of a patient or person leaves; `about` nobody where there is none to see.

    Of the rows that leave, the first `n_rows` are the page, the others what it refers to.
    """

    left: Leaving
    about: tuple[SubjectId, ...] = ()
    person: Person | None = None
    n_rows: int = 0
    next: str | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Returns the page."""
        return self.left.rows[: self.n_rows]

    @property
    def included(self) -> tuple[Row, ...]:
        """Returns what the page refers to."""
        return self.left.rows[self.n_rows :]


@dataclass(frozen=True, slots=True)
class _About:
    """Whose compartment is read: of one Patient, or of all of a person's."""

    about: tuple[SubjectId, ...]
    subjects: tuple[SubjectId, ...]
    person: Person | None = None


def _fetch(
    session: Session,
    asking: Asking,
    sight: Sight,
    patient: str,
    types: frozenset[str] | None,
    page: Page,
) -> _Found:
    of = _about(session, asking, sight, patient)
    if of is None:
        return _Found(Leaving(sight, ()))
    held = record.entries_of(
        session,
        of.subjects,
        sight=sight,
        types=types,
        since=page.since,
        count=page.count,
        cursor=page.cursor,
    )
    if not held.rows and not _is_open(session, asking, sight, of):
        return _Found(Leaving(sight, ()))
    rows = leaving(session, asking, sight, held.rows)
    included = record.located(session, _referred(rows.rows, types), sight=sight)
    whole = rows.of((*rows.rows, *leaving(session, asking, sight, included).rows))
    return _Found(whole, of.about, of.person, len(rows.rows), held.next)


def _is_open(session: Session, asking: Asking, sight: Sight, of: _About) -> bool:
    """Says whether anything at all of a person is shown, so that an empty page is no answer.

    A technical system has seen the Patient already.
    """
    if asking.actor.role is Role.SYSTEM:
        return True
    return bool(record.entries_of(session, of.subjects, sight=sight, count=1).rows)


def _about(session: Session, asking: Asking, sight: Sight, patient: str) -> _About | None:
    # The Patient must itself be visible: a subject known only by others' entries is not found.
    row = record.read(session, "Patient", patient, sight=sight)
    if row is not None and not row.gone:
        return _About((row.subject,), record.subjects_of(session, (patient,)))
    asked = person_id(patient) if row is None else None
    if asked is None:
        return None
    person = people_seen(session, asking, [asked], sight).get(asked)
    return None if person is None else _About(person.subjects, person.subjects, person)


def _referred(rows: Sequence[Row], types: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    """Returns the reference entries that the rows name, each once, in order of appearance."""
    found: dict[tuple[str, str], None] = {}
    for row in rows:
        for kind, id_ in _REFERENCE.findall(row.body or b""):
            name = kind.decode()
            if name in _SHELF and (types is None or name in types):
                found[name, id_.decode()] = None
    return tuple(found)
