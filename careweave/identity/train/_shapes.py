"""How the fields of a table are compared: the same levels for every table, by kind of field."""

from collections.abc import Iterable, Sequence

from careweave.identity._fields import comparator
from careweave.identity._norm import Norm
from careweave.identity._spec import Comparison, Level
from careweave.identity.train._tables import KEY

Test = tuple[str, str, float]
"""A level to be: its name, its test and from where on the test is true."""

_LEAST_SHARE = 0.01
"""A field that fewer records have is not compared."""

_ALIKE = 0.92
_TEXT: tuple[Test, ...] = (
    ("exact", "exact", 0),
    ("one_letter", "dl", 1),
    ("alike", "jw", _ALIKE),
    ("close", "jw", 0.85),
    ("distant", "jw", 0.70),
)
_CODE: tuple[Test, ...] = (("exact", "exact", 0), ("one_digit", "dl", 1), ("two_digits", "dl", 2))
_TESTS: dict[str, tuple[Test, ...]] = {
    "given": (
        ("exact", "exact", 0),
        ("exchanged", "exchanged", _ALIKE),
        ("forename", "forename", 0),
        *_TEXT[1:3],
        ("nickname", "nickname", 0),
        ("short", "short", 2),
        *_TEXT[3:],
    ),
    "family": (*_TEXT[:3], ("part", "parts", 3), *_TEXT[3:]),
    "birth": (
        ("exact", "exact", 0),
        ("one_digit", "dl", 1),
        ("day_month", "day_month", 0),
        ("two_digits", "dl", 2),
        ("two_parts", "parts", 2),
        ("year_only", "year_only", 0),
        ("one_part", "parts", 1),
    ),
    "email": (
        ("exact", "exact", 0),
        ("local", "local", 0),
        ("two_letters", "dl", 2),
        ("alike", "jw", 0.88),
        ("domain", "domain", 0),
    ),
    "sex": (("exact", "exact", 0),),
    "house": _CODE,
    "postcode": _CODE,
    "phone": _CODE,
}
_OWN = frozenset({"given", "birth", "email", "nhs", "chi", "hc"})
_PERIODS = frozenset({"given", "family", "house", "street", "city", "postcode", "phone", "email"})
_FIELDS = ("given", "family", "birth", "sex", "house", "street", "city", "postcode", "phone")


def comparisons(norms: Sequence[Norm]) -> tuple[Comparison, ...]:
    """Returns how the records of a table are compared, by what enough of them say.

    The shares are those of a field about which nothing is known yet.
    """
    past = _PERIODS if any(map(_has_past, norms)) else frozenset[str]()
    return tuple(_comparison(name, has_past=name in past) for name in _present(norms))


def is_own(field: str) -> bool:
    """Says whether a field is of one person alone: what relatives share, they don't share there."""
    return field in _OWN or field.startswith("number:")


def _present(norms: Sequence[Norm]) -> Iterable[str]:
    extra = sorted({f"extra:{name}" for norm in norms for name in norm.extra})
    systems = sorted({system for norm in norms for system, _ in norm.numbers})
    numbers = [f"number:{system}" for system in systems if not system.startswith(KEY)]
    for name in (*_FIELDS, "email", "nhs", "chi", "hc", *numbers, *extra):
        values = comparator(name).values
        if sum(bool(values(norm)) for norm in norms) > _LEAST_SHARE * len(norms):
            yield name


def _has_past(norm: Norm) -> bool:
    """Says whether a record has a name, an address or a contact of former times."""
    return (
        bool(norm.past_contacts)
        or any(name.is_past for name in norm.names)
        or any(home.is_past for home in norm.homes)
    )


def _comparison(name: str, *, has_past: bool) -> Comparison:
    is_number = name.startswith("number:") or name in {"nhs", "chi", "hc"}
    tests = (*_TESTS.get(name, _CODE if is_number else _TEXT), ("else", "else", 0))
    least = 1 / (len(tests) + has_past)
    levels = [Level(level, test, least, least, at=at) for level, test, at in tests]
    if has_past:
        levels.insert(1, Level("former", "exact", least, least, is_past=True))
    if name == "family":
        return Comparison(name, tuple(levels), null="exchanged", null_at=_ALIKE)
    return Comparison(name, tuple(levels))
