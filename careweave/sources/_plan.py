"""A compiled mapping as a whole, and what all kinds of input have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from careweave.formats import hl7_instant
from careweave.sources._context import Place
from careweave.sources._dates import iso_reader
from careweave.sources._groups import Kind
from careweave.sources._keys import Parts
from careweave.sources._ops_codes import NHS_NUMBER
from careweave.sources._reading import Coverage, Failure, Head, Reading, Reason
from careweave.sources._rules import Block, Out
from careweave.sources._scope import Get, Run, Scope, Value, text_of
from careweave.terms import Finding, Severity

# Source: HL7 v2.5.1, 3.3: merges and links of persons; moves and changes of numbers.
_MERGES = frozenset({"A18", "A24", "A30", "A34", "A35", "A36", "A37", "A39", "A40", "A41", "A42"})
_MOVES = frozenset({"A43", "A44", "A45", "A46", "A47", "A48", "A49", "A50", "A51"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a file is needed to read a message: its rules, its groups, and what it leaves out.

    `patient` and `identifiers` are the key and the identifiers of the first Patient rule. `drops`
    are, by segment or root, the fields or paths that are left out on purpose, None for all.
    """

    place: Place
    accept: frozenset[str]
    block: Block
    kinds: Mapping[str, Kind]
    drops: Mapping[str, frozenset[str] | None]
    patient: Parts | None
    identifiers: Get | None
    segments: frozenset[str]
    event_at: Get | None
    kind: Get | None
    control_id: Get | None

    def accepts(self, kind: str) -> bool:
        """Says whether the mapping takes messages of this kind."""
        if not self.accept or not self.accept.isdisjoint({kind, "*"}):
            return True
        name, _, _ = kind.partition("^")
        return not self.accept.isdisjoint({name, f"{name}^*"})


def produce(plan: Plan, root: Scope) -> Out | Failure:
    """Runs the rules, and returns what they gave, or why nothing may be stored."""
    run = root.run
    out = Out(run)
    try:
        plan.block.produce(root, out)
    except OverflowError:
        suggestion = "The message repeats something too often; ask the sender."
        return Failure(Reason.MAPPING_ERROR, "", suggestion)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # A fault of ours, or a body that a rule was not made for: it waits for a mended mapping.
        suggestion = "The mapping could not take it; mend the mapping, then replay."
        return Failure(Reason.MAPPING_ERROR, "", suggestion)
    return run.failure or _keyless(out) or out


def _keyless(out: Out) -> Failure | None:
    if out.is_patientless:
        suggestion = "The message names no patient by a number of its own; ask the sender."
        return Failure(Reason.NO_PATIENT, "Patient", suggestion)
    if out.n_keyless and not out.mapped:
        suggestion = "Nothing in the message has the number that it is known by."
        return Failure(Reason.NO_KEY, "", suggestion)
    return None


def reading(out: Out | Failure, run: Run, coverage: Coverage) -> Reading:
    """Returns what was read, with its findings; nothing but these where it failed."""
    findings = tuple(run.findings)
    if isinstance(out, Failure):
        return Reading(findings=findings, coverage=coverage, failure=out)
    lists = tuple((name, frozenset(ids)) for name, ids in out.lists.items())
    return Reading(tuple(out.mapped), findings, coverage, None, lists)


def not_entitled(plan: Plan, kind: str) -> Failure | None:
    """Returns why a source may not send this: merges and moves need a right of their own."""
    event = kind.partition("^")[2]
    needed = "merge" if event in _MERGES else "move" if event in _MOVES else ""
    if not needed or not kind.startswith("ADT^") or needed in plan.place.entitled:
        return None
    suggestion = f"Give the source `entitled: [{needed}]` if it keeps the index of its patients."
    return Failure(Reason.MERGE_NOT_ENTITLED, "MSH-9", suggestion)


def refused_kind(plan: Plan, kind: str) -> Finding | None:
    """Returns the finding for a kind of message that the mapping does not take."""
    if plan.accepts(kind):
        return None
    return Finding("type-not-mapped", Severity.ERROR, "MSH-9" if plan.segments else "", kind[:20])


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a message names: the lanes it waits in, and the identifiers, "system|value"."""

    lanes: tuple[str, ...]
    patients: tuple[str, ...]


def named(plan: Plan, scopes: list[Scope], numbers: list[str]) -> Named:
    """Returns whom these places name; `numbers` are further local numbers of the same kind."""
    lanes: dict[str, None] = {}
    patients: dict[str, None] = {}
    start = f"{plan.place.name}:"
    for scope in scopes:
        pairs = _identifiers(plan, scope)
        patients |= dict.fromkeys(f"{system}|{value}" for system, value in pairs)
        key = plan.patient(scope) if plan.patient is not None else None
        nhs = next((value for system, value in pairs if system == NHS_NUMBER), "")
        if key is not None:
            lanes["/".join(key)] = None
        elif nhs:
            lanes[f"nhs/{nhs}"] = None
    own = next((one.rpartition("|")[0] for one in patients if not one.startswith(NHS_NUMBER)), "")
    for number in numbers:
        lanes[number] = None
        patients[f"{own or plan.place.systems.get('mrn', '')}|{number}"] = None
    return Named(tuple(start + lane for lane in lanes) or (f"{start}*unknown*",), tuple(patients))


def _identifiers(plan: Plan, scope: Scope) -> list[tuple[str, str]]:
    found = plan.identifiers(scope) if plan.identifiers is not None else None
    pairs: list[tuple[str, str]] = []
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            system, value = text_of(one.get("system")), text_of(one.get("value"))
            if system and value:
                pairs.append((system, value))
    return pairs


def with_patient(plan: Plan, head: Head, whom: Named) -> Head:
    """Returns the head with its lanes; a message of nobody waits for somebody to look at it."""
    quarantine = head.quarantine
    if plan.patient is not None and not whom.patients and whom.lanes[0].endswith(":*unknown*"):
        quarantine = quarantine or Finding("no-patient", Severity.ERROR)
    return replace(head, lanes=whom.lanes, patients=whom.patients, quarantine=quarantine)


def instant_of(value: Value, zone: tzinfo) -> datetime | None:
    """Returns the moment that a date of FHIR or of HL7 v2 begins at, None where it is none."""
    text = text_of(value)
    compact = iso_reader(text, None) if text is not None else None
    return hl7_instant(compact, zone) if compact is not None else None
