"""One message of a mailbox: its bytes, and what its envelope said."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from mesh_client import MeshClient

from careweave.db import Session
from careweave.doors.feeds._books import QUERIES
from careweave.terms import TooLong

MOST_BYTES = 256 * 1024 * 1024
_REPORT = "REPORT"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of a mailbox, whole.

    Of a report on one that was not delivered, `linked_id` names that one and `status` says why.
    Source: MESH API, inbox; reference/interop.md 10.
    """

    mailbox: str
    message_id: str
    is_report: bool
    workflow: str
    name: str
    sender: str
    local_id: str
    partner_id: str
    subject: str
    chunks: str
    encoding: str
    linked_id: str
    status: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """One of our messages that was not delivered: its id, ours, its workflow, and why."""

    message_id: str
    linked_id: str
    local_id: str
    workflow: str
    status: str
    received_at: datetime


def download(client: MeshClient, mailbox: str, message_id: str) -> Mail:
    """Returns a message with all of its chunks; TooLong over the limit."""
    message = client.retrieve_message(message_id)
    try:
        data = message.read(MOST_BYTES + 1)
    finally:
        message.close()  # type: ignore[no-untyped-call]  # the library says no types
    if len(data) > MOST_BYTES:
        raise TooLong(f"A message of the mailbox has more than {MOST_BYTES} bytes.")

    def header(key: str) -> str:
        return str(message.mex_header(key) or "")[:200]

    return Mail(
        mailbox=mailbox,
        message_id=message_id,
        is_report=header("messagetype").upper() == _REPORT,
        workflow=header("workflowid"),
        name=header("filename"),
        sender=header("from"),
        local_id=header("localid"),
        partner_id=header("partnerid"),
        subject=header("subject"),
        chunks=header("chunk-range"),
        encoding=header("content-encoding"),
        linked_id=header("linkedmsgid"),
        status=header("statuscode"),
        data=data,
    )


def keep_mail(
    session: Session, mail: Mail, *, source: str, message: int | None, now: datetime
) -> None:
    """Notes a message of a mailbox: which arrival holds it, None for a report."""
    session.run(
        QUERIES["keep_mail"],
        mailbox=mail.mailbox,
        message_id=mail.message_id,
        kind="report" if mail.is_report else "data",
        workflow=mail.workflow,
        source=source,
        sender=mail.sender,
        local_id=mail.local_id,
        partner_id=mail.partner_id,
        subject=mail.subject,
        chunks=mail.chunks,
        encoding=mail.encoding,
        sha256=sha256(mail.data).digest(),
        size=len(mail.data),
        message=message,
        linked_id=mail.linked_id,
        status=mail.status,
        received_at=now,
    )


def is_same(session: Session, mail: Mail, source: str) -> bool:
    """Tells whether the same bytes came for the same source under another id."""
    digest = sha256(mail.data).digest()
    found = session.row(QUERIES["same_mail"], mailbox=mail.mailbox, source=source, sha256=digest)
    return found == (True,)


def reports(session: Session, *, since: datetime) -> tuple[Report, ...]:
    """Returns what was not delivered since a time, the newest first."""
    rows = session.rows(QUERIES["reports"], since=since)
    return tuple(Report(*row) for row in rows)
