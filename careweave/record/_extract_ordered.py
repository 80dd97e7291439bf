"""Handlers of strings, dates, numbers and quantities: the rows of the ordered indexes."""

from collections.abc import Callable, Iterator
from datetime import tzinfo

from careweave.formats import temporal_range
from careweave.record._extract import Gathered, Handler
from careweave.record._extract_tokens import Slot
from careweave.record._keys import Keys
from careweave.record._nodes import Place
from careweave.record._values import normalise, quantity_amounts, sound_of, text_of
from careweave.terms import Json

_NAME_PARTS = ("family", "given", "prefix", "suffix", "text")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")


def text_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a plain text."""
    known = tuple((s, keys.of(s.type, s.name), keys.of(s.type, s.name, "has")) for s in slots)

    def take(value: Json, out: Gathered) -> None:
        text = text_of(value)
        if text is None:
            return
        normal = normalise(text)
        for slot, key, present in known:
            out.tok += (present, keys.of(slot.type, slot.name, "exact", text))
            out.strings.append((key, normal))

    return take


def parts_handler(parts: tuple[str, ...], slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a HumanName or Address: each part is a text of its own."""
    plain = text_handler(slots, keys)

    def take(value: Json, out: Gathered) -> None:
        if isinstance(value, dict):
            for text in _texts(value, parts):
                plain(text, out)

    return take


def _texts(value: dict[str, Json], parts: tuple[str, ...]) -> Iterator[Json]:
    for name in parts:
        found = value.get(name)
        if isinstance(found, list):
            yield from found
        elif found is not None:
            yield found


def name_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a HumanName. Source: FHIR R4 4.0.1, search.html 3.1.1.4.8."""
    return parts_handler(_NAME_PARTS, slots, keys)


def phonetic_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a HumanName that is asked for by its sound: each word of each part."""
    known = tuple((keys.of(s.type, s.name), keys.of(s.type, s.name, "has")) for s in slots)

    def take(value: Json, out: Gathered) -> None:
        if not isinstance(value, dict):
            return
        for text in filter(None, map(text_of, _texts(value, _NAME_PARTS))):
            sounds = {sound_of(word) for word in (text, *text.split())} - {""}
            for key, present in known:
                out.tok.append(present)
                out.strings += [(key, sound) for sound in sounds]

    return take


def address_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of an Address. Source: FHIR R4 4.0.1, search.html 3.1.1.4.8."""
    return parts_handler(_ADDRESS_PARTS, slots, keys)


def date_handler(zone: tzinfo) -> Callable[[tuple[Slot, ...], Keys], Handler]:
    """Returns the maker of handlers of a date, dateTime, instant, Period or Timing."""

    def make(slots: tuple[Slot, ...], keys: Keys) -> Handler:
        known = tuple(
            (s.place is Place.DATE, keys.of(s.type, s.name), keys.of(s.type, s.name, "has"))
            for s in slots
        )

        def take(value: Json, out: Gathered) -> None:
            out.tok += [present for _, _, present in known]
            found = temporal_range(value, zone)
            if found is None:
                return
            low, high = found
            for main, key, _ in known:
                if main:
                    out.low, out.high = low, high
                else:
                    out.dates.append((key, low, high))

        return take

    return make


def quantity_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a number, Quantity, Money or Range."""
    known = tuple(
        (
            keys.of(s.type, s.name),
            keys.of(s.type, s.name, "ucum"),
            keys.of(s.type, s.name, "has"),
        )
        for s in slots
    )

    def take(value: Json, out: Gathered) -> None:
        amounts = quantity_amounts(value, keys)
        for key, canonical, present in known:
            out.tok.append(present)
            out.quantities += [
                (canonical if in_base else key, unit, low, high)
                for in_base, unit, low, high in amounts
            ]

    return take


def presence_handler(slots: tuple[Slot, ...], keys: Keys) -> Handler:
    """Returns the handler of a value that its parameter cannot compare: it is only there."""
    present = [keys.of(slot.type, slot.name, "has") for slot in slots]

    def take(_value: Json, out: Gathered) -> None:
        out.tok += present

    return take
