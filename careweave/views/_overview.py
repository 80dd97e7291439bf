"""The page of a person for one role: its widgets, its questions, who is silent."""

from collections.abc import Iterator

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views._banner import banner
from careweave.views._changes import changed, delta
from careweave.views._context import Overview, Question, Section, SourceLine, Widget
from careweave.views._definition import SLOTS, Block, Definition
from careweave.views._format import moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._sections import cut, section_of
from careweave.views._states import silent


def overview(definition: Definition, shown: ShownPerson, making: Making) -> Overview:
    """Returns the page of a person as a role reads it."""
    made = _Made(shown, making)
    widgets = [made.widget(block) for block in definition.blocks]
    slots = {
        name: tuple(one for one in widgets if one.slot == name)
        for name in SLOTS
        if any(one.slot == name for one in widgets)
    }
    looked = shown.last_looked_at
    return Overview(
        banner=banner(shown, making),
        questions=tuple(Question(making.say(one.ask), one.widget) for one in definition.answers),
        slots=slots,
        as_of=moment(shown.as_of or shown.at, making),
        silent=silent(made.lines()),
        last_looked=None if looked is None else moment(looked, making),
        is_as_it_was=shown.as_of is not None,
        shown=tuple(made.handles()),
    )


class _Made:
    """The sections of one page, each made once."""

    def __init__(self, shown: ShownPerson, making: Making) -> None:
        self._shown = shown
        self._making = making
        self._sections: dict[Heading, Section] = {}

    def section(self, heading: Heading) -> Section:
        """Returns the whole section of a heading."""
        if heading not in self._sections:
            self._sections[heading] = section_of(heading, self._shown, self._making)
        return self._sections[heading]

    def widget(self, block: Block) -> Widget:
        """Returns one widget with what it shows."""
        more = NAMED[block.headings[0]].slug if len(block.headings) == 1 else ""
        return Widget(
            name=block.name,
            kind=block.kind,
            slot=block.slot,
            title=self._making.say(block.title),
            sections=tuple(self._of(block)),
            more=more,
        )

    def _of(self, block: Block) -> Iterator[Section]:
        sections = [self.section(one) for one in block.headings]
        if block.kind == "delta":
            yield from delta(sections, self._shown, self._making)
        elif block.kind == "changes":
            yield from changed(sections, self._shown, self._making)
        else:
            yield from (cut(one, block.count, past=block.past) for one in sections)

    def lines(self) -> Iterator[SourceLine]:
        """Yields how each source stands for each heading of the page."""
        for one in self._sections.values():
            yield from one.sources

    def handles(self) -> Iterator[str]:
        """Yields the handle of each entry on the page, once each and in order."""
        found = (
            voice.entry
            for _, one in sorted(self._sections.items())
            for group in one.groups
            for fact in group.facts
            for voice in fact.voices
            if voice.entry
        )
        yield from dict.fromkeys(found)
