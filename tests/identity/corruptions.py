"""What happens to the demographics of people between two systems, and people who look like others.

Rates of reference/identity.md section 18. No model is trained on them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from random import Random

from careweave.identity._nicknames import is_nickname
from tests.identity.names_of_people import british, others
from tests.identity.people import Person, Place, nhs_numbers, postcode, practice

_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Change = Callable[[Person, Random, int], Person]


def typo(rng: Random, text: str) -> str:
    """Returns a word with one letter wrong, missing, doubled, more, or two letters exchanged."""
    if len(text) < 2:
        return text + rng.choice(_LETTERS)
    at = rng.randrange(1, len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + rng.choice(_LETTERS) + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + rng.choice(_LETTERS) + text[at:]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def without_number(person: Person, rng: Random, n_postcodes: int) -> Person:
    """The number isn't known."""
    return replace(person, nhs="")


def moved(person: Person, rng: Random, n_postcodes: int) -> Person:
    """Another address."""
    line = f"{rng.randrange(1, 99)} New {rng.choice(('Street', 'Road', 'Close'))}"
    at = rng.randrange(n_postcodes)
    return replace(person, home=Place(line, "Newtown", postcode(at), practice(at)))


def married(person: Person, rng: Random, n_postcodes: int) -> Person:
    """Another family name, mostly of the same origin."""
    origin = next((one for one in others() if one.key == person.origin), british())
    return replace(person, family=origin.family.pick(rng))


def family_typo(person: Person, rng: Random, n_postcodes: int) -> Person:
    """A slip in the family name."""
    return replace(person, family=typo(rng, person.family))


def given_typo(person: Person, rng: Random, n_postcodes: int) -> Person:
    """A slip in the forename."""
    return replace(person, given=typo(rng, person.given) if person.given else "")


def shortened(person: Person, rng: Random, n_postcodes: int) -> Person:
    """The first three letters of the forename."""
    return replace(person, given=person.given[:3])


def exchanged(person: Person, rng: Random, n_postcodes: int) -> Person:
    """Family name and forename in each other's place."""
    return replace(person, family=person.given, given=person.family) if person.given else person


def birth_digit(person: Person, rng: Random, n_postcodes: int) -> Person:
    """One digit of the birth date wrong, so that it's still a date and not in the future."""
    for _ in range(60):
        at = rng.choice((2, 3, 5, 6, 8, 9))
        born = person.born[:at] + rng.choice("0123456789") + person.born[at + 1 :]
        if born != person.born and _is_date(born):
            return replace(person, born=born)
    return person


def _is_date(text: str) -> bool:
    try:
        return date(1910, 1, 1) < date.fromisoformat(text) <= date(2026, 3, 16)
    except ValueError:
        return False


def day_for_month(person: Person, rng: Random, n_postcodes: int) -> Person:
    """Day and month exchanged where both may be."""
    year, month, day = person.born.split("-")
    born = f"{year}-{day}-{month}"
    return replace(person, born=born) if _is_date(born) else person


def without_birth(person: Person, rng: Random, n_postcodes: int) -> Person:
    """The birth date isn't known."""
    return replace(person, born="")


def without_phone(person: Person, rng: Random, n_postcodes: int) -> Person:
    """No phone."""
    return replace(person, phone="")


def without_email(person: Person, rng: Random, n_postcodes: int) -> Person:
    """No e-mail address."""
    return replace(person, email="")


def without_middle(person: Person, rng: Random, n_postcodes: int) -> Person:
    """The first forename only."""
    return replace(person, middle="")


SINGLE: tuple[Change, ...] = (
    without_number,
    moved,
    married,
    family_typo,
    given_typo,
    shortened,
    exchanged,
    birth_digit,
    day_for_month,
    without_birth,
    without_phone,
)
"""Each corruption of the list, alone."""

_RATES: tuple[tuple[tuple[Change, float], ...], ...] = (
    ((without_number, 0.40),),
    ((moved, 0.25),),
    ((married, 0.06), (family_typo, 0.08)),
    ((given_typo, 0.08), (shortened, 0.05)),
    ((exchanged, 0.015),),
    ((birth_digit, 0.03), (day_for_month, 0.02), (without_birth, 0.01)),
    ((without_phone, 0.50),),
    ((without_email, 0.60),),
    ((without_middle, 0.40),),
)


def corrupted(person: Person, rng: Random, n_postcodes: int) -> Person:
    """Returns a person as another system has them."""
    for choices in _RATES:
        drawn = rng.random()
        for change, share in choices:
            if drawn < share:
                person = change(person, rng, n_postcodes)
                break
            drawn -= share
    return person


def strangers(crowd: Sequence[Person], n: int, rng: Random) -> Iterator[Person]:
    """Gives people whom nobody knows, made of parts of people who are known."""
    numbers = nhs_numbers(650_000_000, 97)
    for at in range(n):
        family, given, born, home = rng.sample(crowd, 4)
        number = next(numbers) if rng.random() < 0.6 else ""
        yield replace(
            given,
            number=-1 - at,
            family=family.family,
            born=born.born,
            home=home.home,
            phone=f"07{rng.randrange(200_000_000, 299_999_999)}" if rng.random() < 0.5 else "",
            email="",
            nhs=number,
        )


def relatives(crowd: Sequence[Person], n: int, rng: Random) -> Iterator[Person]:
    """Gives people whom nobody knows, of households that are known: family name, home, phone.

    Siblings, parents, partners and children who bear the name of a parent; half of them without a
    number, the others with one that nobody has checked.
    """
    numbers = nhs_numbers(680_000_000, 97)
    homes = [one for one in crowd if one.home.line and one.given and one.phone]
    for at in range(n):
        known = rng.choice(homes)
        gap = rng.choice((-34, -28, -22, -6, -3, -2, -1, 1, 2, 4, 7, 19, 26, 31))
        year = min(max(int(known.born[:4]) + gap, 1920), 2025)
        is_namesake = abs(gap) > 18 and rng.random() < 0.1
        yield replace(
            known,
            number=-100_000 - at,
            given=known.given if is_namesake else _sibling(known, rng),
            middle="",
            born=f"{year}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            sex=known.sex if is_namesake else rng.choice(("male", "female")),
            email="",
            nhs=next(numbers) if rng.random() < 0.5 else "",
            status="02",
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a second source says: a record of its own, of whom, and what became of the number."""

    local_id: str
    person: Person
    truth: int
    replaced_by: str = ""
    is_overlay: bool = False
    is_wrong_merge: bool = False


def second_source(crowd: Sequence[Person], rng: Random, n_postcodes: int) -> Iterator[Told]:
    """Gives the records of a second source in the order of its messages.

    A person in a hundred has two local ids there, merged later; two in a thousand are merged with
    somebody else; one in a thousand is written over by somebody else under the same id.
    """
    for person in crowd:
        told = Told(f"S{person.number}", corrupted(person, rng, n_postcodes), person.number)
        yield told
        drawn = rng.random()
        other = rng.choice(crowd)
        if drawn < 0.01:
            again = corrupted(person, rng, n_postcodes)
            yield Told(f"S{person.number}b", again, person.number)
            yield replace(told, replaced_by=f"S{person.number}b")
        elif drawn < 0.012 and other.number < person.number:
            yield replace(told, replaced_by=f"S{other.number}", is_wrong_merge=True)
        elif drawn < 0.013 and other.number != person.number:
            yield Told(told.local_id, other, other.number, is_overlay=True)


@dataclass(frozen=True, slots=True)
class Twins:
    """A pair of twins and in what way they are hard to tell apart."""

    kind: str
    first: Person
    second: Person


TWIN_KINDS = (
    "same sex",
    "other sex",
    "similar names",
    "shared first token",
    "missing forename",
    "swapped numbers",
    "no numbers",
    "one letter apart",
)


def twins(crowd: Sequence[Person], n: int, rng: Random) -> Iterator[Twins]:
    """Gives pairs of twins of every kind: same home, birth date, phone and family name."""
    numbers = nhs_numbers(710_000_000, 97)
    for at, person in enumerate(islice(_cycle(crowd), n)):
        kind = TWIN_KINDS[at % len(TWIN_KINDS)]
        one, two = next(numbers), next(numbers)
        first = replace(person, number=2 * at, middle="", nhs=one, status="01")
        second = replace(first, number=2 * at + 1, nhs=two, given=_sibling(first, rng), email="")
        yield _pair(kind, first, second, rng)


def _cycle(crowd: Sequence[Person]) -> Iterator[Person]:
    while True:
        yield from (one for one in crowd if len(one.given) > 2 and one.home.line)


def _sibling(first: Person, rng: Random) -> str:
    origin = next((one for one in others() if one.key == first.origin), british())
    while True:
        given = (origin.male if first.sex == "male" else origin.female).pick(rng)
        # Nobody calls one twin Robert and the other Bobby.
        if given[:2] != first.given[:2] and not is_nickname(given.lower(), first.given.lower()):
            return given


_ALIKE = (
    ("Jaden", "Jayden"),
    ("Aisha", "Alisha"),
    ("Hollie", "Mollie"),
    ("Marcus", "Markus"),
    ("Harry", "Barry"),
    ("Ella", "Emma"),
    ("Hasan", "Hussain"),
    ("Christina", "Christine"),
    ("Zofia", "Zosia"),
    ("Taiwo", "Kehinde"),
    ("Ronald", "Donald"),
    ("Finley", "Findlay"),
)


def _pair(kind: str, first: Person, second: Person, rng: Random) -> Twins:
    if kind == "other sex":
        second = replace(second, sex="male" if first.sex == "female" else "female")
    elif kind == "similar names":
        left, right = rng.choice(_ALIKE)
        first, second = replace(first, given=left), replace(second, given=right)
    elif kind == "shared first token":
        token, (left, right) = rng.choice(
            (
                ("Mohammed", ("Ali", "Hassan")),
                ("Maria", ("Jose", "Carmen")),
                ("Abdul", ("Rahman", "Karim")),
                ("Mary", ("Ann", "Kate")),
            )
        )
        first = replace(first, given=token, middle=left)
        second = replace(second, given=token, middle=right)
    elif kind == "missing forename":
        second = replace(second, given="")
    elif kind == "swapped numbers":
        first, second = replace(first, nhs=second.nhs), replace(second, nhs=first.nhs)
    elif kind == "no numbers":
        first, second = replace(first, nhs=""), replace(second, nhs="")
    elif kind == "one letter apart":
        second = replace(second, given=_other_letter(first.given, rng))
    return Twins(kind, first, second)


def _other_letter(given: str, rng: Random) -> str:
    at = rng.randrange(len(given))
    letter = rng.choice([one for one in _LETTERS if one != given[at].lower()])
    return (given[:at] + letter + given[at + 1 :]).capitalize()


def next_day(born: str) -> str:
    """Returns the day after a birth date: twins of two days."""
    return (date.fromisoformat(born) + timedelta(days=1)).isoformat()
