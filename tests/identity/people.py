"""Made-up people of a region, as one system has them written: households, twins, namesakes.

Seeded: the same people for the same seed and size, from a thousand to a million. Each has the
labels by which error rates are told apart. Source: reference/identity.md section 18.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._nicknames import is_nickname
from careweave.identity._numbers import check_digit
from tests.identity.names_of_people import Origin, british, others

TODAY = date(2026, 3, 16)
NHS = "https://fhir.nhs.uk/Id/nhs-number"

_PER_POSTCODE = 22
_OTHER_NAMES = 0.22
_NEW_YEAR = 0.08
_TWIN = 0.0068
_NAMESAKE = 0.011
_NO_HOME = 0.003
_SINGLE_NAME = 0.01
_SHARED_PHONE = 0.2
_STREETS = tuple(
    word
    for words in (
        "High Station Church Victoria Park Mill Orchard Wharf Green Chapel School Queen King Albert",
        "Manor Springfield Grange Abbey Beech Cedar Elm Holly Lime Oak Poplar Willow Bridge Castle",
    )
    for word in words.split()
)
_KINDS = ("Street", "Road", "Lane", "Avenue", "Close", "Drive", "Gardens", "Terrace", "Way")
_TOWNS = ("Ashgrove", "Millbeck", "Tarnside", "Caldbeck Green", "Northmere")
_AREAS = (
    "XR",
    "XQ",
    "XV",
    "XZ",
    "QX",
    "QZ",
    "QR",
    "VX",
    "VQ",
    "VZ",
    "XA",
    "XB",
    "XC",
    "XD",
    "XE",
    "XF",
    "XG",
    "XH",
    "XJ",
    "XK",
)
_UNIT = "ABDEFGHJLNPQRSTUWXYZ"
_MAILS = ("example.org", "example.com", "example.net")


@dataclass(frozen=True, slots=True)
class Place:
    """A home."""

    line: str
    town: str
    postcode: str
    practice: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One human being as one system has them, with the labels of the fairness figures."""

    number: int
    origin: str
    group: str
    family: str
    given: str
    middle: str
    sex: str
    born: str
    home: Place
    phone: str
    email: str
    nhs: str
    status: str = "01"
    deprivation: int = 3
    twin_of: int | None = None
    namesake_of: int | None = None
    labels: frozenset[str] = field(default_factory=frozenset)

    @property
    def demographics(self) -> Demographics:
        """The person as written in a record."""
        given = tuple(one for one in (self.given, self.middle) if one)
        contacts = [WrittenContact("phone", self.phone)] if self.phone else []
        if self.email:
            contacts.append(WrittenContact("email", self.email))
        home = WrittenAddress((self.home.line,), self.home.town, "", self.home.postcode)
        return Demographics(
            names=(WrittenName(self.family, given, "official"),),
            birth_date=self.born,
            sex=self.sex,
            addresses=(home,) if self.home.line or self.home.postcode else (),
            contacts=tuple(contacts),
            practice=self.home.practice,
            numbers=(WrittenNumber(NHS, self.nhs, self.status),) if self.nhs else (),
        )


def nhs_numbers(first: int, step: int) -> Iterator[str]:
    """Gives valid NHS numbers upwards of nine first digits, one in each `step`."""
    stem = first
    while True:
        digit = next((at for at in range(stem, stem + step) if check_digit(str(at)) != 10), stem)
        yield f"{digit}{check_digit(str(digit))}"
        stem += step


def people(size: int, seed: int) -> list[Person]:
    """Returns the people of a region of a given size."""
    return Region(size, Random(seed)).people


class Region:
    """A region as it fills up, one household after the other."""

    def __init__(self, size: int, rng: Random) -> None:
        """Fills it."""
        self.rng = rng
        self.people: list[Person] = []
        self.n_postcodes = max(1, size // _PER_POSTCODE)
        self.numbers = nhs_numbers(400_000_000, 89)
        while len(self.people) < size:
            self._household()
        del self.people[size:]

    def place(self) -> Place:
        """Returns a home: its postcode has about 22 people, and one street."""
        rng = self.rng
        at = rng.randrange(self.n_postcodes)
        street = f"{_STREETS[at * 7 % len(_STREETS)]} {_KINDS[at % len(_KINDS)]}"
        number = rng.randrange(1, 30)
        flat = f"Flat {rng.randrange(1, 9)}, " if rng.random() < 0.12 else ""
        return Place(
            f"{flat}{number} {street}", _TOWNS[at // 400 % len(_TOWNS)], postcode(at), practice(at)
        )

    def mobile(self) -> str:
        """Returns a mobile number."""
        return f"07{self.rng.randrange(300_000_000, 999_999_999)}"

    def _household(self) -> None:
        rng = self.rng
        origin = rng.choice(others()) if rng.random() < _OTHER_NAMES else british()
        home = self.place() if rng.random() >= _NO_HOME else Place("", "", "ZZ99 3VZ")
        phone = f"01632{rng.randrange(100_000, 999_999)}"
        deprivation = rng.randrange(1, 6)
        age = 0.0
        while age < 16:
            age = min(rng.gammavariate(3.2, 13), 100)
        base = (origin, home, phone, deprivation)
        head = self._add(base, family=self._family(origin), age=age)
        if rng.random() < 0.55:
            shared = head.family if rng.random() < 0.6 else self._family(origin)
            self._add(
                base, family=shared, age=min(max(16, age + rng.gauss(0, 4)), 100), unlike=head.sex
            )
        if age < 62:
            for _ in range(rng.choices((0, 1, 2, 3, 4), (30, 25, 27, 12, 6))[0]):
                child_age = age - rng.uniform(18, 38)
                if 0 <= child_age < 24:
                    self._child(base, head, child_age)

    def _child(self, base: tuple[Origin, Place, str, int], head: Person, age: float) -> None:
        if self.rng.random() >= _NAMESAKE:
            self._add(base, family=head.family, age=age)
            return
        child = self._add(base, family=head.family, age=age, sex=head.sex, has_twins=False)
        self.people[-1] = replace(
            child, given=head.given, middle=head.middle, namesake_of=head.number
        )

    def _family(self, origin: Origin) -> str:
        one = origin.family.pick(self.rng)
        if origin.has_two_families:
            return f"{one} {origin.family.pick(self.rng)}"
        return f"{one}-{origin.family.pick(self.rng)}" if self.rng.random() < 0.02 else one

    def _add(
        self,
        base: tuple[Origin, Place, str, int],
        *,
        family: str,
        age: float,
        unlike: str = "",
        sex: str = "",
        has_twins: bool = True,
    ) -> Person:
        rng = self.rng
        origin, home, landline, deprivation = base
        opposite = {"male": "female", "female": "male"}
        if not sex:
            sex = opposite[unlike] if unlike and rng.random() < 0.97 else rng.choice(list(opposite))
        born = TODAY - timedelta(days=int(age * 365.25) + rng.randrange(1, 365))
        labels = set[str]()
        if origin.key != "census" and rng.random() < _NEW_YEAR:
            born = born.replace(month=1, day=1)
            labels.add("1 January")
        if not home.line:
            labels.add("no fixed abode")
        person = self._written(origin, family, sex, home)
        if origin.key != "census" and rng.random() < _SINGLE_NAME:
            person = replace(person, family=person.given, given="", middle="")
            labels.add("single name")
        shares = rng.random() < _SHARED_PHONE
        person = replace(
            person,
            born=born.isoformat(),
            phone=landline if shares else person.phone,
            deprivation=deprivation,
            labels=frozenset(labels),
        )
        self.people.append(person)
        if has_twins and rng.random() < _TWIN:
            self._twin(person, origin, age)
        return person

    def _written(self, origin: Origin, family: str, sex: str, home: Place) -> Person:
        rng = self.rng
        given = (origin.male if sex == "male" else origin.female).pick(rng)
        middle = (origin.male if sex == "male" else origin.female).pick(rng)
        number = len(self.people)
        mail = f"{given}.{family}{rng.randrange(1000)}@{rng.choice(_MAILS)}".replace(" ", "")
        return Person(
            number=number,
            origin=origin.key,
            group=origin.group,
            family=family,
            given=given,
            middle=middle if middle != given and rng.random() < 0.6 else "",
            sex=sex,
            born="",
            home=home,
            phone=self.mobile() if rng.random() < 0.9 else "",
            email=mail.lower() if rng.random() < 0.5 else "",
            nhs=next(self.numbers),
            status=rng.choices(("01", "02"), (85, 15))[0],
        )

    def _twin(self, first: Person, origin: Origin, age: float) -> None:
        """Adds a twin: of the same sex mostly, with a name of the same letter now and then."""
        rng = self.rng
        sex = first.sex if rng.random() < 0.66 else "male" if first.sex == "female" else "female"
        is_home = age < 20 or rng.random() < 0.2
        home = first.home if is_home else self.place()
        second = self._written(origin, first.family, sex, home)
        given = second.given
        for _ in range(40):
            is_form = given == first.given or is_nickname(given.lower(), first.given.lower())
            if not is_form and (rng.random() < 0.7 or given[:1] == first.given[:1]):
                break
            given = (origin.male if sex == "male" else origin.female).pick(rng)
        phone = first.phone if is_home and rng.random() < 0.5 else second.phone
        self.people.append(
            replace(
                second,
                given=given,
                born=first.born,
                phone=phone,
                deprivation=first.deprivation,
                twin_of=first.number,
                labels=first.labels - {"single name"},
            )
        )


def postcode(at: int) -> str:
    """Returns the postcode with this index: 40 to a sector, ten sectors to a district."""
    unit, sector, district = at % 40, at // 40 % 10, at // 400
    letters = f"{_UNIT[unit // 2]}{_UNIT[unit * 7 % len(_UNIT)]}"
    area = _AREAS[district // 29 % len(_AREAS)]
    return f"{area}{district % 29 + 1} {sector}{letters}"


def practice(at: int) -> str:
    """Returns the practice of the postcode with this index: one for about 6,600 people."""
    return f"P{at // 300:05}"


def groups(person: Person) -> tuple[str, ...]:
    """Returns the groups of a person whose error rates are told apart."""
    age = TODAY.year - int(person.born[:4])
    bands = ((1, "0"), (5, "1-4"), (18, "5-17"), (30, "18-29"), (65, "30-64"), (85, "65-84"))
    band = next((name for limit, name in bands if age < limit), "85+")
    return (
        f"ethnic group {person.group}",
        f"age {band}",
        f"sex {person.sex}",
        f"deprivation {person.deprivation}",
        f"names {person.origin}",
        *sorted(person.labels),
    )


def in_order(crowd: Sequence[Person]) -> bool:
    """Says whether the numbers of people are their places."""
    return all(person.number == at for at, person in enumerate(crowd))
