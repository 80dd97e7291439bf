"""All documents of a person, whatever heading each stands under: newest first, each paper once.

Source: `reference/interface.md` 12, W8; `reference/record.md` 3.1, DOC.
"""

from collections.abc import Iterator
from dataclasses import replace

from careweave.disclosure import DOCUMENTS, Row, ShownPerson
from careweave.terms import Heading
from careweave.views._conflicts import joined
from careweave.views._context import Detail, Fact, Group, Section, State
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._plain import single, speaking
from careweave.views._sections import section_of
from careweave.views._voice import Spoken


def documents(shown: ShownPerson, making: Making, first: int = 0, most: int = 200) -> Section:
    """Returns the documents from the `first` on, each with the heading that it stands under.

    One that came by several routes is one row. Where there is none, what is known of the heading of
    documents is said.
    """
    alone = section_of(Heading.DOC, shown, making)
    heard = speaking(_papers(shown))
    singles = [(one, single(one, shown, making)) for one in heard]
    found = [
        _with_heading(one, fact, making)
        for one, fact in joined(Heading.DOC, singles, shown, making)
    ]
    if not found:
        return alone
    return replace(
        alone,
        state=State.HELD,
        text="",
        word="",
        groups=(Group("", tuple(found[first : first + most])),),
        n=len(found) + _n_unread(shown, len(heard)),
    )


def _papers(shown: ShownPerson) -> Iterator[Row]:
    for heading, rows in shown.rows.items():
        yield from (row for row in rows if heading is Heading.DOC or row.type in DOCUMENTS)


def _n_unread(shown: ShownPerson, n_read: int) -> int:
    """Returns how many documents there are beyond those that were fetched."""
    n = sum(
        (line.heading is not None and line.type in DOCUMENTS) or line.heading is Heading.DOC
        for line in shown.lines
        if line.type not in {"Binary", "List"}
    )
    return max(0, n - n_read)


def _with_heading(one: Spoken, fact: Fact, making: Making) -> Fact:
    heading = one.row.heading
    if heading is None:
        return fact
    first = fact.voices[0]
    under = Detail(making.say("Filed under"), making.say(NAMED[heading].title))
    return replace(fact, voices=(replace(first, details=(*first.details, under)), *fact.voices[1:]))
