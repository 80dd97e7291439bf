"""The page of a person for one role: its widgets, its questions, who is silent."""

from collections.abc import Iterable, Iterator

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views._banner import banner
from careweave.views._changes import Told, changed, delta
from careweave.views._context import Overview, Question, Quiet, Section, SourceLine, State, Widget
from careweave.views._definition import SLOTS, Block, Definition
from careweave.views._format import moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._sections import counted, cut, section_of
from careweave.views._states import silent

_FEW = 4
"""How many changes of a heading a block of changes shows where its view file does not say."""


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
        left_out=made.left_out(),
    )


def _quiet(sections: Iterable[Section]) -> tuple[Quiet, ...]:
    """Returns the headings that have nothing to show: of one state, and one word for it, together."""
    found: dict[tuple[State, str], list[Section]] = {}
    for one in sections:
        if one.is_quiet:
            found.setdefault((one.state, one.word), []).append(one)
    return tuple(
        Quiet(state, word, its[0].text if len({one.text for one in its}) == 1 else "", tuple(its))
        for (state, word), its in found.items()
    )


class _Made:
    """The sections of one page, each made once."""

    def __init__(self, shown: ShownPerson, making: Making) -> None:
        self._shown = shown
        self._making = making
        self._sections: dict[Heading, Section] = {}
        self._counts = counted(shown)

    def section(self, heading: Heading) -> Section:
        """Returns the whole section of a heading."""
        if heading not in self._sections:
            self._sections[heading] = section_of(heading, self._shown, self._making, self._counts)
        return self._sections[heading]

    def widget(self, block: Block) -> Widget:
        """Returns one widget with what it shows."""
        more = NAMED[block.headings[0]].slug if len(block.headings) == 1 else ""
        told = self._told(block)
        return Widget(
            name=block.name,
            kind=block.kind,
            slot=block.slot,
            title=self._making.say(block.title),
            sections=told.sections,
            more=more,
            text=told.text,
            quiet=_quiet(told.sections),
        )

    def _told(self, block: Block) -> Told:
        sections = [self.section(one) for one in block.headings]
        if block.kind == "delta":
            return delta(sections, self._shown, self._making, block.count or _FEW)
        if block.kind == "changes":
            return changed(sections, self._shown, self._making, block.count or _FEW)
        return Told(
            "", tuple(cut(one, self._making, block.count, past=block.past) for one in sections)
        )

    def lines(self) -> Iterator[SourceLine]:
        """Yields how each source stands for each heading of the page."""
        for one in self._sections.values():
            yield from one.sources

    def left_out(self) -> tuple[str, ...]:
        """Returns what agreements leave out, with the sections that it concerns."""
        found: dict[str, list[str]] = {}
        for _, one in sorted(self._sections.items()):
            if one.left_out:
                found.setdefault(one.left_out, []).append(one.title)
        if len(found) == 1 and all(one.left_out for one in self._sections.values()):
            return tuple(found)
        return tuple(f"{', '.join(titles)}: {text}" for text, titles in found.items())

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
