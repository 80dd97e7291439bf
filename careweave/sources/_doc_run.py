"""Rows and JSON documents through a compiled mapping."""

from dataclasses import replace
from typing import Any

from careweave.formats import read_value
from careweave.sources._plan import (
    Plan,
    instant_of,
    named,
    produce,
    reading,
    refused_kind,
    with_patient,
)
from careweave.sources._reading import Coverage, Failure, Head, Reading, Reason
from careweave.sources._scope import Run, Scope, text_of
from careweave.terms import Finding, Incorrect, Severity

_MOST_LEFT = 1000


class DocReader:
    """Reads the rows or the JSON documents of one source by one mapping.

    A row comes as `{"row": {column: text}, "at": instant, "absent": true}`, a document as it is.
    """

    def __init__(self, plan: Plan, *, is_row: bool) -> None:
        """Takes the compiled mapping."""
        self._plan = plan
        self._is_row = is_row

    def peek(self, body: bytes) -> Head:
        """Returns what is known of a row or document before it is mapped."""
        plan = self._plan
        run = self._run(body, Head())
        if run is None:
            finding = Finding("mapping-error", Severity.ERROR, "", "this is not JSON as expected")
            return Head(lanes=(f"{plan.place.name}:*unknown*",), quarantine=finding)
        scope = Scope(run, {}, {})
        head = self._head(scope)
        return with_patient(plan, head, named(plan, [scope], []))

    def read(self, body: bytes, head: Head) -> Reading:
        """Returns all that a row or document says."""
        plan = self._plan
        run = self._run(body, head)
        if run is None:
            suggestion = "Ask the sender for the whole of it."
            return Reading(failure=Failure(Reason.MAPPING_ERROR, "", suggestion))
        if refused_kind(plan, head.kind) is not None:
            suggestion = "Add the kind to `accept` of the mapping, or refuse it."
            return Reading(failure=Failure(Reason.TYPE_NOT_MAPPED, "", suggestion))
        out = produce(plan, Scope(run, {}, {}))
        return reading(out, run, self._coverage(run))

    def _run(self, body: bytes, head: Head) -> Run | None:
        try:
            value = read_value(body)
        except Incorrect:
            return None
        if not self._is_row:
            return Run(head, doc={"doc": value})
        row = value.get("row") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(row, dict):
            return None
        return Run(
            head, doc={"row": row, "at": value.get("at")}, is_absent=value.get("absent") is True
        )

    def _head(self, scope: Scope) -> Head:
        plan = self._plan
        zone = plan.place.zone
        at = instant_of(scope.run.doc.get("at"), zone)
        head = Head(kind="csv-row" if self._is_row else "json", event_at=at, sent_at=at)
        if plan.event_at is not None:
            head = replace(head, event_at=instant_of(plan.event_at(scope), zone) or at)
        if plan.kind is not None:
            head = replace(head, kind=text_of(plan.kind(scope)) or head.kind)
        if plan.control_id is not None:
            head = replace(head, control_id=text_of(plan.control_id(scope)))
        return replace(head, quarantine=refused_kind(plan, head.kind))

    def _coverage(self, run: Run) -> Coverage:
        walk = _Walk(run.used, self._plan.drops)
        if self._is_row:
            walk.members(run.doc["row"], "", "row.")
        else:
            walk.down(run.doc, "doc", run.doc["doc"], "doc")
        return Coverage(frozenset(walk.mapped), tuple(walk.unmapped[:_MOST_LEFT]), tuple(run.codes))


class _Walk:
    """Looks at every single value of a document: was it used, was it left out on purpose."""

    def __init__(
        self,
        used: set[tuple[int, str | int]],
        drops: Any,  # noqa: ANN401  see Plan
    ) -> None:
        self._used = used
        self._drops = drops
        self.mapped: set[str] = set()
        self.unmapped: list[tuple[str, str]] = []

    def members(self, value: dict[str, Any], before: str, other: str) -> None:
        """Looks at the members of an object, which may be left out by either name."""
        for name, held in value.items():
            path = before + name
            if other + name not in self._drops:
                self.down(value, name, held, path)

    def down(self, holder: Any, name: str | int, value: Any, path: str) -> None:  # noqa: ANN401
        """Looks at one value and at what is in it."""
        if path in self._drops or value is None:
            return
        is_used = (id(holder), name) in self._used
        if isinstance(value, dict):
            self.members(value, f"{path}.", f"{path}.")
        elif isinstance(value, list):
            for i, item in enumerate(value):
                self.down(value, i, item, f"{path}[*]")
        elif is_used:
            self._note(path, value)
        elif str(value).strip():
            self.unmapped.append((path, text_of(value) or ""))

    def _note(self, path: str, value: Any) -> None:  # noqa: ANN401  any single value
        if str(value).strip():
            self.mapped.add(path)
