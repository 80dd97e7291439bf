"""Transactions: all entries or none, in a constant number of statements.

Source: reference/store.md 6.1, 6.5; FHIR R4 4.0.1, http.html 3.1.0.11.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from careweave import ledger, record
from careweave.db import Session
from careweave.formats import Bundle
from careweave.intake._accounts import account
from careweave.intake._apply import apply
from careweave.intake._draft import Draft, Drafter
from careweave.intake._entries import Item, named, read_items
from careweave.intake._kin import related, stored_parents
from careweave.intake._linking import (
    Found,
    addresses_of,
    check_apart,
    check_unique,
    find_all,
    linked,
    text_of,
)
from careweave.intake._making import Maker, check_request
from careweave.intake._matching import settled
from careweave.intake._requests import (
    Interaction,
    Outcome,
    Reads,
    WriteRequest,
    Writing,
    Written,
)
from careweave.intake._work import Ref, Work
from careweave.record import Match
from careweave.terms import CareweaveError, Incorrect, SubjectId

_ORDER = {
    Interaction.DELETE: 0,
    Interaction.CREATE: 1,
    Interaction.UPDATE: 2,
    Interaction.PATCH: 2,
}


def transact(
    session: Session, bundle: Bundle, writing: Writing, maker: Maker, reads: Reads
) -> tuple[Outcome, ...]:
    """Returns what became of each entry, in the order of the entries; raises when one is refused.

    Deletes come first, then creates, updates and patches, then what is read.
    """
    if bundle.type != "transaction":
        raise Incorrect("The bundle is no transaction.", where="Bundle.type", code="value")
    items = read_items(bundle.entries)
    check_unique(items)
    _each(items, _check)
    found = find_all(session, items, writing, maker.drafter)
    outcomes: dict[int, Outcome] = {}
    works = _works(session, items, found, writing, maker, outcomes)
    apply(session, list(works.values()), maker.drafter, _settle_together)
    _raise_first(works, items)
    for place, work in works.items():
        outcomes[place] = Outcome(work.done.status, written=work.done)
    _account(session, works.values(), writing)
    for item in items:
        if item.request is None:
            outcomes[item.place] = _read(session, item, reads)
    return tuple(outcomes[item.place] for item in items)


def _each(items: Sequence[Item], act: Callable[[WriteRequest], None]) -> None:
    for item in items:
        if item.request is not None:
            try:
                act(item.request)
            except CareweaveError as error:
                raise named(error, item.entry.where) from error


def _check(request: WriteRequest) -> None:
    check_request(request)


def _works(
    session: Session,
    items: Sequence[Item],
    found: Found,
    writing: Writing,
    maker: Maker,
    outcomes: dict[int, Outcome],
) -> dict[int, Work]:
    """Returns the works in the order of processing; entries with nothing to do get their outcome."""
    requests = _settled(items, found)
    matched = {
        item.place: found[text_of(item.request)][0]
        for item in items
        if item.request is not None
        and item.place not in requests
        and item.request.interaction is Interaction.CREATE
    }
    ids = {place: match.id for place, match in matched.items()}
    for place, request in requests.items():
        new = request.interaction is Interaction.CREATE
        ids[place] = maker.ids() if new else str(request.id)
    links = addresses_of(items, ids)
    _unwritten(session, items, requests, matched, writing, outcomes)
    works: dict[int, Work] = {}
    for place in sorted(requests, key=lambda place: (_ORDER[requests[place].interaction], place)):
        try:
            request = linked(requests[place], links, found)
            works[place] = maker.work(request, writing, ids[place])
        except CareweaveError as error:
            raise named(error, items[place].entry.where) from error
    return works


def _settled(items: Sequence[Item], found: Found) -> dict[int, WriteRequest]:
    """Returns the requests that do something, by place, with the ids that their criteria match."""
    requests: dict[int, WriteRequest] = {}
    for item in items:
        on = item.request
        if on is not None and on.condition is not None:
            try:
                on = settled(on, found[text_of(on)])
            except CareweaveError as error:
                raise named(error, item.entry.where) from error
        if on is not None:
            requests[item.place] = on
    check_apart(items, requests)
    return requests


def _unwritten(
    session: Session,
    items: Sequence[Item],
    requests: Mapping[int, WriteRequest],
    matched: Mapping[int, Match],
    writing: Writing,
    outcomes: dict[int, Outcome],
) -> None:
    """Gives their outcome to creates whose entry is there, and to deletes of nothing."""
    refs = sorted({(match.type, match.id) for match in matched.values()})
    rows = record.located(session, refs, sight=writing.sight) if refs else ()
    by_ref = {(row.type, row.id): row for row in rows}
    for item in items:
        if item.request is None or item.place in requests:
            continue
        match = matched.get(item.place)
        row = by_ref.get((match.type, match.id)) if match else None
        if row is None:
            done = Written(204, item.request.type, "", 0, writing.at, None, changed=False)
        else:
            done = Written(
                200, row.type, row.id, row.version, row.updated, row.subject, changed=False
            )
        outcomes[item.place] = Outcome(done.status, written=done)


def _settle_together(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Lets the entries of the bundle, and stored parents, have their say on each other."""
    drafts: dict[Ref, Draft] = {
        work.ref: work.draft for work in works if work.is_open and work.draft is not None
    }
    if not drafts:
        return
    first = works[0]
    sources = frozenset({first.writing.actor.source})
    stored = stored_parents(session, drafts.values(), sources, drafts)
    after = related(drafts, stored, drafter, lambda _: first.source)
    for work in works:
        if work.is_open and work.draft is not None:
            work.draft = after[work.ref]


def _raise_first(works: Mapping[int, Work], items: Sequence[Item]) -> None:
    for place in sorted(works):
        error = works[place].error
        if error is not None:
            raise named(error, items[place].entry.where)


def _account(session: Session, works: Iterable[Work], writing: Writing) -> None:
    """Appends one account a subject, with how many entries of which types changed."""
    counts: dict[SubjectId, Counter[str]] = {}
    for work in works:
        written = work.done
        if written.changed and written.subject is not None:
            counts.setdefault(written.subject, Counter())[written.type] += 1
    ledger.append(
        session,
        [
            account(writing, "transaction", _what(types), types.total(), (subject,))
            for subject, types in counts.items()
        ],
    )


def _what(types: Counter[str]) -> str:
    return " ".join(f"{name}:{n}" for name, n in sorted(types.items()))


def _read(session: Session, item: Item, reads: Reads) -> Outcome:
    try:
        return reads(session, item.entry)
    except CareweaveError as error:
        raise named(error, item.entry.where) from error
