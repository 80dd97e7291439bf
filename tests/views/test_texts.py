"""Whatever a view says can be translated: no sentence is made that nobody could find."""

import importlib.util
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from careweave.disclosure import FeedState, Mark
from careweave.terms import Heading
from careweave.views import english, national, overview, timeline
from careweave.views._medicines import TAKING
from tests.lib.shown import NOW, feed, indicator, making, row, shown, told
from tests.views.test_banner import EDNA
from tests.views.test_changes import stay
from tests.views.test_sections import SAMPLES
from tests.views.test_states import allergy, listed

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("words", ROOT / "tools" / "words.py")
assert _SPEC is not None
assert _SPEC.loader is not None
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)


def worlds():
    rows = [
        row(heading, {"id": f"s{n}", **body}) for n, (heading, body) in enumerate(SAMPLES.items())
    ]
    due = {heading: (feed(), feed("hospital", FeedState.STALE, NOW)) for heading in Heading}
    unchecked = {heading: (feed("hospital", FeedState.NOT_CHECKED),) for heading in Heading}
    absent = {heading: (feed(state=FeedState.NO_FEED, last=None),) for heading in Heading}
    portrait = row(Heading.DEM, EDNA)
    yield shown(*rows, stay(), allergy(), feeds=due, portrait=portrait, marks=frozenset(Mark))
    yield shown(*rows, stay(), feeds=due, last_looked_at=NOW - timedelta(days=3))
    yield shown(*rows, stay(), feeds=due, last_looked_at=NOW)
    yield shown(listed("nilknown", date="2015-01-01"), feeds=unchecked)
    yield shown(listed("notasked"), feeds=absent, withheld=frozenset(Heading))
    yield shown(indicators=tuple(map(indicator, Heading)))
    yield shown(expected={one: told(one, is_open=False, sentence="No.") for one in Heading})


def test_every_sentence_that_a_view_says_is_found_by_whoever_translates() -> None:
    said: set[str] = set()

    def say(text: str, /, **values: object) -> str:
        said.add(text)
        return english(text, **values)

    here = replace(making(), say=say)
    for world in worlds():
        timeline(world, here)
        for one in national().definitions:
            overview(one, world, here)
    found = set(tool.words())
    assert len(said) > 200
    # A status is the source's own word, and "No." that of this test.
    assert said - found - {"No."} - TAKING == set()
