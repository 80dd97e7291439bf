"""How a list that a message gives meets the list that is held.

Source: reference/interop.md 5.4, 6.1.
"""

from collections.abc import Mapping
from datetime import datetime

from careweave.formats import instant, write_json
from careweave.sources import ListMode
from careweave.terms import Json

_CLOSED = "completed"
_COMING = frozenset({"planned", "reserved"})
Item = dict[str, Json]


def met(
    mode: ListMode, held: list[Json], said: list[Json], *, at: datetime, forces: bool
) -> list[Json]:
    """Returns the list after this message, which tells of the moment `at`.

    `forces` says that the message takes back what another had said.
    """
    if mode is ListMode.ADD:
        return _added(held, said)
    if mode is ListMode.REMOVE:
        gone = {_identity(item) for item in said}
        return [item for item in held if _identity(item) not in gone]
    if mode is ListMode.HISTORY:
        return _history(held, said, at, forces=forces)
    return said


def by_url(held: list[Json], said: list[Json]) -> list[Json]:
    """Returns extensions after a message: those of the addresses that it names are its own."""
    named = {item.get("url") for item in said if isinstance(item, dict)}
    kept = [item for item in held if not (isinstance(item, dict) and item.get("url") in named)]
    return kept + said


def by_role(held: list[Json], said: list[Json]) -> list[Json]:
    """Returns participants after a message: those of the roles that it names are its own.

    A message names who admits or attends only where its field is filled: the others stay.
    """
    named = {_role(item) for item in said}
    return [item for item in held if _role(item) not in named] + said


def _role(item: Json) -> Json:
    """Returns the first code of the first type of a participant."""
    types = item.get("type") if isinstance(item, dict) else None
    first = types[0] if isinstance(types, list) and types else None
    codings = first.get("coding") if isinstance(first, dict) else None
    coding = codings[0] if isinstance(codings, list) and codings else None
    code = coding.get("code") if isinstance(coding, dict) else None
    return code if isinstance(code, str) else None


def _added(held: list[Json], said: list[Json]) -> list[Json]:
    found = {_identity(item): item for item in held}
    found.update((_identity(item), item) for item in said)
    return list(found.values())


def _identity(item: Json) -> bytes:
    """Returns what makes two items of a list the same one."""
    if isinstance(item, dict):
        for names in (("system", "value"), ("other",), ("reference",)):
            if all(name in item for name in names):
                return write_json([item[name] for name in names])
    return write_json(item)


def _history(held: list[Json], said: list[Json], at: datetime, *, forces: bool) -> list[Json]:
    """Returns the places of a stay: a new active one closes the one before."""
    found: list[Item] = [dict(item) for item in held if isinstance(item, dict)]
    items = [item for item in said if isinstance(item, dict)]
    if any(item.get("status") in _COMING for item in items):
        found = [item for item in found if item.get("status") not in _COMING]
    for item in items:
        if item.get("status") == _CLOSED:
            _close_where(found, item, at)
        elif item.get("status") in _COMING:
            found.append(dict(item))
        else:
            _enter(found, item, at, forces=forces)
    return list(found)


def _close_where(found: list[Item], said: Item, at: datetime) -> None:
    """Closes the active place that is said to be over; notes one that nobody had told of."""
    same = [item for item in found if item.get("location") == said.get("location")]
    for item in same:
        if item.get("status") == "active":
            _close(item, _end(said) or instant(at))
    if not same:
        found.append(dict(said))


def _enter(found: list[Item], said: Item, at: datetime, *, forces: bool) -> None:
    active = [item for item in found if item.get("status") == "active"]
    if forces and _go_back(found, active, said):
        return
    here = [item for item in active if item.get("location") == said.get("location")]
    for item in active:
        if item not in here:
            _close(item, _start(said) or instant(at))
    if here:
        here[-1].update({"period": said["period"], **here[-1]} if "period" in said else {})
    else:
        found.append(dict(said))


def _go_back(found: list[Item], active: list[Item], said: Item) -> bool:
    """Takes back the last move, when it led from the place that is said now; tells whether."""
    closed = [item for item in found if item.get("status") == _CLOSED]
    if not closed or not active or closed[-1].get("location") != said.get("location"):
        return False
    if any(item.get("location") == said.get("location") for item in active):
        return False
    for item in active:
        found.remove(item)
    before = closed[-1]
    before["status"] = "active"
    period = before.get("period")
    if isinstance(period, dict):
        before["period"] = {name: value for name, value in period.items() if name != "end"}
        if not before["period"]:
            del before["period"]
    return True


def _close(item: Item, end: str) -> None:
    period = item.get("period")
    item["status"] = _CLOSED
    item["period"] = {**(period if isinstance(period, dict) else {}), "end": end}


def _start(item: Item) -> str | None:
    return _bound(item, "start")


def _end(item: Item) -> str | None:
    return _bound(item, "end")


def _bound(item: Mapping[str, Json], name: str) -> str | None:
    period = item.get("period")
    found = period.get(name) if isinstance(period, dict) else None
    return found if isinstance(found, str) else None
