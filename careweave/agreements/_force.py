"""Whether an agreement is in force at a moment: as a whole, or not at all.

Source: `reference/agreements.md` 3.2: status, V9 to V12; dates are inclusive calendar days in the
region's time zone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from careweave.agreements._canonical import canonical
from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice
from careweave.agreements._organisations import slug_of
from careweave.agreements._signing import doubt_of
from careweave.agreements._values import Agreement, Party, World
from careweave.agreements._yaml import Path, place

_WARNED_DAYS = 30

_MET = "met"


def in_force(world: World, agreement: Agreement, at: datetime) -> tuple[Notice, ...]:
    """Returns why an agreement is not in force at a moment; empty when it is.

    A version is not in force either while a later version of the same agreement is: what that one
    takes away would otherwise still be given.
    """
    day = day_of(world, at)
    found = [notice for test in _TESTS for notice in test(world, agreement, day)]
    return tuple(found) or tuple(_superseded(world, agreement, at))


def day_of(world: World, at: datetime) -> date:
    """Returns the calendar day of a moment in the region's time zone."""
    return at.astimezone(ZoneInfo(world.zone)).date()


def warnings(world: World, agreement: Agreement, at: datetime) -> tuple[Notice, ...]:
    """Returns what ends within 30 days, with the days that are left.

    Of an agreement that is in force: its last day, its review, and the assurance of its parties.
    """
    day = day_of(world, at)
    ends: list[tuple[str, Path, date, str]] = [
        ("V9", ("valid", "to"), agreement.valid_to, "the agreement ends"),
        ("V9", ("valid", "review_by"), agreement.review_by, "the review is due"),
    ]
    for index, party in enumerate(agreement.parties):
        if party.assured_to is not None:
            path: Path = ("parties", index, "assurance", "to")
            ends.append(("V11", path, party.assured_to, f"the assurance of {party.org} ends"))
    return tuple(
        _notice(agreement, rule, path, f"{what} in {(last - day).days} days", grade=Grade.WARN)
        for rule, path, last, what in ends
        if 0 <= (last - day).days <= _WARNED_DAYS
    )


def _notice(
    agreement: Agreement,
    rule: str,
    path: Path,
    what: str,
    fix: str = "sign an amendment",
    *,
    grade: Grade = Grade.NOT_IN_FORCE,
) -> Notice:
    return Notice(grade, rule, agreement.name, 0, place(path), what, fix, agreement.id)


def _status(_: World, agreement: Agreement, day: date) -> Iterator[Notice]:
    del day
    if agreement.status != "agreed":
        yield _notice(agreement, "status", ("status",), f"it is {agreement.status}", "agree on it")


def _dates(_: World, agreement: Agreement, day: date) -> Iterator[Notice]:
    first, last, review = agreement.valid_from, agreement.valid_to, agreement.review_by
    if not first < review <= last:
        what = "the review is not within the time for which it holds"
        yield _notice(agreement, "V9", ("valid", "review_by"), what)
    if day < first:
        yield _notice(agreement, "V9", ("valid", "from"), "it has not begun", "wait")
    if day > last:
        yield _notice(agreement, "V9", ("valid", "to"), "it has ended")


@dataclass(frozen=True, slots=True)
class _Held:
    """An agreement of a world, told from others by which objects they are, not by what they say."""

    ids: tuple[int, int]
    world: World = field(compare=False)
    agreement: Agreement = field(compare=False)


def _signatures(world: World, agreement: Agreement, day: date) -> Iterator[Notice]:
    del day
    yield from _unsigned(_Held((id(world), id(agreement)), world, agreement))


@lru_cache(maxsize=1024)
def _unsigned(held: _Held) -> tuple[Notice, ...]:
    """Returns who has not signed: whether a signature verifies does not change with the day."""
    return tuple(_doubts_of_signatures(held.world, held.agreement))


def _doubts_of_signatures(world: World, agreement: Agreement) -> Iterator[Notice]:
    payload = canonical(dict(agreement.document))
    for index, party in enumerate(agreement.parties):
        path: Path = ("parties", index, "signed")
        if not party.signature or party.signed_at is None:
            what = f"{party.org} has not signed"
            yield _notice(agreement, "V10", path, what, "careweave sign")
            continue
        signer = world.organisations.get(slug_of(party.org))
        doubt = doubt_of(
            party.signature,
            payload,
            keys=signer.keys if signer else (),
            at=party.signed_at,
            takes_demonstration_keys=world.takes_demonstration_keys,
        )
        if doubt is not None:
            yield _notice(agreement, "V10", path, f"{party.org}: {doubt.what}", doubt.fix)


def _assurance(_: World, agreement: Agreement, day: date) -> Iterator[Notice]:
    for index, party in enumerate(agreement.parties):
        path: Path = ("parties", index, "assurance")
        what = _doubt_of_assurance(party, day)
        if what:
            fix = "renew it, and say so in the file"
            yield _notice(agreement, "V11", path, f"{party.org}: {what}", fix)


def _doubt_of_assurance(party: Party, day: date) -> str:
    if party.assured_to is None:
        return "no assurance is given"
    if party.result != _MET:
        return "its assurance is not met"
    return "its assurance has ended" if day > party.assured_to else ""


def _assessment(_: World, agreement: Agreement, day: date) -> Iterator[Notice]:
    del day
    approved = Node(dict(agreement.document))["law"]["dpia"]["approved"].day()
    if approved is None or approved > agreement.valid_from:
        path: Path = ("law", "dpia", "approved")
        what = "the impact assessment was not approved before it began"
        yield _notice(agreement, "V12", path, what, "approve it first")


_TESTS: tuple[Callable[[World, Agreement, date], Iterator[Notice]], ...] = (
    _status,
    _dates,
    _signatures,
    _assurance,
    _assessment,
)


def _superseded(world: World, agreement: Agreement, at: datetime) -> Iterator[Notice]:
    for other in world.agreements:
        is_later = other.id == agreement.id and other.version > agreement.version
        if is_later and not in_force(world, other, at):
            what = f"{other.name} is in force instead"
            yield _notice(agreement, "V9", ("version",), what, "nothing is to be done")
            return
