"""Whether a record holds all that an exact search asks: no sounds, no guesses. Pure.

Source: reference/agreements.md 6.5; reference/identity.md 16, M17-M26.
"""

from collections.abc import Iterator
from datetime import date

from careweave.disclosure._criteria import Criteria, Span, Word
from careweave.identity import Name, Norm

_DAY = "day"


def holds(asked: Criteria, wanted: Norm, held: Norm, *, is_hidden: bool) -> bool:
    """Says whether each term that is asked is true of the record; `wanted` is `asked` normalised.

    Former values count only where the search asks for history. With `is_hidden` no term about
    where the person is to be found is ever true: a protected address is not searched by.
    Source: reference/agreements.md 6.5, S12.
    """
    if (is_hidden or held.is_restricted) and _asks_where(asked):
        return False
    tests = (_named, _born, _sexed, _housed, _reached, _known_elsewhere, _numbered)
    return all(test(asked, wanted, held) for test in tests)


def _asks_where(asked: Criteria) -> bool:
    return bool(asked.postcode or asked.phone or asked.email or asked.practice)


def _named(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    if asked.family is None and not asked.given:
        return True
    if not wanted.names:
        # What was asked is a placeholder, which is nobody's name.
        return False
    names = (name for name in held.names if asked.with_history or not name.is_past)
    return any(_is_called(asked, wanted.names[0], name) for name in names)


def _is_called(asked: Criteria, wanted: Name, name: Name) -> bool:
    families = {name.family, *name.families}
    if asked.family is not None and not _is_among(asked.family, wanted.family, families):
        return False
    if not asked.given:
        return True
    if len(asked.given) == 1 and _is_among(asked.given[0], wanted.given, {name.given}):
        return True
    is_open = any(word.is_start for word in asked.given)
    return all(_is_among(Word("", is_open), given, set(name.givens)) for given in wanted.givens)


def _is_among(word: Word, text: str, texts: set[str]) -> bool:
    return any(one.startswith(text) for one in texts) if word.is_start else text in texts


def _born(asked: Criteria, _wanted: Norm, held: Norm) -> bool:
    if asked.born is None:
        return True
    return held.precision == _DAY and held.birth is not None and _is_in(asked.born, *held.birth)


def is_born_in(span: Span | None, held: Norm) -> bool:
    """Says whether the record's birth date, as far as it has one, lies in the span."""
    return span is None or held.birth is None or 0 in held.birth or _is_in(span, *held.birth)


def _is_in(span: Span, year: int, month: int, day: int) -> bool:
    return span[0] <= date(year, month, day) <= span[1]


def _sexed(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    return not asked.sex or wanted.sex == held.sex


def _housed(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    if asked.postcode is None:
        return True
    codes = {home.postcode for home in held.homes if asked.with_history or not home.is_past}
    if asked.postcode.is_start:
        start = asked.postcode.text.upper().replace(" ", "")
        return any(code.replace(" ", "").startswith(start) for code in codes if code)
    return any(home.postcode and home.postcode in codes for home in wanted.homes)


def _reached(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    contacts = {*held.phones, *held.emails}
    if not asked.with_history:
        contacts -= held.past_contacts
    sought = [*_of(asked.email, wanted.emails), *_of(asked.phone, wanted.phones)]
    return all(one in contacts for one in sought)


def _of(asked: str, folded: tuple[str, ...]) -> Iterator[str]:
    """Yields what was asked as it is compared; what stands for nothing is nobody's."""
    if asked:
        yield from folded or ("",)


def _known_elsewhere(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    if asked.practice and wanted.practice != held.practice:
        return False
    return asked.died is None or _has_died_in(asked.died, held.died)


def _has_died_in(span: Span, died: str) -> bool:
    try:
        return span[0] <= date.fromisoformat(died) <= span[1]
    except ValueError:
        # Dead without a date, or alive.
        return False


def _numbered(asked: Criteria, wanted: Norm, held: Norm) -> bool:
    if asked.number is None:
        return True
    national = {wanted.nhs, wanted.chi, wanted.hc} - {""}
    mine = {held.nhs, held.chi, held.hc, *held.past_numbers} - {""}
    others = set(wanted.numbers) & set(held.numbers)
    return bool(national & mine or others)
