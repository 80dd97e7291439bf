"""A visit list as it is taken along: each person's overview by role, as plain values.

The download is the disclosure: one opening and one account for each person. What the device makes
of it (ciphertext under a PIN) is the script's part; docs/decisions/0041.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from careweave.disclosure import ListKind, ShownPerson, Wanted, disclose, people_of
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._framing import VISITING
from careweave.doors.workspace._in_force import view_of, views_of
from careweave.doors.workspace._people import lists_of
from careweave.doors.workspace._visits_seal import new_copy_key
from careweave.doors.workspace._visits_store import READABLE, Taken, keep_copy
from careweave.doors.workspace._visits_write import AccessNote, access_note, author_in, is_own
from careweave.formats import read_json
from careweave.terms import Forbidden, Heading, Json, NotFound, PersonId
from careweave.views import (
    Banner,
    Definition,
    Fact,
    Group,
    Overview,
    Section,
    Voice,
    Widget,
    overview,
)

MOST_PEOPLE = 50
_SLOTS = ("top", "main", "side", "foot")
_VISITED = (ListKind.CASELOAD, ListKind.RESIDENTS)


def round_of(call: Call) -> ListKind:
    """Returns the list that somebody visits by; Forbidden for roles that visit nobody."""
    found = next((one for one in lists_of(call) if one in _VISITED), None)
    if found is None or call.signed_in.posting.role not in VISITING:
        raise Forbidden("Your role has no visit list. Change to another, if you have one.")
    return found


def persons_of(call: Call) -> tuple[PersonId, ...]:
    """Returns who is on the visit list now; accounted for as a list."""
    found = people_of(call.way, call.asking, round_of(call), count=MOST_PEOPLE)
    return tuple(one.person for one in found.people)


def take(call: Call) -> dict[str, Json]:
    """Opens everybody on the list, keeps that they were taken, and returns what the device takes."""
    people, own = tuple(_opened(call)), call.signed_in.posting.organisation
    copy, tickets = uuid4(), [uuid4() for _ in people]
    with call.parts.database.session() as session:
        key = new_copy_key(session.secret, copy)
        named = {t: person for t, (person, _, _) in zip(tickets, people, strict=True)}
        keep_copy(session, call.signed_in, Taken(copy, key.wrapped, named), call.at)
    return {
        "copy": str(copy),
        "key": key.public,
        "made_at": _ms(call.at),
        "expires_at": _ms(call.at + READABLE),
        "people": [
            {"ticket": str(ticket), **_person(made), "access": as_plain(note_of(shown, own))}
            for ticket, (_, shown, made) in zip(tickets, people, strict=True)
        ],
    }


def _opened(call: Call) -> Iterator[tuple[PersonId, ShownPerson, Overview]]:
    """Yields each person who may be opened now, one account each."""
    definition, views = view_of(call), views_of(call)
    for person in persons_of(call):
        try:
            shown = disclose(call.way, call.asking, person, wanted(definition))
        except NotFound:
            continue
        making = replace(call.making(person), terms=views.terms, clinical=views.clinical)
        yield person, shown, overview(definition, shown, making)


def wanted(definition: Definition) -> Wanted:
    """Returns what a visit wants of a person: the overview of the role, and how to get in."""
    return replace(definition.wanted, headings=definition.wanted.headings | {Heading.ALR})


def note_of(shown: ShownPerson, organisation: str) -> AccessNote:
    """Returns the standing note on how to get in that this organisation keeps; empty without one."""
    for row in shown.rows.get(Heading.ALR, ()):
        of = shown.organisations.get(row.source)
        if not (row.type == "Flag" and row.body and is_own(row.id)):
            continue
        if of is None or of.slug != organisation:
            continue
        body = read_json(row.body).value
        text = access_note(body)
        if text is not None:
            return AccessNote(text, row.id, row.version, author_in(body))
    return AccessNote()


def _person(made: Overview) -> dict[str, Json]:
    widgets = [one for slot in _SLOTS for one in made.slots.get(slot, ())]
    return {
        **_banner(made.banner),
        "as_of": made.as_of.text,
        "widgets": [_widget(one) for one in widgets],
        "silent": [line.text for line in made.silent],
    }


def _banner(who: Banner) -> dict[str, Json]:
    return {
        "name": who.name,
        "preferred": who.preferred,
        "born": who.born,
        "sex": who.sex,
        "number": f"{who.number_label} {who.number}",
        "address": who.address,
        "phone": who.phone,
        "notes": list(who.notes),
        "is_deceased": who.is_deceased,
        "is_restricted": who.is_restricted,
        "allergies": [] if who.allergies is None else [_section(who.allergies)],
        "alerts": [_voice(one) for one in who.alerts],
    }


def _widget(one: Widget) -> Json:
    return {
        "title": one.title,
        "text": one.text,
        "sections": [_section(section) for section in one.sections],
    }


def _section(one: Section) -> Json:
    lines = [line.text for line in one.sources if line.text != one.text]
    told = [one.withheld, one.left_out, *one.indicators, *lines]
    return {
        "title": one.title,
        "state": str(one.state),
        "text": one.text,
        "warnings": list(one.warnings),
        "groups": [_group(group) for group in one.groups],
        "lines": [text for text in told if text],
    }


def _group(one: Group) -> Json:
    return {
        "title": one.title,
        "n_more": one.n_more,
        "facts": [_fact(fact) for fact in one.facts],
    }


def _fact(one: Fact) -> Json:
    return {
        "title": one.title,
        "act": one.act,
        "differs": one.disagreement if one.disagrees else "",
        "is_high_risk": one.is_high_risk,
        "voices": [_voice(voice) for voice in one.voices],
    }


def _voice(one: Voice) -> Json:
    details = [f"{part.label} {part.text}".strip() for part in one.details]
    parts = [one.text, *details, one.status]
    return {
        "text": ". ".join(part for part in parts if part),
        "source": one.source,
        "when": one.when.text,
        "is_old": one.is_old,
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def as_plain(note: AccessNote) -> Json:
    """Returns a standing note as the device keeps it."""
    return {"text": note.text, "entry": note.entry, "version": note.version, "by": note.by}


def tickets_left(people: Mapping[UUID, PersonId], now: tuple[PersonId, ...]) -> list[Json]:
    """Returns the tickets of a copy whose people are on the list still."""
    still = set(now)
    return [str(ticket) for ticket, person in people.items() if person in still]
