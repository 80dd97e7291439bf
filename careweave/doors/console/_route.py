"""One address of the console: its method, its title, and what answers."""

from collections.abc import Callable
from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from careweave.doors._frame import Frame
from careweave.doors.console._parts import Call


@dataclass(frozen=True, slots=True)
class Route:
    """An address for signed-in people: `rule` is below `/console`, `name` that of its page."""

    rule: str
    name: str
    title: str
    answer: Callable[[Call, Frame], ResponseReturnValue]
    method: str = "GET"
