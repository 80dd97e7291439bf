"""Whose an entry is when what is said of it names several patients. Pure.

An entry stays with its patient: where two numbers were merged, what is said under the one that goes
on is said of the entries of the other. Source: reference/interop.md 4, 5.4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from careweave.formats import read_value
from careweave.intake._fold_merge import Value
from careweave.intake._fold_plan import Entry, Plan
from careweave.intake._provenance import patient_of
from careweave.intake._work import Ref
from careweave.record import Held
from careweave.terms import CareweaveError, Conflict, Json

Merged = Mapping[str, frozenset[str]]
"""By patient those whom they replace."""


def of_one_patient(plan: Plan) -> tuple[Plan, dict[Ref, CareweaveError]]:
    """Returns the plan with entries that stay where they are, and what speaks of two patients."""
    merged = _merged(plan)
    entries: dict[Ref, Entry] = {}
    faults: dict[Ref, CareweaveError] = {}
    for ref, entry in plan.entries.items():
        anchor, others = _named(entry)
        entries[ref] = entry
        if any(anchor not in merged.get(other, ()) for other in others):
            where = f"{ref[0]}.subject"
            faults[ref] = Conflict("It is said of two patients.", where=where, code="duplicate")
        elif anchor is not None and others:
            entries[ref] = _staying(entry, anchor)
    return replace(plan, entries=entries), faults


def _named(entry: Entry) -> tuple[str | None, set[str]]:
    """Returns the patient whose the entry is, and the others that are named for it now."""
    if entry.ref[0] == "Patient":
        return None, set()
    said = [patient_of(entry.ref, step.by.said.value) for step in entry.steps]
    named = dict.fromkeys(one for one in said if one is not None)
    anchor = _held_patient(entry, named) or next(iter(named), None)
    return anchor, named.keys() - {anchor}


def _held_patient(entry: Entry, named: Mapping[str, None]) -> str | None:
    """Returns whose the entry is held to be, looked up only where it may be somebody else's."""
    held = entry.held
    if held is None or held.gone or held.body is None or not named:
        return None
    body = held.body
    if len(named) == 1 and all(b'"Patient/%b"' % one.encode() in body for one in named):
        return None
    return patient_of(entry.ref, _value(held))


def _staying(entry: Entry, anchor: str) -> Entry:
    value = dict(entry.value or {})
    for element in ("subject", "patient"):
        named = value.get(element)
        if isinstance(named, dict) and str(named.get("reference")).startswith("Patient/"):
            value[element] = {**named, "reference": f"Patient/{anchor}"}
            break
    return replace(entry, value=value if entry.value is not None else None)


def _merged(plan: Plan) -> Merged:
    """Returns who replaces whom, as the Patients tell that the messages speak of."""
    found: dict[str, frozenset[str]] = {}
    for ref in plan.held.keys() | plan.entries.keys():
        if ref[0] == "Patient":
            replaced = frozenset(_replaced(_patient(ref, plan)))
            if replaced:
                found[ref[1]] = replaced
    return found


def _patient(ref: Ref, plan: Plan) -> Value:
    entry, held = plan.entries.get(ref), plan.held.get(ref)
    if entry is not None and entry.value is not None:
        return entry.value
    if held is None or held.body is None or b'"replaces"' not in held.body:
        return {}
    return _value(held)


def _replaced(patient: Value) -> Iterator[str]:
    links = patient.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("type") == "replaces":
            other: Json = link.get("other")
            reference = other.get("reference") if isinstance(other, dict) else None
            if isinstance(reference, str) and reference.startswith("Patient/"):
                yield reference.removeprefix("Patient/")


def _value(held: Held) -> Value:
    value = read_value(held.body) if held.body is not None else None
    return value if isinstance(value, dict) else {}
