"""Reading one entry, one version, and histories."""

from datetime import UTC, datetime

from careweave import disclosure
from careweave.disclosure import Page, Row
from careweave.doors.fhir._answer import Answer, etag, http_date
from careweave.doors.fhir._call import Call, only
from careweave.doors.fhir._headers import is_known, moment_of
from careweave.doors.fhir._render import (
    Links,
    address,
    history_bundle,
    narrowed,
    resource_bytes,
)
from careweave.formats import date_range
from careweave.terms import Incorrect, NotFound

_NARROWING = frozenset({"_elements", "_summary"})
_HISTORY = frozenset({"_since", "_at", "_count", "_cursor"})
_SUMMARIES = frozenset({"true", "false", "text", "data"})
_PAGE = 20
_LARGEST_PAGE = 500
_LARGEST_VERSION = 2**31 - 1


def read(call: Call) -> Answer:
    """Answers the current version of one entry. Source: FHIR R4 4.0.1, http.html 3.1.0.2."""
    narrowing = _narrowing(call) if call.query else None
    found = disclosure.read(call.way, call.asking, call.type, call.path["id"])
    return _answer(call, found.rows[0], narrowing)


def vread(call: Call) -> Answer:
    """Answers one version of one entry."""
    narrowing = _narrowing(call) if call.query else None
    text = call.path["version"]
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:11]) <= _LARGEST_VERSION:
        raise NotFound
    found = disclosure.read(call.way, call.asking, call.type, call.path["id"], version=int(text))
    return _answer(call, found.rows[0], narrowing)


def _answer(call: Call, row: Row, narrowing: dict[str, str] | None) -> Answer:
    headers = (("etag", etag(row.version)), ("last-modified", http_date(row.updated)))
    # What is shown in part may be shown whole tomorrow, in the same version.
    if not disclosure.is_partial(row) and _is_unchanged(call, row):
        return Answer(304, headers=headers)
    body = resource_bytes(row)
    if narrowing:
        elements = tuple(filter(None, narrowing.get("_elements", "").split(",")))
        body = narrowed(body, elements=elements, summary=narrowing.get("_summary", "false"))
    return Answer(200, body, headers)


def _is_unchanged(call: Call, row: Row) -> bool:
    known = call.header("IF_NONE_MATCH")
    if known is not None:
        return is_known(known, row.version)
    since = moment_of(call.header("IF_MODIFIED_SINCE"))
    return since is not None and row.updated.replace(microsecond=0) <= since


def _narrowing(call: Call) -> dict[str, str]:
    found = only(call.pairs, _NARROWING, lenient=call.prefer.lenient)
    if found.get("_summary", "false") not in _SUMMARIES:
        raise Incorrect("Choose true, false, text or data.", where="_summary", code="value")
    return found


def history(call: Call) -> Answer:
    """Answers a page of the versions of one entry, newest first."""
    return _history(call, call.path["id"], f"{call.type}/{call.path['id']}/_history")


def type_history(call: Call) -> Answer:
    """Answers a page of the versions of all entries of a type, newest first."""
    return _history(call, None, f"{call.type}/_history")


def _history(call: Call, id_: str | None, place: str) -> Answer:
    asked = only(call.pairs, _HISTORY, lenient=call.prefer.lenient)
    page = page_of(asked, _PAGE)
    found = disclosure.history(call.way, call.asking, call.type, id_, page=page)
    here = f"{call.parts.base}/{place}"
    kept = asked | dict(call.form_pairs)
    links: Links = [("self", address(here, kept.items()))]
    if found.next is not None:
        links.append(("next", address(here, (kept | {"_cursor": found.next}).items())))
    return Answer(200, history_bundle(found, call.parts.base, links))


def page_of(asked: dict[str, str], size: int) -> Page:
    """Returns the page that `_count`, `_since`, `_at` and `_cursor` ask for."""
    return Page(
        count=_count(asked.get("_count"), size),
        since=_instant(asked, "_since", end=False),
        at=_instant(asked, "_at", end=True),
        cursor=asked.get("_cursor"),
    )


def _count(text: str | None, size: int) -> int:
    if text is None:
        return size
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 1:
        raise Incorrect("Give a whole number, 1 or more.", where="_count", code="value")
    return min(int(text[:9]), _LARGEST_PAGE)


def _instant(asked: dict[str, str], name: str, *, end: bool) -> datetime | None:
    text = asked.get(name)
    if text is None:
        return None
    try:
        low, high = date_range(text.replace(" ", "+"), UTC)
    except Incorrect as error:
        raise Incorrect(error.message, where=name, code="value") from None
    return high if end else low
