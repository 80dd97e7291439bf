"""One write in a transaction of its own: conditions and idempotency keys count here."""

from careweave.db import Session
from careweave.intake._accounts import account_for
from careweave.intake._apply import apply
from careweave.intake._making import Maker
from careweave.intake._matching import canonical, found_already, lock, matches, parsed, settled
from careweave.intake._receipts import answered, keep
from careweave.intake._requests import WriteRequest, Writing, Written
from careweave.terms import Fault


def write_alone(session: Session, request: WriteRequest, writing: Writing, maker: Maker) -> Written:
    """Returns what became of one write in this transaction."""
    if request.idempotency_key is not None:
        before = answered(session, request, writing)
        if before is not None:
            return before
    written = _write_settled(session, request, writing, maker)
    if request.idempotency_key is not None:
        keep(session, request, writing, written)
    return written


def _write_settled(
    session: Session, request: WriteRequest, writing: Writing, maker: Maker
) -> Written:
    on: WriteRequest | None = request
    if request.condition is not None:
        search = parsed(request.type, request.condition, writing, maker.drafter)
        lock(session, [canonical(search, writing)])
        found = matches(session, [search], writing)[0]
        on = settled(request, found)
        if on is None:
            return found_already(session, request, found, writing)
    if on is None:
        raise Fault
    work = maker.work(on, writing)
    apply(session, [work], maker.drafter)
    account_for(session, [work])
    if work.error is not None:
        raise work.error
    return work.done
