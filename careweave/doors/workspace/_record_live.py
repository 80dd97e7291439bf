"""Asking live sources about a person while the page is read; what comes goes in by intake.

Source: `reference/interop.md` 9.1; `reference/interface.md` 5.4.
"""

from collections.abc import Collection

from careweave.disclosure import LiveQuestions, live_questions
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._person import Opened
from careweave.doors.workspace._record_bodies import Checking
from careweave.intake import Live, refresh
from careweave.terms import Heading


def checking(one: Opened, headings: Collection[Heading]) -> Checking | None:
    """Returns that live sources are about to be asked; None where there are none to ask.

    Nobody is asked about an earlier day.
    """
    live = one.call.parts.live
    if live is None or one.on is not None or not _asked(live, headings):
        return None
    return Checking(
        href=f"{one.base}/live",
        text=one.call.say("Checking with the sources that answer at once"),
    )


def check(call: Call, headings: Collection[Heading]) -> None:
    """Asks the live sources for what this reader may see of these headings; at most 1.5 s.

    Raises Busy for a user who has had them asked too often just now.

    Who did not answer in time is not checked: the page that follows says so.
    """
    live = call.parts.live
    wanted = frozenset() if live is None else _asked(live, headings)
    if live is None or not wanted:
        return
    # A page that asks again and again is no reason to ask a source again and again.
    call.parts.live_rates.take(call.signed_in.user)
    found = live_questions(call.way, call.asking, call.person, wanted)
    if found.subjects:
        _refresh(call, live, found)


def _asked(live: Live, headings: Collection[Heading]) -> frozenset[Heading]:
    """Returns those of the headings that any source answers at once."""
    return frozenset(headings) & frozenset(one for source in live.sources() for one in source.live)


def _refresh(call: Call, live: Live, found: LiveQuestions) -> None:
    with call.parts.database.reading() as session:
        refresh(session, found.subjects, headings=found.headings, sight=found.sight, live=live)
