"""A made-up table of people for the tests of training: small, with errors, three rows each."""

from random import Random

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
)
from careweave.identity.train import Row

FAMILIES = (
    "okafor", "smith", "jones", "kowalska", "hussain", "begum", "popescu", "nguyen", "murphy",
    "macleod", "patel", "singh", "evans", "taylor", "brown", "wilson", "ahmed", "garcia", "silva",
    "rossi", "weber", "novak", "ivanova", "tanaka", "haddad", "cohen", "larsen", "virtanen",
)  # fmt: skip
GIVENS = (
    "grace", "thomas", "anna", "mohammed", "fatima", "john", "mary", "ion", "linh", "sean", "isla",
    "priya", "arjun", "rhys", "emma", "oliver", "sofia", "marco", "petra", "yuki", "omar", "ruth",
)  # fmt: skip
STREETS = ("mill lane", "high street", "station road", "church walk", "park view", "the green")
TOWNS = ("northmere", "eastby", "wester", "holmfirth", "drax", "selby", "goole", "thorne")


def row(number: int, person: int, chance: Random, *, source: str = "") -> Row:
    """Returns one row about a person: the same for one number, but for the errors of chance."""
    known = Random(person)
    family, given = known.choice(FAMILIES), known.choice(GIVENS)
    birth = f"{known.randint(1930, 2010)}-{known.randint(1, 12):02}-{known.randint(1, 28):02}"
    home = WrittenAddress(
        (f"{known.randint(1, 99)} {known.choice(STREETS)}",), known.choice(TOWNS), "", f"{known.randint(1000, 9999)}"
    )  # fmt: skip
    phone = f"0{known.randint(7_000_000_000, 7_999_999_999)}"
    if chance.random() < 0.2:
        family = family[:-1]
    if chance.random() < 0.1:
        family, given = given, family
    return Row(
        str(number),
        source,
        Demographics(
            names=(WrittenName(family, (given,) if chance.random() < 0.9 else ()),),
            birth_date=birth if chance.random() < 0.9 else "",
            sex=known.choice(("f", "m")),
            addresses=(home,) if chance.random() < 0.8 else (),
            contacts=(WrittenContact("phone", phone),) if chance.random() < 0.5 else (),
        ),
        str(person),
        {"fifth": str(person % 5)},
    )


def table(n_persons: int, seed: int = 1, *, n_each: int = 3) -> tuple[Row, ...]:
    """Returns a table of so many people with as many rows each, in no order."""
    chance = Random(seed)
    people = [person for person in range(n_persons) for _ in range(n_each)]
    chance.shuffle(people)
    return tuple(row(number, person, chance) for number, person in enumerate(people))


def two_tables(n_persons: int, seed: int = 2) -> tuple[Row, ...]:
    """Returns two sources that both have everybody once."""
    chance = Random(seed)
    return tuple(
        row(number, number % n_persons, chance, source="ab"[number // n_persons])
        for number in range(2 * n_persons)
    )
