"""The accounts of a period for others: AuditEvents, one a line."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from careweave import ledger
from careweave.db import Database
from careweave.disclosure._asking import Asking
from careweave.disclosure._balp import audit_events
from careweave.disclosure._episode_accounts import acted
from careweave.disclosure._looked import is_case
from careweave.disclosure._worlds import world
from careweave.formats import write_json
from careweave.ledger import Outcome, Period
from careweave.terms import Forbidden, Purpose

_EXPORT = "audit-export"


def export_audit(
    database: Database,
    asking: Asking,
    period: Period,
    *,
    write: Callable[[bytes], None],
    organisation: str | None = None,
    case: str,
) -> int:
    """Writes what was done in a period as lines of AuditEvents, and returns how many.

    By one organisation, or by all. The account of the export is durable before the first line
    leaves. Needs the purpose of running the service and the number of a case: raises Forbidden,
    accounted for, without. Source: `reference/security.md` 5.2.
    """
    may = asking.purpose is Purpose.OPERATIONS and is_case(case)
    outcome = Outcome.PERMIT if may else Outcome.REFUSED
    exported = replace(acted(asking, _EXPORT, None), reason=case.strip(), outcome=outcome)
    with database.session() as session:
        ledger.append(session, [exported])
    if not may:
        raise Forbidden("Accounts leave for a case; give its number.")
    n_written = 0
    for line in _lines(database, asking, period, organisation):
        write(line)
        n_written += 1
    return n_written


def _lines(
    database: Database, asking: Asking, period: Period, organisation: str | None
) -> Iterator[bytes]:
    with database.session(snapshot=True, bulk=True) as session:
        now = world(session, asking.at)
        addresses = {agreement.name: agreement.uri for agreement in now.agreements}
        for account in ledger.between(session, period, organisation=organisation):
            for event in audit_events(account, addresses):
                yield write_json(event) + b"\n"
