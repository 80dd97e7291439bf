"""Accounts made into what a person is told of who looked: by episode, or by day. Pure.

Source: `reference/security.md` 5.5; `reference/record.md` 6.4.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from careweave.agreements import World, a_or_an, duration, listed, named, role_named
from careweave.ledger import Account, Outcome
from careweave.terms import Heading, Purpose, Role

_OPENINGS = frozenset({"break-glass", "reason"})
_NO_LOOKS = frozenset({"recall"})
"""What a disclosure accounts for that shows no entry of anybody."""

_OLD = frozenset({"read", "vread", "history", "search", "everything", "find", "match", "cross"})
"""What was a look before accounts told the action that was decided on."""

_NEVER = frozenset({Purpose.SAFEGUARDING, Purpose.LEGAL})
_NOW, _PERSON_ONLY, _DELAYED = "now", "person-only", "delayed:"
_BREAK_GLASS = "BTG"


@dataclass(frozen=True, slots=True)
class Look:
    """What a person is told of looks that belong together: when, from where, why, at what.

    `who` is a kind of profession, never a name. `n_looks` is how often something was shown.
    `is_automatic`: by a technical system. `because` is the reason for which the glass was broken.
    `says` tells it in a sentence.
    """

    first_at: datetime
    last_at: datetime
    organisation: str
    who: str
    purpose: str
    headings: tuple[Heading, ...]
    n_looks: int
    is_automatic: bool
    is_emergency: bool
    because: str
    says: str


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom looks are told: the person, or (with a name) a proxy; and when.

    A proxy is not told of what other proxies did, nor of what only the person is told.
    """

    at: datetime
    proxy: str | None = None


def looks(
    accounts: Iterable[Account], reader: Reader, world: World, zone: tzinfo
) -> tuple[Look, ...]:
    """Returns what may be told of these accounts, the newest first.

    What is withheld is left out before anything is put together or counted, so that it leaves no
    gap: the same is returned as if it had never been.
    """
    groups: dict[tuple[object, ...], list[Account]] = {}
    for one in accounts:
        if is_look(one) and is_told(one, reader):
            groups.setdefault(_key(one, zone), []).append(one)
    made = (_look(group, world) for group in groups.values())
    return tuple(sorted(made, key=lambda look: (look.last_at, look.says), reverse=True))


def is_look(account: Account) -> bool:
    """Says whether something of a person was shown, or the glass was broken for it."""
    if account.outcome is not Outcome.PERMIT or account.action in _NO_LOOKS:
        return False
    if account.action in _OPENINGS:
        return True
    return account.n_items > 0 and (account.deed is not None or account.action in _OLD)


def is_told(account: Account, reader: Reader) -> bool:
    """Says whether a look is told to this reader by now; what is not understood is not told."""
    if account.purpose in _NEVER:
        return False
    if reader.proxy is not None and not _is_told_to_proxy(account, reader.proxy):
        return False
    when = account.visible_to_person or _NOW
    if when.startswith(_DELAYED):
        late = duration(when.removeprefix(_DELAYED))
        return late is not None and account.at + late <= reader.at
    return when in {_NOW, _PERSON_ONLY}


def _is_told_to_proxy(account: Account, proxy: str) -> bool:
    if account.role == Role.PX:
        return account.user_name == proxy
    return account.visible_to_person != _PERSON_ONLY


def _key(account: Account, zone: tzinfo) -> tuple[object, ...]:
    """Returns what looks have in common that are told together: an episode, or else a day."""
    whole = account.episode or account.at.astimezone(zone).date()
    by = (account.organisation, account.role, account.setting, account.purpose)
    return (whole, *by, _is_finding(account))


def _is_finding(account: Account) -> bool:
    return account.purpose == Purpose.PATIENT_ADMINISTRATION


def _look(group: Sequence[Account], world: World) -> Look:
    one = group[0]
    shown = [account for account in group if account.action not in _OPENINGS]
    opening = next((account for account in group if account.action in _OPENINGS), None)
    headings = sorted({heading for account in shown for heading in _headings(account)})
    role = Role(one.role) if one.role else Role.SYSTEM
    look = Look(
        first_at=min(account.at for account in group),
        last_at=max(account.at for account in group),
        organisation=_organisation(world, one.organisation),
        who=role_named(role, [one.setting] if one.setting else []),
        purpose=named("purpose", one.purpose),
        headings=tuple(headings),
        n_looks=len({account.request_id for account in shown}),
        is_automatic=role is Role.SYSTEM,
        is_emergency=any(account.second_purpose == _BREAK_GLASS for account in group),
        because=named("because", opening.reason) if opening else "",
        says="",
    )
    return replace(look, says=_said(look, is_finding=_is_finding(one)))


def _said(look: Look, *, is_finding: bool) -> str:
    who = f"{a_or_an(look.who)} at {look.organisation}"
    if is_finding:
        return _started(f"{who} looked for the person by name or number.")
    did = "looked at the record"
    if look.is_emergency:
        did = f"opened the record in an emergency ({look.because})".replace(" ()", "")
    words = [named("heading", heading) for heading in look.headings]
    what = f": {listed(words)}" if words else ""
    return _started(f"{who} {did}{what}, for {look.purpose}.")


def _started(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _organisation(world: World, slug: str) -> str:
    found = world.organisations.get(slug)
    return found.name if found else slug


def items_of(account: Account) -> Mapping[str, int]:
    """Returns how many entries an account tells of each heading; older ones name a rule instead."""
    items: Counter[str] = Counter()
    if account.clauses.startswith("["):
        for part in json.loads(account.clauses):
            items[part.get("heading", "")] += part.get("items", 0)
    return items


def _headings(account: Account) -> Iterable[Heading]:
    return [Heading(name) for name in items_of(account) if name]
