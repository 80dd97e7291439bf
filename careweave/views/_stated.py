"""What sources say of having nothing: stated none, or not asked.

Source: `reference/record.md` 3.2 (f) and (h).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from careweave.disclosure import ShownPerson
from careweave.views import _fhir as fhir
from careweave.views._context import State, Voice
from careweave.views._making import Making
from careweave.views._voice import Spoken, voice

_REASONS = {"nilknown": State.NONE_STATED, "notasked": State.NOT_ASKED}
_TAKEN_BACK = frozenset({"refuted", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Stated:
    """One source's statement that there is nothing, or that it did not ask."""

    state: State
    one: Spoken
    voice: Voice


def stated(found: Iterable[Spoken], shown: ShownPerson, making: Making) -> tuple[Stated, ...]:
    """Returns what sources say of having nothing, the newest first."""
    said = sorted(_found(found, making), key=lambda pair: pair[1].order, reverse=True)
    return tuple(
        Stated(state, one, voice(one, shown, making, text=_words(state, making)))
        for state, one in said
    )


def _words(state: State, making: Making) -> str:
    if state is State.NOT_ASKED:
        return making.say("Not asked")
    return making.say("None known")


def _found(found: Iterable[Spoken], making: Making) -> Iterator[tuple[State, Spoken]]:
    for one in found:
        if one.row.type == "List":
            state = _REASONS.get(fhir.code(one.value.get("emptyReason")))
            if state is not None and one.value.get("status") == "current":
                yield state, one
        elif is_none_known(one, making):
            yield State.NONE_STATED, one


def is_none_known(one: Spoken, making: Making) -> bool:
    """Says that an allergy entry says by its code that none is known, and was not taken back."""
    if one.row.type != "AllergyIntolerance":
        return False
    if fhir.code(one.value.get("verificationStatus")) in _TAKEN_BACK:
        return False
    return bool(fhir.codes(one.value.get("code")) & making.terms.none_known)
