"""The command bar: a word leads to a page, a number to a search. It is a post: no address names anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave.disclosure import Criteria
from careweave.doors.workspace._call import PREFIX, Call
from careweave.doors.workspace._find import found_page, numbered
from careweave.doors.workspace._framing import HOME, SWITCH, frame_of
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Incorrect
from careweave.views import NAMED

_LONGEST = 100

_PAGES: Mapping[str, str] = {
    "my day": HOME,
    "find a person": f"{PREFIX}/find",
    "my accesses": f"{PREFIX}/accesses",
    "my caseload": f"{PREFIX}/people/caseload",
    "visits": f"{PREFIX}/visits",
    "residents": f"{PREFIX}/people/residents",
    "people whom i have opened": f"{PREFIX}/people/recent",
    "change role": SWITCH,
}
_ABOUT: Mapping[str, str] = {
    "overview": "",
    "timeline": "/timeline",
    "full record": "/s",
    "plan": "/plan",
    "emergency card": "/card",
    "reconcile": "/reconcile",
    "add": "/add",
    "why": "/why",
    "emergency access": "/emergency",
    "print": "/print",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Word:
    """One word that the bar knows."""

    text: str = field(metadata=_help("What to type."))
    href: str = field(metadata=_help("Where it leads."))


@dataclass(frozen=True, slots=True)
class CommandPage:
    """What the bar can do, for who typed something that it does not know."""

    is_unknown: bool = field(metadata=_help("Whether something was typed that leads nowhere."))
    words: tuple[Word, ...] = field(metadata=_help("All that it knows here."))


def go(call: Call) -> ResponseReturnValue:
    """Leads to the page that was typed, or finds the person whose number it is."""
    return _answer(call, _known(call))


def go_about(call: Call) -> ResponseReturnValue:
    """Does the same on the page of a person, whose parts can be typed too."""
    base = call.address_of(call.person)
    known = {call.say(text): base + path for text, path in _ABOUT.items()}
    known |= {call.say(one.title): f"{base}/s/{one.slug}" for one in NAMED.values()}
    known |= {one.slug: f"{base}/s/{one.slug}" for one in NAMED.values()}
    return _answer(call, known | _known(call))


def commands(call: Call) -> Response:
    """Returns what the bar can do."""
    return _page(call, _known(call), is_unknown=False)


def _known(call: Call) -> dict[str, str]:
    return {call.say(text): href for text, href in _PAGES.items()}


def _answer(call: Call, known: Mapping[str, str]) -> ResponseReturnValue:
    typed = " ".join(call.visit.form.get("words", "")[:_LONGEST].split())
    if not typed:
        return _page(call, known, is_unknown=False)
    try:
        number = numbered(typed)
    except Incorrect:
        href = _leads_to(typed, known)
        return redirect(href, code=303) if href else _page(call, known, is_unknown=True)
    return found_page(call, Criteria(number=number), {"number": typed})


def _leads_to(typed: str, known: Mapping[str, str]) -> str:
    """Returns the one page that a word, or the beginning of one, can mean; empty for several."""
    wanted = typed.casefold()
    names = {text.casefold(): href for text, href in known.items()}
    if wanted in names:
        return names[wanted]
    begun = {href for name, href in names.items() if name.startswith(wanted)}
    inside = {href for name, href in names.items() if wanted in name.split()}
    for found in (begun, inside):
        if len(found) == 1:
            return found.pop()
    return ""


def _page(call: Call, known: Mapping[str, str], *, is_unknown: bool) -> Response:
    words = tuple(Word(text, href) for text, href in sorted(known.items()))
    frame = frame_of(call.visit, call.say("Go to a page"))
    return answered("go.html", frame, CommandPage(is_unknown, words))


ROUTES = (
    Route("/go", "commands", Kind.OPERATES, commands),
    Route("/go", "go", Kind.DISCLOSES, go, "POST"),
    Route("/r/<person>/go", "go-about", Kind.DISCLOSES, go_about, "POST"),
)
