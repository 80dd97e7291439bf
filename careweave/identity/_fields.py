"""The closed table of fields that a model may compare."""

from collections.abc import Callable, Mapping
from functools import cache

from careweave.identity._comparators import Comparator
from careweave.identity._name_tests import family_tests, forename, given_tests, name_tests
from careweave.identity._norm import Home, Name, Norm
from careweave.identity._other_tests import (
    Birth,
    address_tests,
    birth_tests,
    digits,
    email_tests,
    postcode_tests,
)
from careweave.identity._texts import TextTest, text_tests
from careweave.terms import NotFound

AnyComparator = Comparator[Name] | Comparator[Home] | Comparator[Birth] | Comparator[str]


def comparator(name: str) -> AnyComparator:
    """Returns how a field is compared, or raises NotFound for a field that is not in the table."""
    kind, _, of = name.partition(":")
    if kind == "extra" and of:
        return _extra(of)
    if kind == "number" and of:
        return _number(of)
    if name not in _table():
        text = "This field is not one that can be compared."
        raise NotFound(text)
    return _table()[name]


@cache
def _table() -> Mapping[str, AnyComparator]:
    return {**_names(), **_homes(), **_contacts(), **_plain(), "birth": _birth()}


def _names() -> Mapping[str, AnyComparator]:
    family: tuple[str, Callable[[Name], str]] = ("family", lambda name: name.family)
    given: tuple[str, Callable[[Name], str]] = ("given", forename)
    return {
        "names": Comparator(
            values=lambda norm: norm.names,
            tests=name_tests(),
            terms={"names": (family, given), "family": (family,), "given": (given,)},
            is_past=_is_past_name,
            is_comparable=_are_comparable,
        ),
        "family": Comparator(
            values=lambda norm: [name for name in norm.names if name.family],
            tests=family_tests(),
            terms={"family": (family,)},
            is_past=_is_past_name,
        ),
        "given": Comparator(
            values=lambda norm: [name for name in norm.names if name.given],
            tests=given_tests(),
            terms={"given": (given,)},
            is_past=_is_past_name,
        ),
    }


def _is_past_name(_norm: Norm, name: Name) -> bool:
    return name.is_past


def _are_comparable(left: Name, right: Name) -> bool:
    return bool((left.family and right.family) or (left.given and right.given))


def _birth() -> Comparator[Birth]:
    return Comparator(
        values=_birth_values,
        tests=birth_tests(),
        terms={"birth": (("birth", digits),)},
    )


def _birth_values(norm: Norm) -> tuple[Birth, ...]:
    """Returns the birth date; of an estimated one the year alone is evidence."""
    if norm.birth is None:
        return ()
    return ((norm.birth[0], 0, 0),) if norm.precision == "estimated" else (norm.birth,)


def _homes() -> Mapping[str, AnyComparator]:
    postcode: tuple[str, Callable[[Home], str]] = ("postcode", lambda home: home.postcode)
    street: tuple[str, Callable[[Home], str]] = ("street", lambda home: home.street)
    house: tuple[str, Callable[[Home], str]] = ("house", lambda home: home.house)
    city: tuple[str, Callable[[Home], str]] = ("city", lambda home: home.city)
    return {
        "postcode": Comparator(
            values=lambda norm: [home for home in norm.homes if home.postcode],
            tests=postcode_tests(),
            terms={"postcode": (postcode,)},
            is_past=_is_past_home,
        ),
        "address": Comparator(
            values=lambda norm: [home for home in norm.homes if home.street],
            tests=address_tests(),
            terms={"street": (street,), "postcode": (postcode,)},
            is_past=_is_past_home,
        ),
        "home": Comparator(
            values=lambda norm: norm.homes,
            tests=address_tests(),
            terms={"street": (street,), "postcode": (postcode,), "city": (city,)},
            is_past=_is_past_home,
        ),
        "house": _part_of_home(house),
        "street": _part_of_home(street),
        "city": _part_of_home(city),
    }


def _is_past_home(_norm: Norm, home: Home) -> bool:
    return home.is_past


def _part_of_home(part: tuple[str, Callable[[Home], str]]) -> Comparator[Home]:
    name, read = part

    def lifted(test: TextTest) -> Callable[[Home, Home, float], bool]:
        return lambda left, right, at: test(read(left), read(right), at)

    return Comparator(
        values=lambda norm: [home for home in norm.homes if read(home)],
        tests={key: lifted(test) for key, test in text_tests().items()},
        terms={name: (part,)},
        is_past=_is_past_home,
    )


def _contacts() -> Mapping[str, AnyComparator]:
    return {
        "phone": Comparator(
            values=lambda norm: norm.phones,
            tests=text_tests(),
            terms=_itself("phone"),
            is_past=_is_past_contact,
        ),
        "email": Comparator(
            values=lambda norm: norm.emails,
            tests=email_tests(),
            terms=_itself("email"),
            is_past=_is_past_contact,
        ),
    }


def _is_past_contact(norm: Norm, contact: str) -> bool:
    return contact in norm.past_contacts


def _plain() -> Mapping[str, AnyComparator]:
    return {
        "sex": _text("sex", lambda norm: norm.sex),
        "nhs": _text("nhs", lambda norm: norm.nhs),
        "chi": _text("chi", lambda norm: norm.chi),
        "hc": _text("hc", lambda norm: norm.hc),
        "mother": _text("mother", lambda norm: norm.mother),
        "birth_order": _text(
            "birth_order", lambda norm: str(norm.birth_order) if norm.birth_order else ""
        ),
        "practice": _text("practice", lambda norm: norm.practice),
        "died": _text("died", lambda norm: norm.died),
    }


def _text(name: str, read: Callable[[Norm], str]) -> Comparator[str]:
    def values(norm: Norm) -> tuple[str, ...]:
        value = read(norm)
        return (value,) if value else ()

    return Comparator(values=values, tests=text_tests(), terms=_itself(name))


def _extra(column: str) -> Comparator[str]:
    return _text(f"extra:{column}", lambda norm: norm.extra.get(column, ""))


def _number(system: str) -> Comparator[str]:
    return Comparator(
        values=lambda norm: [value for of, value in norm.numbers if of == system],
        tests=text_tests(),
        terms=_itself(f"number:{system}"),
    )


def _itself(name: str) -> Mapping[str, tuple[tuple[str, Callable[[str], str]], ...]]:
    return {name: ((name, str),)}
