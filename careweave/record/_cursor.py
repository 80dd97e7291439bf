"""Where a page of a search goes on: sealed, bound to the question and to who asked it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import cast

from careweave.record._compile_plan import From
from careweave.record._nodes import Search
from careweave.record._seals import seal, unseal
from careweave.terms import Forbidden, Incorrect

EXPIRY = timedelta(minutes=15)
"""How long a page link works. Source: `reference/store.md` 4.6."""

_SCOPE = "search"
_SHAPING = frozenset({"_count", "_total", "_summary", "_elements"})


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may use a cursor and for what: the caller, what it may see, and the question."""

    caller: str
    sight: str
    question: str


def ticket(search: Search, *, caller: str, sight: str) -> Ticket:
    """Returns what a cursor of this search is bound to; how much is shown may change on the way.

    `sight` tells everything that narrows what the caller may see.
    """
    form: object = [pair for pair in search.honoured if pair[0] not in _SHAPING]
    if not search.honoured:
        form = (search.where, search.sort)
    text = f"{search.type}\x1f{form}"
    return Ticket(caller, _short(sight), _short(text))


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def cursor_of(secret: bytes, held: Ticket, start: From, *, now: datetime) -> str:
    """Returns the sealed text of where the next page begins."""
    began = cast(datetime, start.began)
    times = (_micros(now + EXPIRY), _micros(began))
    keys = (_written(key) for key in start.keys)
    bound = (held.question, held.caller, held.sight)
    return seal(secret, _SCOPE, [*bound, *times, start.rid, *keys])


def start_of(secret: bytes, held: Ticket, text: str, *, now: datetime) -> From:
    """Returns where a page begins, or refuses.

    Raises Incorrect for a text that we did not seal, of another question, or too old; Forbidden
    for another caller, or when what the caller may see has changed.
    """
    question, caller, sight, until, began, rid, *keys = unseal(secret, _SCOPE, text)
    if question != held.question:
        raise Incorrect(
            "This page link belongs to another search; start again from its first page.",
            where="_cursor",
            code="value",
        )
    if caller != held.caller or sight != held.sight:
        raise Forbidden(
            "This page link was made for another caller or under another policy; start again"
            " from the first page.",
            where="_cursor",
        )
    if cast(int, until) < _micros(now):
        raise Incorrect(
            "This page link is too old; start again from the first page.",
            where="_cursor",
            code="expired",
        )
    return From(tuple(_read(key) for key in keys), cast(int, rid), _moment(cast(int, began)))


def _micros(moment: datetime) -> int:
    return (moment - datetime.min.replace(tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=micros)


def _written(key: object) -> str | int | None:
    match key:
        case None:
            return None
        case datetime():
            return _micros(key)
        case Decimal():
            return f"n{key}"
        case _:
            return f"s{key}"


def _read(key: str | int | None) -> object:
    if isinstance(key, int):
        return _moment(key)
    if key is None or key[0] == "s":
        return key and key[1:]
    return Decimal(key[1:])
