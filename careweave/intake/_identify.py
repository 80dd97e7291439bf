"""Whose record is it: each Patient that changed is resolved in the transaction that writes it.

A resolve costs statements, so only entries that changed come here: most messages say of a patient
what is known. What identity decides is copied into the record, and accounted for, at once.
Source: reference/identity.md 6; docs/decisions/0026.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from careweave import identity, ledger, record
from careweave.db import Session
from careweave.identity import (
    Acted,
    By,
    Change,
    Demographics,
    Event,
    Ground,
    Incoming,
    Leaving,
    Means,
    Method,
    NumberTrust,
    SourcePolicy,
)
from careweave.intake._accounts import account
from careweave.intake._draft import Drafter
from careweave.intake._facts import at as found_at
from careweave.intake._hazards import hazards_at
from careweave.intake._labels import is_protected, is_watched
from careweave.intake._named import link_named, person_named
from careweave.intake._requests import Writing, Written
from careweave.intake._work import Work
from careweave.record import Fact, Link
from careweave.sources import Telling
from careweave.terms import Json, Label, SubjectId

_PATIENT = "Patient"
_SEALING = frozenset({Label.S4, Label.S8})
_SEEN = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})
_MOTHER = "MTH"


def identify(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Resolves the patients that these works have changed; nothing where there are none.

    Comes after all entries are written: whoever waits for a person then holds no entry that another
    still needs.
    """
    last = {work.ref: work for work in works if _is_changed_patient(work)}
    if not last:
        return
    changed = list(last.values())
    by_subject = {written.subject: work for work in changed if (written := work.done).subject}
    _note_facts(session, changed, drafter)
    come = list(_incoming(changed, works, drafter))
    gone = [one for work in changed if work.draft is None for one in _leaving(work)]
    at = max(work.writing.at for work in changed)
    changes: list[Change] = []
    events: list[tuple[Writing, Event]] = []
    if come:
        means = identity.means(session, new_person=drafter.new_person, hazards=hazards_at(at))
        for outcome in identity.resolve(session, come, means=means):
            changes += outcome.changes
            writing = by_subject[outcome.subject].writing
            events += [(writing, event) for event in outcome.events]
        for writing, acted in _named(session, changed, means):
            changes += acted.changes
            events.append((writing, acted.event))
    if gone:
        for acted in identity.retire(session, gone, new_group=drafter.new_person):
            changes += acted.changes
            writing = by_subject[acted.event.subjects[0]].writing
            events.append((writing, acted.event))
    copy_links(session, changes, at=at)
    ledger.append(session, [account_of_event(writing, event) for writing, event in events])


def _named(
    session: Session, works: Sequence[Work], means: Means
) -> Iterator[tuple[Writing, Acted]]:
    """Links the records of doors of ours to the persons that they name, and yields what it did.

    One is new once for each person and organisation: no batch has many.
    """
    for work in works:
        subject = None if work.written is None else work.written.subject
        if not work.source.telling.names_persons or work.draft is None or subject is None:
            continue
        writing = work.writing
        person = person_named(session.secret, writing.actor.authority, work.public_id)
        by = By(
            writing.actor.name,
            writing.at,
            ground=Ground.SOURCE_MESSAGE,
            cause=_cause(writing),
            method=Method.NAMED,
        )
        acted = link_named(session, subject, person, by=by, means=means)
        if acted is not None:
            yield writing, acted


def copy_links(session: Session, changes: Sequence[Change], *, at: datetime) -> None:
    """Copies changes of membership into the record; travels with the commit."""
    links = [Link(c.subject, c.person, c.decision, c.since, c.is_frozen) for c in changes]
    record.link(session, links, at=at)


def what_of(event: Event) -> str:
    """Returns what an account says of an event of identity: its kind, number and digest."""
    return f"Identity/{event.seq} {event.kind} {event.digest.hex()}"


def account_of_event(writing: Writing, event: Event) -> ledger.Account:
    """Returns the account of an event that a write has brought about."""
    return account(writing, "identify", what_of(event), len(event.subjects), event.subjects)


def _is_changed_patient(work: Work) -> bool:
    written = work.written
    return work.request.type == _PATIENT and written is not None and written.changed


def _note_facts(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Keeps whose address is protected and who is watched over, and of whom that no longer holds."""
    at = max(work.writing.at for work in works)
    for fact, holds in ((Fact.PROTECTED_ADDRESS, is_protected), (Fact.WATCHED, is_watched)):
        stated: dict[str, bool] = {}
        for work in works:
            said = {} if work.draft is None else work.draft.said.value
            is_now = "meta" in said and holds(said, drafter.rules.labels)
            if is_now or (work.held is not None and b'"security"' in work.held.meta):
                stated[work.public_id] = is_now
        record.note_facts(session, fact, stated, at=at)


def _is_protected(patient: Mapping[str, Json], drafter: Drafter) -> bool:
    return "meta" in patient and is_protected(patient, drafter.rules.labels)


def _incoming(
    changed: Sequence[Work], works: Sequence[Work], drafter: Drafter
) -> Iterator[Incoming]:
    seen = _seen_alive(works)
    mothers = _mothers(works)
    for work in changed:
        written = work.done
        if work.draft is not None and written.subject is not None:
            yield Incoming(
                subject=written.subject,
                source=work.writing.actor.name,
                authority=work.writing.actor.authority,
                local_id=work.public_id,
                entry_version=written.version,
                demographics=_demographics(work, mothers.get(work.public_id, ""), drafter),
                at=work.writing.at,
                cause=_cause(work.writing),
                policy=policy_of(work.source.telling),
                alive_at=seen.get(written.subject),
            )


def _demographics(work: Work, mother: str, drafter: Drafter) -> Demographics:
    draft = work.draft
    said = {} if draft is None else draft.said.value
    found = identity.demographics(said, is_sealed=_is_sealed(work, drafter), mother=mother)
    return replace(found, is_restricted=_is_protected(said, drafter))


def _is_sealed(work: Work, drafter: Drafter) -> bool:
    """Says whether the record is closed to every comparison.

    A label that a service gives to all that it writes says what the service is, and not that
    somebody was another before: who comes to a gender clinic is still who they are elsewhere.
    """
    if work.draft is None:
        return False
    source = work.source
    usual = drafter.rules.labels.services.get(source.service or "", frozenset[Label]())
    labels = work.draft.classification.labels - usual - source.default_labels
    return not _SEALING.isdisjoint(labels)


def _leaving(work: Work) -> Iterator[Leaving]:
    written: Written = work.done
    if written.subject is not None:
        yield Leaving(
            written.subject, work.writing.actor.name, _cause(work.writing), work.writing.at
        )


def _cause(writing: Writing) -> str:
    return f"{writing.door}/{writing.request_id}"


@lru_cache(maxsize=256)
def policy_of(telling: Telling) -> SourcePolicy:
    """Returns what identity knows of a source."""
    return SourcePolicy(
        numbers=NumberTrust(telling.numbers.value),
        deduplicates=telling.deduplicates,
        links=telling.links,
        rank=telling.rank,
    )


def _seen_alive(works: Sequence[Work]) -> Mapping[SubjectId, datetime]:
    """Returns when these writes say that somebody was seen: by the visits that come with them."""
    seen: dict[SubjectId, datetime] = {}
    for work in works:
        if work.request.type != "Encounter" or work.draft is None or work.written is None:
            continue
        subject, low = work.written.subject, work.draft.prepared.low
        is_seen = work.draft.said.value.get("status") in _SEEN
        if is_seen and subject is not None and low is not None:
            seen[subject] = max(low, seen.get(subject, low))
    return seen


def _mothers(works: Sequence[Work]) -> Mapping[str, str]:
    """Returns the number by which a source names the mother of a patient, by public Patient id."""
    mothers: dict[str, str] = {}
    for work in works:
        if work.request.type != "RelatedPerson" or work.draft is None:
            continue
        value = work.draft.said.value
        numbers = found_at(value, "identifier")
        if numbers and _MOTHER in found_at(value, "relationship.coding.code"):
            mothers[work.draft.prepared.patients[0]] = _number(numbers[0])
    return mothers


def _number(identifier: Json) -> str:
    if not isinstance(identifier, dict):
        return ""
    return f"{identifier.get('system', '')}|{identifier.get('value', '')}"
