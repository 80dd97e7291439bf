"""Answers to requests that are sent twice with the same idempotency key.

Source: reference/store.md 6.4.
"""

from datetime import datetime
from hashlib import sha256
from typing import cast

from careweave import record
from careweave.db import Session
from careweave.formats import read_value, write_json
from careweave.intake._matching import lock
from careweave.intake._requests import WriteRequest, Writing, Written
from careweave.record import Receipt
from careweave.terms import Json, Unprocessable

_MOST = 255


def answered(session: Session, request: WriteRequest, writing: Writing) -> Written | None:
    """Returns the answer that was given to this key before; other content under it is refused."""
    key = str(request.idempotency_key)
    if len(key) > _MOST:
        message = f"An idempotency key has at most {_MOST} characters."
        raise Unprocessable(message, where="Idempotency-Key")
    source = writing.actor.source
    lock(session, [f"receipt\x1f{source}\x1f{key}"])
    before = record.receipt(session, source, key)
    if before is None or before.answer is None:
        return None
    if before.digest != digest_of(request):
        message = "This idempotency key was used for another request; take a new one."
        raise Unprocessable(message, where="Idempotency-Key")
    return _read(before.answer)


def keep(session: Session, request: WriteRequest, writing: Writing, written: Written) -> None:
    """Keeps the answer under the key of the request, in the same transaction."""
    given = Receipt(digest_of(request), _write(written))
    key = str(request.idempotency_key)
    record.keep_receipt(session, writing.actor.source, key, given, at=writing.at)


def digest_of(request: WriteRequest) -> bytes:
    """Returns the digest of what a request wants."""
    body = request.resource.body if request.resource is not None else b""
    condition = repr(request.condition).encode()
    parts = (str(request.interaction).encode(), request.type.encode(), condition, body)
    return sha256(b"\x1f".join(parts)).digest()[:16]


def _write(written: Written) -> bytes:
    value: Json = [
        written.status,
        written.type,
        written.id,
        written.version,
        written.updated.isoformat(),
    ]
    return write_json(value)


def _read(answer: bytes) -> Written:
    status, type_name, key, version, updated = cast("list[str]", read_value(answer))
    return Written(
        status=int(status),
        type=type_name,
        id=key,
        version=int(version),
        updated=datetime.fromisoformat(updated),
        subject=None,
        changed=False,
    )
