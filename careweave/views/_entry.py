"""Where one entry comes from: who wrote it, where, when, in which system, why it is shown."""

from collections.abc import Iterator
from itertools import zip_longest

from careweave.disclosure import ShownEntry, ShownPerson
from careweave.views._context import Detail, Fact
from careweave.views._document import contents
from careweave.views._format import moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._plain import fact_of
from careweave.views._record_context import EntryPage, VersionLine

_CAME = {"C": "First received", "U": "Replaced the one before", "D": "Deleted by its source"}
_OWN = "own:"


def entry_page(found: ShownEntry, shown: ShownPerson, making: Making) -> EntryPage:
    """Returns one entry with all that is known of where it comes from.

    `shown` has the entry under its heading, and names its organisation.
    """
    row = found.row
    fact = fact_of(row, shown, making)
    named = None if row.heading is None else NAMED[row.heading]
    return EntryPage(
        fact=fact,
        heading="" if named is None else making.say(named.title),
        section="" if named is None else named.slug,
        origin=tuple(_origin(found, fact, making)),
        versions=tuple(_versions(found, shown, making)),
        document=making.handle(row.type, row.id) if contents(row, found.beside) else "",
    )


def _origin(found: ShownEntry, fact: Fact, making: Making) -> Iterator[Detail]:
    say = making.say
    voice = fact.voices[0] if fact.voices else None
    yield Detail(say("Written by"), (voice.author if voice else "") or say("Not said"))
    yield Detail(say("Organisation"), found.organisation)
    if found.telephone:
        yield Detail(say("Phone"), found.telephone)
    yield Detail(say("System"), found.system or say("Not named"))
    yield Detail(say("Date"), voice.when.text if voice else say("Not said"))
    yield Detail(say("Received"), moment(found.row.updated, making).text)
    yield Detail(
        say("Version"), say("{n} of {total}", n=found.row.version, total=len(found.versions) or 1)
    )
    yield Detail(say("Shown by"), _clause(found, making))


def _clause(found: ShownEntry, making: Making) -> str:
    """Returns what lets the entry be shown: a clause, or that it is the reader's own."""
    if found.clause.startswith(_OWN):
        return making.say("Your own organisation's record")
    agreement, _, clause = found.clause.partition("/")
    name, _, version = agreement.partition("@")
    return making.say(
        "Agreement {name}, version {version}, clause {clause}",
        name=name,
        version=version,
        clause=clause,
    )


def _versions(found: ShownEntry, shown: ShownPerson, making: Making) -> Iterator[VersionLine]:
    """Yields the versions, newest first, each with what it says otherwise than the one before it."""
    facts = [
        Fact("", ()) if one.row is None else fact_of(one.row, shown, making)
        for one in found.versions
    ]
    for one, fact, before in zip_longest(found.versions, facts, facts[1:], fillvalue=None):
        if one is not None and fact is not None:
            text = "Deleted by its source" if one.is_gone else _CAME.get(one.op, _CAME["U"])
            voice = fact.voices[0] if fact.voices else None
            yield VersionLine(
                number=one.number,
                received=moment(one.received_at, making),
                text=making.say(text),
                is_current=one.number == found.row.version,
                when=voice.when.text if voice else "",
                author=voice.author if voice else "",
                changes=tuple(_changes(before, fact, making)) if before is not None else (),
            )


def _changes(before: Fact, after: Fact, making: Making) -> Iterator[str]:
    """Yields what two versions say differently, with what each of them says."""
    if not before.voices or not after.voices:
        return
    old, new = _said(before, making), _said(after, making)
    for label in dict.fromkeys((*old, *new)):
        was, now = old.get(label, ""), new.get(label, "")
        if was == now:
            continue
        if was and now:
            text = "{label}: was {was}; now {now}"
        else:
            text = "{label}: now {now}" if now else "{label}: was {was}; no longer said"
        yield making.say(text, label=label, was=was, now=now)


def _said(fact: Fact, making: Making) -> dict[str, str]:
    voice = fact.voices[0]
    told = {
        making.say("Title"): fact.title,
        making.say("Text"): voice.text,
        making.say("Status"): voice.status,
    }
    for detail in voice.details:
        told[detail.label] = "; ".join(one for one in (told.get(detail.label), detail.text) if one)
    return told
