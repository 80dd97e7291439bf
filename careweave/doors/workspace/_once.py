"""Forms act once: a second post of the same form is told what the first became."""

import base64
from datetime import datetime, timedelta

from careweave.db import Queries, Session

_QUERIES = Queries("careweave.doors.workspace")
_KEPT = timedelta(days=2)
"""Longer than any session lasts, and so longer than anybody can have a form of it."""


def spend(session: Session, form: str, at: datetime, led_to: str = "") -> str | None:
    """Spends the id of a form; None the first time, what it became every other time.

    Whoever posts the same form meanwhile waits until the transaction ends.
    """
    id_ = _raw(form)
    session.run(_QUERIES["forget_forms"], before=at - _KEPT)
    if session.row(_QUERIES["spend_form"], id=id_, at=at, led_to=led_to) is not None:
        return None
    row = session.row(_QUERIES["form_led_to"], id=id_)
    return "" if row is None else str(row[0])


def is_spent(session: Session, form: str) -> bool:
    """Says whether a form has acted."""
    return session.row(_QUERIES["form_led_to"], id=_raw(form)) is not None


def name_result(session: Session, form: str, led_to: str) -> None:
    """Notes what a form has become, in the transaction that spent it."""
    session.run(_QUERIES["name_form_result"], id=_raw(form), led_to=led_to)


def _raw(form: str) -> bytes:
    return base64.urlsafe_b64decode(form + "=" * (-len(form) % 4))
