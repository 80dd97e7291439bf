"""One address of the workspace: its method, who may come, and what answers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask.typing import ResponseReturnValue

from careweave.doors.workspace._call import Call, Visit


class Kind(StrEnum):
    """What an address does with the record: no address is without its decision."""

    DISCLOSES = "discloses"
    RECEIVES = "receives"
    OPERATES = "operates"


@dataclass(frozen=True, slots=True)
class Route:
    """An address for signed-in people: `rule` is below `/workspace`, `name` that of its page.

    One that a page asks by itself `is_act` not: it does not keep a session alive. `late` keeps for
    its writer what is posted here after the session has ended; it applies nothing.
    """

    rule: str
    name: str
    kind: Kind
    answer: Callable[[Call], ResponseReturnValue]
    method: str = "GET"
    is_act: bool = True
    late: Callable[[Call], None] | None = None


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """An address for anybody: it shows nothing of a person.

    With `is_for_systems`, a registered system posts to it by a proof of its own, from no page.
    """

    rule: str
    name: str
    answer: Callable[[Visit], ResponseReturnValue]
    method: str = "GET"
    is_for_systems: bool = False
