"""Decisions at the end of life: each with author and date, two that differ never merged.

Source: `reference/record.md` 3.1, EOL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from careweave.disclosure import Row, ShownPerson
from careweave.terms import Heading
from careweave.views._context import Detail, Fact, Group
from careweave.views._format import day_of
from careweave.views._making import Making
from careweave.views._meaning import meaning, named_by, plain_words
from careweave.views._plain import grouped, said, single, speaking
from careweave.views._said import Phase
from careweave.views._voice import Spoken
from careweave.views._voices import Part, Saying, fact, newest_of_each, organisation, together

_STALE = timedelta(days=90)
"""A decision that nobody has looked at for longer counts as unreviewed."""

_DECIDED = ("cpr", "ceiling", "place-of-care", "place-of-death")
"""Facts of which one decision excludes another, in the order in which they are needed.

Plans and papers stand beside each other.
"""


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns the decisions with all their voices, then plans and papers, newest first."""
    heard = speaking(rows)
    sayings = [_saying(one, shown, making) for one in heard]
    found = [_row(its, shown, making) for its in together(sayings)]
    found.sort(key=lambda pair: _place(pair[1]))
    return grouped(found, making)


def _place(row: Fact) -> int:
    name = row.key.removeprefix("fact:")
    return _DECIDED.index(name) if name in _DECIDED else len(_DECIDED)


def decision(name: str, shown: ShownPerson, making: Making) -> Fact | None:
    """Returns the row of one decision: `cpr`, `ceiling`, `place-of-death`; None where none is shown."""
    key = f"fact:{name}"
    groups = facts(shown.rows.get(Heading.EOL, ()), shown, making)
    found = (one for group in groups for one in group.facts if one.key == key)
    return next(found, None)


def _saying(one: Spoken, shown: ShownPerson, making: Making) -> Saying:
    alone = single(one, shown, making)
    slug, kind = organisation(one, shown, making)
    coded = one.value.get("code") or one.value.get("category") or one.value.get("type")
    meant = meaning(Heading.EOL, coded, making)
    told = alone.voices[0]
    what = meant.says if meant and meant.says else told.text
    is_decided = meant is not None and meant.fact in _DECIDED
    if one.row.type == "DocumentReference":
        # Its kind of file says nothing of what is decided.
        told = replace(told, text="")
    own = [f"entry:{one.row.type}/{one.row.id}"]
    return Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(named_by(coded, alone.title, meant)) if is_decided else frozenset(own),
        title=meant.title if meant and is_decided else alone.title,
        standing=str(said(one, making).phase),
        voice=replace(told, text=making.say(what) if is_decided else told.text),
        parts=(Part("Decision", "", (plain_words(what) or None) if is_decided else None),),
        is_settled=said(one, making).phase is not Phase.CURRENT,
    )


def _row(sayings: Sequence[Saying], shown: ShownPerson, making: Making) -> tuple[Spoken, Fact]:
    is_decided = sayings[0].parts[0].value is not None
    told = newest_of_each(sayings) if is_decided else tuple(sayings)
    told = tuple(_reviewed(one, making) for one in told) if is_decided else told
    made = fact(told, making, title=told[0].title)
    compared = [one for one in told if not one.is_settled]
    if not made.disagrees and len(compared) > 1 and any(_is_stale(one, making) for one in compared):
        made = replace(made, disagrees=True, disagreement=making.say("one is not reviewed"))
    if made.disagrees:
        made = replace(made, act=_call(compared, shown, making))
    return told[0].spoken, made


def _is_stale(one: Saying, making: Making) -> bool:
    """Says that a decision gives no review, and is older than one may go without."""
    on = day_of(one.spoken.date)
    return on is not None and making.now.date() - on > _STALE


def _reviewed(one: Saying, making: Making) -> Saying:
    if one.is_settled or not _is_stale(one, making):
        return one
    text = making.say("None shown since it was made, over {n} days ago", n=_STALE.days)
    detail = Detail(making.say("Review"), text)
    return replace(one, voice=replace(one.voice, details=(*one.voice.details, detail)))


def _call(sayings: Sequence[Saying], shown: ShownPerson, making: Making) -> str:
    """Returns whom to call before anybody acts: those whose decisions differ, with their numbers."""
    numbers: dict[str, None] = {}
    for one in sayings:
        of = shown.organisations.get(one.spoken.row.source)
        if of is not None and not one.is_settled:
            text = "{organisation} {telephone}" if of.telephone else "{organisation}"
            numbers[making.say(text, organisation=of.name, telephone=of.telephone)] = None
    return making.say("Call before acting: {numbers}", numbers="; ".join(numbers))
