"""Of which fact an entry speaks, by its codes or by its words, as the lists of the region say."""

import re
from collections.abc import Iterator

from careweave.terms import Heading, Json
from careweave.views import _fhir as fhir
from careweave.views._clinical import Meant
from careweave.views._making import Making


def meaning(heading: Heading, concept: Json, making: Making) -> Meant | None:
    """Returns what a concept means under a heading, None where no list says so."""
    known = making.clinical.meant
    found = (known.get((heading, code)) for code in sorted(fhir.codes(concept)))
    return next((one for one in found if one is not None), None)


def fact_in(heading: Heading, text: str, making: Making) -> tuple[str, str] | None:
    """Returns the fact that a text names and what stands after its name, None where it names none."""
    lowered = text.casefold()
    for words, fact in sorted(making.clinical.by_words.get(heading, {}).items()):
        _, found, rest = lowered.partition(words.casefold())
        if found:
            return fact, rest
    return None


def named_by(concept: Json, title: str, meant: Meant | None) -> Iterator[str]:
    """Yields the keys of a fact: the listed one, else each of its codes and its words."""
    if meant is not None:
        yield f"fact:{meant.fact}"
        return
    for system, code in sorted(fhir.codes(concept)):
        yield f"code:{system}|{code}"
    if plain := plain_words(title):
        yield f"words:{plain}"


def plain_words(text: str) -> str:
    """Returns a text without case, signs and doubled spaces, to be compared."""
    return " ".join(re.findall(r"\w+", text.casefold()))
