"""The fictional people of Northmere: who they are, before any organisation knows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from careweave.doors.cli._dice import Dice
from careweave.terms import Json

NHS_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
# Source: NHS England Digital, test data: numbers that begin with 999 are never given to a person.
_FIRST_TEST_NUMBER = 999_000_000
_FAMILIES = (
    "Ashdown", "Bexley", "Carrow", "Dunmere", "Eastwell", "Farrant", "Gresham", "Hollis", "Ings",
    "Jessop", "Kettle", "Larkin", "Marlow", "Nettleton", "Okafor", "Pemberton", "Quayle", "Rahman",
    "Sandhu", "Thackray", "Umar", "Varley", "Whitlock", "Yorke", "Zielinski",
)  # fmt: skip
_GIVEN = {
    "female": ("Ada", "Bronwen", "Chidi", "Dalia", "Edith", "Farah", "Greta", "Hana", "Imogen",
               "Joan", "Kirsty", "Leila", "Mabel", "Nia", "Olive", "Priya", "Rosa", "Saffron"),
    "male": ("Arun", "Bertie", "Callum", "Declan", "Ewan", "Femi", "Gareth", "Hugh", "Idris",
             "Jakub", "Kofi", "Leonard", "Mo", "Nathan", "Owain", "Percy", "Rohan", "Stanley"),
}  # fmt: skip
_STREETS = ("Mill Lane", "Station Road", "Orchard Row", "Quay Street", "Abbey Close", "Fell View")
_TOWNS = ("Northmere", "Fernside", "Saltby", "Upper Hale")


@dataclass(frozen=True, slots=True)
class Person:
    """One inhabitant; `number` counts them from 0."""

    number: int
    nhs_number: str
    family: str
    given: str
    gender: str
    born_on: date
    line: str
    town: str
    postcode: str
    phone: str
    died_on: date | None

    def age(self, today: date) -> int:
        """Returns the age in whole years."""
        return (today - self.born_on).days * 100 // 36525


def people(seed: str, n: int, today: date) -> Iterator[Person]:
    """Gives the first `n` inhabitants; the first ones do not depend on how many are wanted."""
    numbers = nhs_numbers()
    for number in range(n):
        yield _person(Dice(seed, "person", number), number, next(numbers), today)


def nhs_numbers() -> Iterator[str]:
    """Gives the valid NHS numbers of the test range. Source: NHS Data Dictionary, NHS NUMBER."""
    for stem in range(_FIRST_TEST_NUMBER, 1_000_000_000):
        total = sum(int(digit) * (10 - at) for at, digit in enumerate(str(stem)))
        check = (11 - total % 11) % 11
        if check < 10:
            yield f"{stem}{check}"


def _person(dice: Dice, number: int, nhs_number: str, today: date) -> Person:
    gender = dice.one(("female", "male"))
    age_days = dice.between(30, 36_000) if dice.chance(0.8) else dice.between(23_000, 35_500)
    born_on = today - timedelta(days=age_days)
    died_on = today - timedelta(days=dice.between(10, 600)) if dice.chance(0.02) else None
    return Person(
        number,
        nhs_number,
        dice.one(_FAMILIES),
        dice.one(_GIVEN[gender]),
        gender,
        born_on,
        f"{dice.between(1, 120)} {dice.one(_STREETS)}",
        dice.one(_TOWNS),
        # There is no postcode area NM.
        f"NM{dice.between(1, 12)} {dice.between(1, 9)}{dice.one('ABDEFGHJ')}{dice.one('LNPQRSTU')}",
        # Source: Ofcom, numbers for drama: 01632 960000 to 960999 belong to nobody.
        f"01632 960{dice.between(0, 999):03d}",
        died_on if died_on is not None and died_on > born_on else None,
    )


def patient(person: Person, local: str, organisation: str) -> dict[str, Json]:
    """Returns what one organisation holds as the Patient of a person."""
    value: dict[str, Json] = {
        "resourceType": "Patient",
        "id": local,
        "identifier": [
            {"use": "official", "system": NHS_SYSTEM, "value": person.nhs_number},
            {"system": f"https://northmere.example/{organisation}/record", "value": local},
        ],
        "active": True,
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "telecom": [{"system": "phone", "value": person.phone, "use": "home"}],
        "gender": person.gender,
        "birthDate": person.born_on.isoformat(),
        "address": [{"use": "home", "line": [person.line], "city": person.town,
                     "postalCode": person.postcode}],
        "managingOrganization": {"reference": f"Organization/{organisation}"},
    }  # fmt: skip
    if person.died_on is not None:
        value["deceasedDateTime"] = person.died_on.isoformat()
    return value
