"""Handlers of tokens and addresses: what codings, identifiers, codes and uris leave behind."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from careweave.record._extract import Gathered, Handler
from careweave.record._keys import Keys
from careweave.record._nodes import Place
from careweave.record._values import LONGEST, text_of
from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter that reads an element, and what it asks of the element."""

    type: str
    name: str
    place: Place
    is_type: str | None = None
    system: str | None = None
    only: str | None = None
    targets: tuple[str, ...] = ()

    @property
    def drives(self) -> bool:
        """Whether its keys are posted, so that they can drive a search."""
        return self.place in {Place.POSTED, Place.CODE}


Keyed = tuple[tuple[int, ...], tuple[int, ...], int | None]
"""Keys for tok, those of them that are posted too, and the key that `resource.code` takes."""

Maker = Callable[[str | None, str | None], Keyed]


def maker_of(slots: tuple[Slot, ...], keys: Keys) -> Maker:
    """Returns the maker of the keys of (system, code), which remembers the last few thousand."""

    @lru_cache(maxsize=4096)
    def make(system: str | None, code: str | None) -> Keyed:
        tok: list[int] = []
        posted: list[int] = []
        main = None
        for slot in slots:
            tok.append(keys.of(slot.type, slot.name, "has"))
            if system:
                tok.append(keys.of(slot.type, slot.name, "system", system))
            if code is None:
                continue
            exact = keys.token(slot.type, slot.name, system or "", code)
            anyhow = keys.token(slot.type, slot.name, None, code)
            tok += (exact, anyhow)
            if slot.drives:
                posted += (exact, anyhow)
            if slot.place is Place.CODE:
                main = exact
        return tuple(tok), tuple(posted), main

    return make


def coding_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a Coding."""
    make = maker_of(slots, keys)

    def take(value: Json, out: Gathered) -> None:
        if isinstance(value, dict):
            _keep(make(text_of(value.get("system")), text_of(value.get("code"))), out)

    return take


def _keep(made: Keyed, out: Gathered) -> None:
    tok, posted, main = made
    out.tok += tok
    if main is not None and out.code is None:
        # The column drives for the first coding, so its exact key needs no row of its own.
        out.code = main
        out.posted += [key for key in posted if key != main]
    else:
        out.posted += posted


def concept_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a CodeableConcept: its codings, in order."""
    one = coding_handler(slots, keys)
    present = tuple(keys.of(slot.type, slot.name, "has") for slot in slots)

    def take(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        codings = value.get("coding")
        if isinstance(codings, list) and codings:
            for coding in codings:
                one(coding, out)
        else:
            out.tok += present

    return take


def identifier_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of an Identifier, with the keys of `:of-type`."""

    def of_type(kind: Json, value: str, out: Gathered) -> None:
        codings = kind.get("coding") if isinstance(kind, dict) else None
        for coding in codings if isinstance(codings, list) else ():
            code = text_of(coding.get("code")) if isinstance(coding, dict) else None
            if not code or not isinstance(coding, dict):
                continue
            system = text_of(coding.get("system")) or ""
            found = [of_type_key(keys, s.type, s.name, (system, code, value)) for s in slots]
            out.tok += found
            out.posted += found

    def take(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        text = text_of(value.get("value"))
        # Identifiers do not repeat, so nothing is gained by remembering their keys.
        for slot in slots:
            _identify(slot, text_of(value.get("system")), text, keys, out)
        if text and "type" in value:
            of_type(value["type"], text, out)

    return take


def of_type_key(keys: Keys, type_name: str, name: str, parts: tuple[str, str, str]) -> int:
    """Returns the key of `:of-type` for (type system, type code, value)."""
    system, code, value = parts
    return keys.of(type_name, name, "of", system, code.casefold(), value.casefold())


def _identify(slot: Slot, system: str | None, value: str | None, keys: Keys, out: Gathered) -> None:
    out.tok.append(keys.of(slot.type, slot.name, "has"))
    if system:
        out.tok.append(keys.of(slot.type, slot.name, "system", system))
    if value is None:
        return
    found = (
        keys.token(slot.type, slot.name, system or "", value),
        keys.token(slot.type, slot.name, None, value),
    )
    out.tok += found
    if slot.drives:
        out.posted += found


def plain_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a bound code, a text, a uri, a number or a boolean as a token."""
    makers = tuple((maker_of((slot,), keys), slot.system) for slot in slots)

    def take(value: Json, out: Gathered) -> None:
        text = _plain(value)
        if text is None:
            return
        for make, system in makers:
            _keep(make(None, text), out)
            if system:
                _keep(make(system, text), out)

    return take


def _plain(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return text_of(value)


def contact_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a ContactPoint: its value, without a system."""
    plain = plain_handler(slots, keys)

    def take(value: Json, out: Gathered) -> None:
        if isinstance(value, dict):
            plain(value.get("value"), out)

    return take


def deceased_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of `deceased`, which is false where nothing is said.

    Source: FHIR R4 4.0.1, SearchParameter Patient-deceased:
    "Patient.deceased.exists() and Patient.deceased != false".
    """
    plain = plain_handler(slots, keys)

    def take(value: Json, out: Gathered) -> None:
        if isinstance(value, dict):
            plain("deceasedDateTime" in value or value.get("deceasedBoolean") is True, out)

    return take


def uri_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a uri, url, canonical or oid."""

    def take(value: Json, out: Gathered) -> None:
        text = text_of(value)
        if text is None:
            return
        bare = text.partition("|")[0]
        for slot in slots:
            found = [keys.of(slot.type, slot.name, "uri", one) for one in {text, bare}]
            out.tok.append(keys.of(slot.type, slot.name, "has"))
            out.tok += found
            if slot.drives:
                out.posted += found
                out.strings.append((keys.of(slot.type, slot.name, "uri"), text[:LONGEST]))

    return take
