"""The texts that views say from their tables and files, for whoever translates them."""

from collections.abc import Iterator

from careweave.views._banner import MARKS, SEXES
from careweave.views._check import national
from careweave.views._definition import Definition
from careweave.views._headings import NAMED
from careweave.views._plain import DISPUTED, TITLES
from careweave.views._said_care import ONCE_PER, TIMES_PER
from careweave.views._states import STATED_NONE, sentence
from careweave.views._terms import national_terms
from careweave.views._timeline import KINDS, SETTINGS


def texts() -> tuple[str, ...]:
    """Returns each text once, in order: what the code does not say literally."""
    return tuple(sorted({one for one in _all() if one}))


def _all() -> Iterator[str]:
    for named in NAMED.values():
        yield from (named.title, named.noun, sentence(named.noun), named.data, named.nothing)
        yield named.nothing_word
    yield DISPUTED
    for table in (MARKS, SEXES, TITLES, STATED_NONE, KINDS, SETTINGS, ONCE_PER, TIMES_PER):
        yield from table.values()
    terms = national_terms()
    yield from (*terms.alerts.values(), *terms.encounters.values(), *terms.numbers.values())
    for one in national().definitions:
        yield from _of_view(one)


def _of_view(one: Definition) -> Iterator[str]:
    yield one.title
    yield from (answer.ask for answer in one.answers)
    yield from (block.title for block in one.blocks)
