"""W3: finding a person by exact terms. The search is a post: no address ever names anybody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Response

from careweave.disclosure import Criteria, Word, find
from careweave.doors._frame import Form, Wrong
from careweave.doors.workspace._answers import date_from
from careweave.doors.workspace._call import PREFIX, Call
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._people import PeopleList, matched, short_lists
from careweave.doors.workspace._person import answered
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Incorrect, NhsNumber
from careweave.views import PersonLine

FIND = f"{PREFIX}/find"

_PAGE = "find"
_SEXES = (("", "Not asked"), ("female", "Female"), ("male", "Male"), ("other", "Other"))
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
"""Source: BS 7666, postcodes."""
_CHI = re.compile(r"(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{6}")
"""Begins with the day and month of birth. Source: NHS Scotland, CHI number standard."""
_SYSTEMS = {
    "nhs": "https://fhir.nhs.uk/Id/nhs-number",
    "chi": "http://fhir.scot.nhs.uk/Id/chi-number",
    "hc": "https://fhir.hscni.net/Id/hcn",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Sex:
    """One choice of the search form."""

    value: str = field(metadata=_help("What is posted."))
    text: str = field(metadata=_help("What it says."))
    is_chosen: bool = field(metadata=_help("Whether it is chosen."))


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, told alike for nobody and for nobody who may be found."""

    heading: str = field(metadata=_help("How many were found."))
    people: tuple[PersonLine, ...] = field(metadata=_help("Who, at most five."))
    is_too_many: bool = field(
        default=False, metadata=_help("Whether more match than can be told apart.")
    )


@dataclass(frozen=True, slots=True)
class FindPage:
    """The search, what it found, and the lists of people beside it."""

    form: Form = field(metadata=_help("Hidden fields of the search."))
    action: str = field(metadata=_help("Where it is posted."))
    typed: Mapping[str, str] = field(metadata=_help("What was typed, by field."))
    sexes: tuple[Sex, ...] = field(metadata=_help("The choices of sex."))
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))
    marks: Mapping[str, str] = field(
        default_factory=dict, metadata=_help("What is wrong, by field.")
    )
    found: Found | None = field(default=None, metadata=_help("What was found; none before."))
    lists: tuple[PeopleList, ...] = field(default=(), metadata=_help("People with a tie."))


def ask(call: Call) -> Response:
    """Returns the search form, with the lists of people whom its reader has to do with."""
    return _page(call, {}, lists=short_lists(call))


def search(call: Call) -> Response:
    """Returns who is found by what was typed; accounted for, also when nobody is."""
    typed = call.visit.form
    call.posted(_PAGE)
    criteria, wrong = read_criteria(typed)
    if criteria is None:
        response = _page(call, typed, wrong=wrong)
        response.status_code = 422
        return response
    return found_page(call, criteria, typed)


def found_page(call: Call, criteria: Criteria, typed: Mapping[str, str]) -> Response:
    """Returns the page of who is found by these criteria."""
    matches = find(call.way, call.asking, criteria)
    people = matched(call, matches)
    heading = "Nobody found"
    if matches.is_too_many:
        heading = "More than five people match"
    elif people:
        heading = "1 person found" if len(people) == 1 else "{count} people found"
    told = Found(call.say(heading, count=len(people)), people, matches.is_too_many)
    return _page(call, typed, found=told)


def read_criteria(typed: Mapping[str, str]) -> tuple[Criteria | None, tuple[Wrong, ...]]:
    """Returns what is looked for: a number, else a family name with a birth date; or what is wrong.

    Source: `reference/agreements.md` 6.5, criteria.
    """
    if number := typed.get("number", "").strip():
        try:
            return Criteria(number=numbered(number)), ()
        except Incorrect as error:
            return None, (Wrong("number", error.message),)
    wrong: list[Wrong] = []
    family = " ".join(typed.get("family", "").split())
    if not family:
        wrong.append(Wrong("family", "Give a number, or the family name with the birth date."))
    elif "*" in family or "%" in family or "?" in family:
        wrong.append(Wrong("family", "Write the whole family name; parts of names find nobody."))
    born = _born(typed, wrong)
    outward = _outward(typed, wrong)
    if wrong or born is None:
        return None, tuple(wrong)
    postcode = Word(outward) if outward else None
    sex = typed.get("sex", "")
    return Criteria(
        family=Word(family),
        born=(born, born),
        sex=sex if sex in dict(_SEXES) else "",
        postcode=postcode,
    ), ()


def numbered(text: str) -> tuple[str, str]:
    """Returns the system and the digits of a national number; Incorrect for what is none.

    Source: `reference/interface.md` 6.2: with or without spaces and hyphens, modulus 11.
    """
    try:
        digits = NhsNumber.read(text).digits
    except Incorrect:
        message = "This is no valid number. Check its ten figures, with the person or a letter."
        raise Incorrect(message, where="number") from None
    kind = "chi" if _CHI.fullmatch(digits) else "hc" if digits[:2] in _HEALTH_AND_CARE else "nhs"
    return _SYSTEMS[kind], digits


_HEALTH_AND_CARE = frozenset({"32", "33", "34", "35", "36", "37", "38", "39"})
"""How the numbers of Northern Ireland begin. Source: NHS Data Model and Dictionary, NHS number."""


def _born(typed: Mapping[str, str], wrong: list[Wrong]) -> date | None:
    parts = [typed.get(name, "").strip() for name in ("day", "month", "year")]
    try:
        return date_from(*parts)
    except ValueError:
        text = "Write the whole birth date: day, month and year in figures, like 5 4 1948."
        wrong.append(Wrong("day", text))
        return None


def _outward(typed: Mapping[str, str], wrong: list[Wrong]) -> str:
    text = typed.get("postcode", "").strip().upper()
    if not text:
        return ""
    first = text.split()[0] if " " in text else text
    if not _OUTWARD.fullmatch(first):
        wrong.append(Wrong("postcode", "Write the first half of the postcode, like XR1."))
        return ""
    return first


def _page(
    call: Call,
    typed: Mapping[str, str],
    *,
    wrong: tuple[Wrong, ...] = (),
    found: Found | None = None,
    lists: tuple[PeopleList, ...] = (),
) -> Response:
    say = call.say
    told = tuple(Wrong(one.field, say(one.text)) for one in wrong)
    names = ("number", "family", "day", "month", "year", "postcode")
    body = FindPage(
        form=call.new_form(_PAGE),
        action=FIND,
        typed={name: typed.get(name, "") for name in names},
        sexes=tuple(Sex(v, say(text), typed.get("sex", "") == v) for v, text in _SEXES),
        wrong=told,
        marks={name: _mark(told, name) for name in names},
        found=found,
        lists=lists,
    )
    frame = replace(frame_of(call.visit, say("Find a person")), is_error=bool(wrong))
    return answered("find.html", frame, body)


def _mark(wrong: tuple[Wrong, ...], name: str) -> str:
    return next((one.text for one in wrong if one.field == name), "")


ROUTES = (
    Route("/find", "find", Kind.DISCLOSES, ask),
    Route("/find", "search", Kind.DISCLOSES, search, "POST"),
)
