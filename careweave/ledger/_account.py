"""The account of one answer or one change, and how it is added."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from careweave.db import Database, Gather, Queries, Row, Session
from careweave.terms import CareweaveError, PersonId, SubjectId, Unavailable

_QUERIES = Queries("careweave.ledger")
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


class Outcome(StrEnum):
    """What came of it."""

    PERMIT = "permit"
    WITHHELD = "withheld"
    REFUSED = "refused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Account:
    """One account per person per answer or change.

    `what` is the question in canonical parameters: types, counts, names of parameters, and never a
    value of anybody. `subjects` are those touched. `source` is what the actor writes as.
    `answer_ms` and `bytes` are None where they are not known yet. Where entries were shown as those
    of a `person`, `links` are the decisions by which their subjects belonged to it, so that what
    was shown through a wrong one can be listed. `deed` is the action that was decided on, `clauses`
    what let it be seen, as JSON; `second_purpose` is "BTG" or "reason" where an `episode` did.
    `visible_to_person` is "now", "delayed:" with a duration, or "withheld"; `shown_hash` digests
    what was shown. None stands for nothing, and is hashed as nothing.
    Source: `reference/security.md` 5.1.
    """

    id: UUID
    at: datetime
    actor: str
    organisation: str
    source: int | None
    action: str
    door: str
    request_id: str
    purpose: str
    subjects: tuple[SubjectId, ...]
    what: str
    n_items: int
    outcome: Outcome
    reason: str = ""
    clauses: str = ""
    config_version: int = 0
    answer_ms: int | None = None
    bytes: int | None = None
    person: PersonId | None = None
    links: tuple[int, ...] = ()
    deed: str | None = None
    role: str | None = None
    setting: str | None = None
    team: str | None = None
    user_name: str | None = None
    second_purpose: str | None = None
    episode: UUID | None = None
    mandate: UUID | None = None
    visible_to_person: str | None = None
    shown_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What the account of one subject has for itself in an answer about several."""

    subject: SubjectId
    n_items: int
    clauses: str = ""
    person: PersonId | None = None
    links: tuple[int, ...] = ()
    visible_to_person: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The accounts of one answer about several people: alike but for what is in the parts.

    `account` gives what they share; what a part has is not taken from it.
    """

    account: Account
    ids: tuple[UUID, ...]
    parts: tuple[Part, ...]


def new_id(at: datetime) -> UUID:
    """Returns a fresh id that grows with time. Source: RFC 9562, UUID version 7."""
    return new_ids(at, 1)[0]


def new_ids(at: datetime, n: int) -> tuple[UUID, ...]:
    """Returns so many fresh ids of one moment."""
    head = (int(at.timestamp() * 1000) << 80) | _VERSION_7 | _VARIANT
    noise = secrets.token_bytes(10 * n)
    return tuple(_id(head, int.from_bytes(noise[i : i + 10], "big")) for i in range(0, 10 * n, 10))


def _id(head: int, noise: int) -> UUID:
    return UUID(int=head | ((noise >> 62) & 0xFFF) << 64 | (noise & ((1 << 62) - 1)))


def append(session: Session, accounts: Sequence[Account | Spread]) -> None:
    """Adds the accounts in the caller's transaction, in statements that travel with its commit.

    None of them is durable before the session has committed.
    """
    plain = [account for account in accounts if isinstance(account, Account)]
    if len(plain) == 1:
        session.defer(_QUERIES["add_account"], **_single(plain[0]))
    elif plain:
        session.defer(_QUERIES["add_accounts"], **_several(plain))
    if len(plain) < len(accounts):
        for spread in accounts:
            if isinstance(spread, Spread):
                session.defer(_QUERIES["add_spread"], **_spread(spread))


class Recorder:
    """Makes accounts durable before what they are of is shown.

    Callers at the same moment share one commit. Used by many threads.
    """

    def __init__(self, database: Database) -> None:
        """Takes the database that holds the ledger."""
        self._database = database
        self._gather: Gather[tuple[Account | Spread, ...], None] = Gather(self._write)

    def record(self, *accounts: Account | Spread) -> None:
        """Returns when the accounts are durable; Unavailable if they cannot be written."""
        if not accounts:
            return
        try:
            self._gather.submit(accounts)
        except CareweaveError as error:
            raise Unavailable(
                "The account of this answer cannot be written, so it is not given; try again soon."
            ) from error

    def _write(self, batch: list[tuple[Account | Spread, ...]]) -> list[None]:
        # Every answer waits for this, the most urgent one too.
        with self._database.first(), self._database.reading() as session:
            append(session, [account for accounts in batch for account in accounts])
        return [None] * len(batch)


def canonical(row: Row) -> bytes:
    """Returns the bytes of a stored account that are hashed: JSON, sorted, without blanks.

    Only integers and strings; what is null is left out. `row` is as the query `sealed` gives it.
    Source: `reference/security.md` 5.3.
    """
    return encode(dict(zip(NAMES, row[1:], strict=True)))


def encode(values: dict[str, object]) -> bytes:
    """Returns canonical JSON of a flat table of values; moments as UTC with microseconds."""
    plain = {name: _plain(value) for name, value in values.items() if value is not None}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


NAMES = (
    *("id", "at", "actor", "organisation", "source", "action", "door", "request_id", "purpose"),
    *("subjects", "what", "n_items", "outcome", "reason", "clauses", "config_version"),
    *("answer_ms", "bytes", "person", "links", "deed", "role", "setting", "team", "user_name"),
    *("second_purpose", "episode", "mandate", "visible_to_person", "shown_hash"),
)
"""The columns of an account, in the order in which the queries give them."""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value) if isinstance(value, UUID) else value


def _single(account: Account) -> dict[str, object]:
    values = {name: getattr(account, name) for name in NAMES}
    # Nothing is null, not an empty list: what names no person is hashed as it always was.
    return values | {"links": account.links or None}


def _spread(spread: Spread) -> dict[str, object]:
    shared = _single(spread.account)
    for name in ("id", "subjects", "n_items", "person"):
        del shared[name]
    parts = spread.parts
    return shared | {
        "ids": spread.ids,
        "people": [part.subject for part in parts],
        "counts": [part.n_items for part in parts],
        "clauses": [part.clauses for part in parts],
        "persons": [part.person for part in parts],
        "links": [_array(part.links) if part.links else None for part in parts],
        "visible_to_person": [part.visible_to_person for part in parts],
    }


def _several(accounts: Iterable[Account]) -> dict[str, object]:
    rows = list(accounts)
    columns: dict[str, list[object]] = {
        name: [getattr(one, name) for one in rows] for name in NAMES
    }
    columns["subjects"] = [_array(account.subjects) for account in rows]
    columns["links"] = [_array(account.links) if account.links else None for account in rows]
    return dict(columns)


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
