"""When two entries speak of one problem, and when they say otherwise of it.

Source: `reference/record.md` 3.1, PRB.
"""

from collections.abc import Iterable

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact
from careweave.views._making import Making
from careweave.views._meaning import meaning, named_by
from careweave.views._voice import Spoken
from careweave.views._voices import Part, Saying, organisation

_REFUTED, _OVER, _STATED = "refuted", "resolved", "stated"
_ENDED = frozenset({"resolved", "inactive", "remission"})


def problem(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields what an entry says of a problem: of the same concept, or of one that it is a kind of."""
    slug, kind = organisation(one, shown, making)
    meant = meaning(Heading.PRB, one.value.get("code"), making)
    stage = meant.says if meant else ""
    yield Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(named_by(one.value.get("code"), alone.title, meant)),
        title=meant.title if meant else alone.title,
        standing=_standing(one.value),
        voice=alone.voices[0],
        parts=(Part("Stage", stage, stage or None),),
    )


def _standing(value: fhir.Value) -> str:
    if fhir.code(value.get("verificationStatus")) in {"refuted", "entered-in-error"}:
        return _REFUTED
    status = fhir.code(value.get("clinicalStatus"))
    if status in _ENDED:
        return _OVER
    # A diagnosis of one visit says that it was so then, and not that it still is.
    return "active" if status else _STATED


def problems_clash(one: Saying, other: Saying) -> bool:
    """Says that by one source it is so, and by the other it is over or was never so."""
    standings = {one.standing, other.standing}
    if _REFUTED in standings:
        return len(standings) == 2
    return standings == {"active", _OVER}
