"""Handlers of references: to rows of ours, to addresses elsewhere, and by identifier alone."""

from careweave.record._extract import Gathered, Handler
from careweave.record._extract_tokens import Slot
from careweave.record._keys import Keys
from careweave.record._nodes import Place
from careweave.record._references import CONTAINED, FOREIGN, NHS_NUMBER, literal, type_in_url
from careweave.record._values import text_of
from careweave.terms import Json


def reference_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a Reference, for all parameters that read the element."""
    known = tuple((slot, keys.of(slot.type, slot.name, "has")) for slot in slots)

    def take(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        text = text_of(value.get("reference"))
        target = literal(text) if text else None
        kind = type_of_target(value, target)
        identifier = value.get("identifier")
        for slot, present in known:
            if slot.is_type is not None and (kind or slot.only) != slot.is_type:
                continue
            out.tok.append(present)
            if target is not None:
                _refer(slot, target, keys, out)
            if isinstance(identifier, dict):
                _logical(slot, identifier, keys, out)

    return take


def type_of_target(value: dict[str, Json], target: tuple[str, str] | None) -> str | None:
    """Returns the type that a Reference leads to, as far as it says.

    A reference by NHS number alone is one to a Patient.
    """
    if target is not None and target[0] not in {CONTAINED, FOREIGN}:
        return target[0]
    said = text_of(value.get("type"))
    if said:
        return said
    if target is not None and target[0] == FOREIGN:
        return type_in_url(target[1])
    identifier = value.get("identifier")
    if isinstance(identifier, dict) and identifier.get("system") == NHS_NUMBER:
        return "Patient"
    return None


def _refer(slot: Slot, target: tuple[str, str], keys: Keys, out: Gathered) -> None:
    kind, name = target
    if kind == CONTAINED:
        return
    if kind == FOREIGN:
        key = keys.of(slot.type, slot.name, "url", name)
    else:
        key = keys.of(slot.type, slot.name, "ref", kind, name)
    out.tok.append(key)
    # The column `subject` drives for patients; everything else needs a row.
    if slot.place is not Place.SUBJECT or kind != "Patient":
        out.posted.append(key)


def _logical(slot: Slot, identifier: dict[str, Json], keys: Keys, out: Gathered) -> None:
    value = text_of(identifier.get("value"))
    if value is None:
        return
    system = text_of(identifier.get("system")) or ""
    found = [logical_key(keys, slot.type, slot.name, (s, value)) for s in (system, "*")]
    out.tok += found
    out.posted += found


def logical_key(keys: Keys, type_name: str, name: str, parts: tuple[str, str]) -> int:
    """Returns the key of a reference by (system, value) of an identifier; system "*" is any."""
    return keys.of(type_name, name, "identifier", parts[0], parts[1].casefold())


def resource_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a resource inside a Bundle that a parameter points at."""

    def take(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        kind, name = text_of(value.get("resourceType")), text_of(value.get("id"))
        if kind is None or name is None:
            return
        for slot in slots:
            if kind in slot.targets:
                out.tok.append(keys.of(slot.type, slot.name, "has"))
                _refer(slot, (kind, name), keys, out)

    return take
