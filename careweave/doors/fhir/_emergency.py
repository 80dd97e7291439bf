"""The operations $break-glass, $reason and $end-episode: of one person, found before.

Source: `reference/security.md` section 4. FHIR R4 has no such operations; they are ours.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from careweave import disclosure
from careweave.disclosure import Because, Opened, Said
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import parameters_of
from careweave.doors.fhir._call import Call, only
from careweave.formats import instant, write_json
from careweave.terms import Heading, Incorrect, Json, Label, NotFound, PersonId

_OF_EMERGENCY = frozenset({"code", "text"})
_OF_REASON = frozenset({"code", "text", "heading", "label"})
_NOTHING: frozenset[str] = frozenset()

T = TypeVar("T", bound=StrEnum)


def break_glass(call: Call) -> Answer:
    """Answers until when an emergency is open for a person; asked again, it is prolonged."""
    given = _given(call, _OF_EMERGENCY)
    return _open(
        call, Said(is_emergency=True, because=_because(given), words=given.get("text", ""))
    )


def reason(call: Call) -> Answer:
    """Answers until when a typed reason opens one heading or one label of a person."""
    given = _given(call, _OF_REASON)
    heading = _one_of(Heading, given, "heading")
    label = _one_of(Label, given, "label")
    if (heading is None) == (label is None):
        message = "A reason opens one heading or one label; name it."
        raise Incorrect(message, where="heading", code="required")
    said = Said(
        is_emergency=False,
        because=_because(given),
        words=given.get("text", ""),
        heading=heading,
        label=label,
    )
    return _open(call, said)


def end_episode(call: Call) -> Answer:
    """Ends what the user has open for a person, at once, and answers how many that were."""
    _given(call, _NOTHING)
    n_ended = disclosure.end_episodes(call.parts.database, call.asking, _person(call))
    return _parameters([{"name": "ended", "valueInteger": n_ended}])


def _given(call: Call, known: frozenset[str]) -> dict[str, str]:
    if call.pairs:
        # Typed words may be about somebody, and addresses are kept on the way.
        raise Incorrect("Send this in the body, as Parameters.", code="not-supported")
    return only(parameters_of(call), known, lenient=False)


def _because(given: Mapping[str, str]) -> Because:
    return _one_of(Because, given, "code") or Because.OTHER


def _one_of(words: type[T], given: Mapping[str, str], name: str) -> T | None:
    text = given.get(name)
    try:
        return None if text is None else words(text)
    except ValueError:
        raise Incorrect("This is none of the codes.", where=name, code="code-invalid") from None


def _person(call: Call) -> PersonId:
    try:
        return PersonId(UUID(call.path["id"]))
    except ValueError:
        raise NotFound from None


def _open(call: Call, said: Said) -> Answer:
    database = call.parts.database
    with database.reading() as session:
        rules = disclosure.world(session, call.asking.at).rules
    person = _person(call)
    return _told(disclosure.open_episode(database, call.asking, person, said, rules=rules))


def _told(opened: Opened) -> Answer:
    parameters: list[Json] = [
        {"name": "episode", "valueId": str(opened.id)},
        {"name": "began", "valueInstant": instant(opened.began_at)},
        {"name": "until", "valueInstant": instant(opened.expires_at)},
        {"name": "latest", "valueInstant": instant(opened.latest_at)},
    ]
    if opened.is_emergency:
        parameters.append({"name": "left-today", "valueInteger": opened.n_left})
    return _parameters(parameters)


def _parameters(parameters: list[Json]) -> Answer:
    return Answer(200, write_json({"resourceType": "Parameters", "parameter": parameters}))
