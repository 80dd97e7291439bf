"""Reading of a document that must have a certain form: every fault with its place."""

from decimal import Decimal
from math import isfinite

from careweave.terms import Incorrect, Issue, Json, Severity


def fault(where: str, message: str) -> Issue:
    """Returns a fault at a place of the document."""
    return Issue(Severity.ERROR, "invalid", message, where)


class Reading:
    """The faults found so far, and the ways to read a value of a document."""

    def __init__(self) -> None:
        self.faults: list[Issue] = []

    def note(self, where: str, message: str) -> None:
        """Keeps a fault."""
        self.faults.append(fault(where, message))

    def refuse(self, message: str) -> None:
        """Raises Incorrect with all faults, where there are any."""
        if self.faults:
            raise Incorrect(message, issues=tuple(self.faults))

    def number(self, value: Json, where: str, default: float | None = None) -> float:
        """Returns a number, or notes the fault and returns 0."""
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.note(where, "A number is needed here.")
            return 0.0
        if not isfinite(value):
            self.note(where, "A finite number is needed here.")
            return 0.0
        return float(value)

    def text(self, value: Json, where: str, default: str | None = None) -> str:
        """Returns a text, or notes the fault and returns an empty one."""
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            self.note(where, "A text is needed here.")
            return ""
        return value

    def members(
        self, value: Json, where: str, known: frozenset[str] | None = None
    ) -> dict[str, Json]:
        """Returns the members of an object, or notes what is wrong with it."""
        if not isinstance(value, dict):
            self.note(where, "An object is needed here.")
            return {}
        for name in value:
            if known is not None and name not in known:
                self.note(f"{where}.{name}", "This member is not known.")
        return value

    def items(self, value: Json, where: str) -> list[Json]:
        """Returns the items of a list, or notes the fault and returns none."""
        if not isinstance(value, list):
            self.note(where, "A list is needed here.")
            return []
        return value
