"""What was asked of a person, as an account keeps it: written, and read to ask it again. Pure.

Source: `reference/security.md` 5.1, the query as canonical parameters.
"""

from collections.abc import Mapping
from datetime import datetime

from careweave.disclosure._shown import Wanted
from careweave.terms import Heading, Incorrect

_WHAT, _OUTLINE = "Person", "/outline"
_PLAIN = Wanted()


def what_of_page(wanted: Wanted) -> str:
    """Returns what was asked of the person; nobody's value is in it."""
    newest = sorted((wanted.newest or {}).items())
    told = {
        "headings": _named(wanted.headings) if wanted.headings != _PLAIN.headings else None,
        "newest": ",".join(f"{heading}:{n}" for heading, n in newest) or None,
        "count": str(wanted.count) if wanted.count != _PLAIN.count else None,
        "outline": _named(wanted.outline) or None,
        "documents": str(wanted.documents) if wanted.documents else None,
        "at": wanted.as_of.isoformat() if wanted.as_of is not None else None,
    }
    pairs = "&".join(f"{name}={text}" for name, text in told.items() if text is not None)
    return _WHAT + (_OUTLINE if wanted.is_outline else "") + (f"?{pairs}" if pairs else "")


def is_page(what: str) -> bool:
    """Says whether an account is of a page of a person."""
    return what.partition("?")[0] in (_WHAT, _WHAT + _OUTLINE)


def wanted_of(what: str) -> Wanted:
    """Returns what an account says was asked; raises Incorrect where it says no page of a person."""
    head, _, query = what.partition("?")
    if not is_page(what):
        raise Incorrect("This account is of no page of a person.")
    told = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
    at = told.get("at")
    return Wanted(
        headings=_headings(told["headings"]) if "headings" in told else _PLAIN.headings,
        count=int(told.get("count", _PLAIN.count)),
        is_outline=head != _WHAT,
        newest=_newest(told.get("newest", "")),
        outline=_headings(told.get("outline", "")),
        documents=int(told.get("documents", "0")),
        as_of=None if at is None else datetime.fromisoformat(at),
    )


def _named(headings: frozenset[Heading]) -> str:
    return ",".join(sorted(headings))


def _headings(text: str) -> frozenset[Heading]:
    return frozenset(Heading(name) for name in text.split(",") if name)


def _newest(text: str) -> Mapping[Heading, int] | None:
    pairs = (one.partition(":") for one in text.split(",") if one)
    return {Heading(name): int(n) for name, _, n in pairs} or None
