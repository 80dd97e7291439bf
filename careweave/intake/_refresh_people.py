"""Which live sources hold a person, and what their caller may ask them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from careweave import record
from careweave.db import Session
from careweave.formats import read_json
from careweave.intake._worker_build import know
from careweave.sources import Source, Sources
from careweave.terms import Heading, Sight, SourceId, SubjectId

_NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_MOST = 100


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a live source knows them: the public id of the Patient there, and an identifier.

    `headings` are those that the caller may see of this source.
    """

    source: Source
    subject: SubjectId
    patient: str
    identifier: str
    headings: frozenset[Heading]


def known_people(
    session: Session, subjects: Sequence[SubjectId], sources: Sources, sight: Sight
) -> Iterator[Known]:
    """Gives the subjects among these whose Patient the caller may see, for each live source there.

    A subject belongs to an authority: the live sources of another are never told of it.
    """
    live = [source for source in sources if source.live and source.live_base]
    if not live or not subjects:
        return
    numbers = know(session, sources).numbers
    authorities = {numbers[source.name]: source.authority for source in sources}
    wanted = set(subjects)
    rows = record.entries_of(session, subjects, sight=sight, types={"Patient"}, count=_MOST).rows
    for row in rows:
        identifier = _identifier(row.body) if row.body is not None and not row.gone else ""
        if row.subject not in wanted or not identifier:
            continue
        for source in live:
            if source.authority == authorities.get(row.source):
                allowed = _allowed(sight, numbers[source.name])
                yield Known(source, row.subject, row.id, identifier, allowed)


def _identifier(body: bytes) -> str:
    """Returns the NHS number of a patient, else the first identifier with a system; "" for none."""
    listed = read_json(body).value.get("identifier")
    found: list[str] = []
    for one in listed if isinstance(listed, list) else []:
        system, value = (one.get("system"), one.get("value")) if isinstance(one, dict) else (0, 0)
        if isinstance(system, str) and isinstance(value, str) and system and value:
            text = value.replace(" ", "") if system == _NHS_NUMBER else value
            found.append(f"{system}|{text}")
    return next((text for text in found if text.startswith(_NHS_NUMBER)), (*found, "")[0])


def _allowed(sight: Sight, number: SourceId) -> frozenset[Heading]:
    return frozenset(
        heading
        for branch in sight.branches
        if number in branch.sources
        for heading in branch.headings
        if heading is not None
    )
