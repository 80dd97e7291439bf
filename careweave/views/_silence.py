"""Sources that are taken to know of something and say nothing of it, as lines of its row.

Source: `reference/record.md` 3.1, MED ("absent in another that claims a complete list") and ALG.
"""

from collections.abc import Collection

from careweave.disclosure import FeedLine, ShownPerson, is_partial
from careweave.terms import Heading
from careweave.views._context import Voice, When
from careweave.views._format import recent
from careweave.views._making import Making

ALWAYS = "always"
"""A source of which all is taken to be told: what it lacks is a disagreement."""

_BESIDE, _DISPENSES = "beside", "dispenses"

_WHOLE_MONTHS = 12
"""A view that goes back less far may lack what a source stopped within the year."""


def is_cut(heading: Heading, shown: ShownPerson) -> bool:
    """Says whether this view may lack what a source says now: then its silence tells nothing."""
    told = shown.expected.get(heading)
    months = None if told is None else told.months_back
    if heading is Heading.MED and months is not None and months < _WHOLE_MONTHS:
        return True
    return any(is_partial(row) for row in shown.rows.get(heading, ()))


def silent(
    heading: Heading,
    known_to: Collection[str],
    shown: ShownPerson,
    making: Making,
    *,
    dispensing: Collection[str] = (),
    is_lacking: bool = False,
) -> tuple[Voice, ...]:
    """Returns a voice for each source that ought to know something and does not say so here.

    `known_to` are the organisations that speak of it. `dispensing` are those that hand out other
    medicines, where a practice prescribes this one. `is_lacking` says that a source which is taken
    to know has told that it does not. A line says nothing of what is held there and not shown; of a
    view that is cut there is none.
    """
    if is_cut(heading, shown):
        return ()
    rules = making.clinical.silence.get(heading, {})
    quiet = [
        (rules[line.kind], line)
        for line in shown.feeds.get(heading, ())
        if line.state == "OK" and line.slug not in known_to and line.kind in rules
    ]
    is_marked = is_lacking or any(rule == ALWAYS for rule, _ in quiet)
    return tuple(
        _line(line, making)
        for rule, line in quiet
        if rule == ALWAYS
        or (rule == _BESIDE and is_marked)
        or (rule == _DISPENSES and line.slug in dispensing)
    )


def _line(line: FeedLine, making: Making) -> Voice:
    return Voice(
        entry="",
        source=line.organisation,
        when=When("") if line.last_good_at is None else recent(line.last_good_at, making),
        text=making.say("Nothing shared with this view"),
    )
