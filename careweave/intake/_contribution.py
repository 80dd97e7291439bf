"""What each message said of each entry, and which lists it gave whole: kept and read again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from careweave.db import Queries, Row, Session
from careweave.formats import read_value, write_json
from careweave.intake._fold import Contribution, Marker, Moment, Place
from careweave.intake._work import Ref
from careweave.sources import ListMode, Mapped, Write
from careweave.terms import Heading, Json, Label

_QUERIES = Queries("careweave.intake")


def encode(said: Mapped, source: str) -> bytes:
    """Returns what was said as it is kept: what is usual is left out."""
    value: dict[str, Json] = {
        "value": said.value,
        "write": str(said.write),
        "source": source,
        "lists": {name: str(mode) for name, mode in said.lists.items()},
        "nulls": list(said.nulls),
        "force": said.forces_status,
        "heading": None if said.heading is None else str(said.heading),
        "labels": [str(label) for label in sorted(said.labels)],
        "clears": [str(label) for label in sorted(said.clears)],
    }
    return write_json({name: one for name, one in value.items() if one})


def decode(type_name: str, id_: str, list_: str | None, kept: bytes) -> tuple[Mapped, str]:
    """Returns what was said, and the name of its source."""
    value = cast("dict[str, Json]", read_value(kept))
    lists = cast("dict[str, str]", value.get("lists", {}))
    heading = value.get("heading")
    said = Mapped(
        type=type_name,
        id=id_,
        value=cast("dict[str, Json]", value.get("value", {})),
        write=Write(str(value["write"])),
        lists={name: ListMode(mode) for name, mode in lists.items()},
        nulls=tuple(cast("list[str]", value.get("nulls", []))),
        forces_status=bool(value.get("force")),
        heading=None if heading is None else Heading(str(heading)),
        labels=frozenset(map(Label, cast("list[str]", value.get("labels", [])))),
        clears=frozenset(map(Label, cast("list[str]", value.get("clears", [])))),
        snapshot=list_,
    )
    return said, str(value["source"])


def store(session: Session, said: Sequence[Contribution]) -> None:
    """Keeps contributions, with the statement that follows."""
    if said:
        session.defer(
            _QUERIES["contributions_add"],
            id=[one.said.id for one in said],
            type=[one.said.type for one in said],
            rank=[one.place.rank for one in said],
            event_at=[one.place.event_at for one in said],
            sent_at=[one.place.sent_at for one in said],
            turn=[one.place.turn for one in said],
            digest=[one.place.digest for one in said],
            part=[one.place.part for one in said],
            message=[one.message for one in said],
            received_at=[one.received_at for one in said],
            source=[one.source for one in said],
            list=[one.said.snapshot for one in said],
            said=[encode(one.said, one.source_name) for one in said],
        )


def store_lists(session: Session, given: Sequence[tuple[str, int, Marker]]) -> None:
    """Keeps lists that messages gave whole: name, message, and what it said."""
    if given:
        session.defer(
            _QUERIES["snapshots_add"],
            list=[name for name, _, _ in given],
            message=[message for _, message, _ in given],
            event_at=[marker.moment.event_at for _, _, marker in given],
            sent_at=[marker.moment.sent_at for _, _, marker in given],
            turn=[marker.moment.turn for _, _, marker in given],
            digest=[marker.moment.digest for _, _, marker in given],
            received_at=[marker.received_at for _, _, marker in given],
            ids=[" ".join(sorted(marker.ids)) for _, _, marker in given],
        )


def take_back(session: Session, messages: Collection[int]) -> None:
    """Removes all that these messages said, with the statement that follows."""
    if messages:
        session.defer(_QUERIES["contributions_remove"], messages=sorted(messages))
        session.defer(_QUERIES["snapshots_remove"], messages=sorted(messages))


def said_by(session: Session, messages: Collection[int]) -> tuple[set[Ref], set[str]]:
    """Returns the entries and the lists that these messages have spoken of."""
    if not messages:
        return set(), set()
    wanted = sorted(messages)
    refs = {(row[0], row[1]) for row in session.rows(_QUERIES["said_by"], messages=wanted)}
    lists = {row[0] for row in session.rows(_QUERIES["listed_by"], messages=wanted)}
    return refs, lists


def all_of(session: Session, refs: Collection[Ref]) -> dict[Ref, list[Contribution]]:
    """Returns everything that was said of these entries."""
    found: dict[Ref, list[Contribution]] = {}
    if refs:
        for row in session.rows(_QUERIES["contributions"], **_refs(refs)):
            one = _contribution(row)
            found.setdefault((one.said.type, one.said.id), []).append(one)
    return found


def said_in(session: Session, messages: Collection[int]) -> dict[int, list[Contribution]]:
    """Returns everything that these messages have said, by message."""
    found: dict[int, list[Contribution]] = {}
    for row in session.rows(_QUERIES["contributions_by"], messages=sorted(messages)):
        one = _contribution(row)
        found.setdefault(one.message, []).append(one)
    return found


def newest_of(session: Session, refs: Collection[Ref]) -> dict[Ref, Place]:
    """Returns the place of the newest that was said of these entries, seeds last."""
    if not refs:
        return {}
    rows = session.rows(_QUERIES["contribution_heads"], **_refs(refs))
    return {(row[0], row[1]): Place(*row[2:]) for row in rows}


def members_of(session: Session, lists: Collection[str]) -> dict[Ref, str]:
    """Returns the entries that were ever on these lists."""
    if not lists:
        return {}
    rows = session.rows(_QUERIES["list_members"], lists=sorted(lists))
    return {(row[0], row[1]): row[2] for row in rows}


def markers_of(
    session: Session, lists: Collection[str], without: Collection[int]
) -> dict[str, Marker]:
    """Returns the newest time that each list was given whole, but for what these messages said."""
    if not lists:
        return {}
    rows = session.rows(_QUERIES["markers"], lists=sorted(lists), without=sorted(without))
    return {row[0]: Marker(Moment(*row[1:5]), row[5], frozenset(row[6])) for row in rows}


def _refs(refs: Iterable[Ref]) -> Mapping[str, list[str]]:
    ordered = sorted(refs)
    return {"types": [ref[0] for ref in ordered], "ids": [ref[1] for ref in ordered]}


def _contribution(row: Row) -> Contribution:
    type_name, id_, *place, message, received_at, source, list_, kept = row
    said, name = decode(type_name, id_, list_, kept)
    return Contribution(Place(*place), message, received_at, source, name, said)
