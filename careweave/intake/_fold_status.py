"""Which moves the status of an encounter may make. Source: reference/interop.md 5.4."""

from types import MappingProxyType

_STEP = MappingProxyType(
    {"planned": 0, "arrived": 1, "triaged": 2, "in-progress": 3, "onleave": 3, "finished": 4}
)
_MISTAKE = "entered-in-error"
_UNKNOWN = "unknown"


def may_move(held: str, said: str, *, forced: bool) -> bool:
    """Says whether a status may follow another: forwards; anything where the message forces it.

    Only what forces it cancels, or takes a stay up again: a late or careless update never does.
    """
    if forced or held == said or _UNKNOWN in (held, said):
        return forced or said != _UNKNOWN or held == said
    if said == _MISTAKE:
        return True
    if held not in _STEP or said not in _STEP:
        return False
    return _STEP[said] >= _STEP[held]
