"""Inhabitants without a story: ordinary people whom each organisation knows by its share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta

from careweave.demonstration._calendar import DAY_0, moment
from careweave.demonstration._dice import Dice
from careweave.demonstration._model import Person
from careweave.demonstration._numbers import background_number
from careweave.demonstration._people import read_person
from careweave.demonstration._region import Region
from careweave.terms import Json

Raw = dict[str, Json]
_FIRST_INDEX = 2000
_LOAD_HOURS = 16
_FAMILIES = (
    "Bexley", "Carrow", "Dunmere", "Eastwell", "Farrant", "Gresham", "Hollis", "Ings", "Jessop",
    "Kettle", "Larkin", "Marlow", "Nettleton", "Okafor", "Pemberton", "Quayle", "Rahim", "Sandhu",
    "Thackray", "Umar", "Varley", "Whitlock", "Yorke", "Zielinski", "Adeyemi", "Bhatt", "Coyle",
)  # fmt: skip
_GIVEN = {
    "F": ("Ada", "Bronwen", "Chioma", "Dalia", "Edith", "Farah", "Greta", "Hana", "Imogen", "Joan",
          "Kirsty", "Leila", "Mabel", "Nia", "Olive", "Pooja", "Rosa", "Saffron", "Tess", "Una"),
    "M": ("Arun", "Bertie", "Carl", "Declan", "Ewan", "Femi", "Gareth", "Harry", "Idris", "Jakub",
          "Kofi", "Leonard", "Mo", "Nathan", "Owain", "Percy", "Rohan", "Stanley", "Tomasz", "Vik"),
}  # fmt: skip
_STREETS = ("Mill Lane", "Station Road", "Orchard Row", "Quay Street", "Abbey Close", "Fell View")
_TOWNS = (("Ashgrove", 1), ("Millbeck", 2), ("Tarnside", 5), ("Caldbeck Green", 7))
_PROBLEMS = (
    ("Raised blood pressure", "Amlodipine", "5 mg od"),
    ("Type 2 diabetes", "Metformin", "500 mg bd"),
    ("Asthma", "Salbutamol inhaler", "100 mcg prn"),
    ("Underactive thyroid", "Levothyroxine", "50 mcg od"),
    ("Low mood", "Sertraline", "50 mg od"),
    ("Osteoarthritis of knee", "Paracetamol", "1 g prn"),
    ("Heart failure", "Furosemide", "40 mg od"),
    ("Hay fever", "Cetirizine", "10 mg od"),
)
# Cells of 9 and of 10 people, so that the counting of small numbers has something to hide.
_RARE = {**dict.fromkeys(range(9), "Wilson disease"), **dict.fromkeys(range(9, 19), "Gout of hand")}
# Numbers of four digits last for so many inhabitants.
_SHORT_NUMBERS = 8000


@dataclass(frozen=True, slots=True)
class Background:
    """So many inhabitants of a region, made one at a time and never kept."""

    region: Region
    seed: str
    count: int

    def __iter__(self) -> Iterator[Person]:
        """Gives them in the order in which they become known."""
        return (self.person(index) for index in range(self.count))

    def person(self, index: int) -> Person:
        """Returns one of them; the first ones do not depend on how many there are."""
        return read_person(self.region, self.seed, self._raw(index))

    def _raw(self, index: int) -> Raw:
        dice = Dice(self.seed, "background", index)
        sex = dice.one(("F", "M"))
        town, district = dice.one(_TOWNS)
        days = dice.between(30, 33_000) if dice.chance(0.8) else dice.between(23_000, 34_000)
        line = f"{dice.between(1, 180)} {dice.one(_STREETS)}"
        postcode = f"XR{district} {dice.between(1, 9)}{dice.one('ABDEFG')}{dice.one('LNPQRS')}"
        home: list[Json] = [line, town, postcode, f"99991{index:07d}"]
        return {
            "key": f"inhabitant-{index}",
            "number": _FIRST_INDEX + index,
            "family": f"background-{index}",
            "name": f"{dice.one(_FAMILIES)}, {dice.one(_GIVEN[sex])}",
            "born": (DAY_0 - timedelta(days)).isoformat(),
            "sex": sex,
            "nhs": background_number(index),
            "home": home,
            "phone": f"01632 960{dice.between(0, 999):03d}",
            "held": self._held(index, dice),
        }

    def _held(self, index: int, dice: Dice) -> Raw:
        turn = dice.below(100)
        desks = ["GPA" if turn < 40 else "GPB" if turn < 75 else "GPC"]
        desks += [
            one.key
            for one in self.region.organisations
            if one.kind not in _REGISTERS and dice.chance(one.share)
        ]
        load = moment(DAY_0 - timedelta(1), time(8))
        loaded = load + timedelta(hours=_LOAD_HOURS) * index / max(self.count, 1)
        facts = {desk: self._facts(desk, index, dice) for desk in desks if _fits(desk, index)}
        return {
            desk: {"loaded": loaded.isoformat(), "facts": told}
            for desk, told in facts.items()
            if told
        }

    def _facts(self, desk: str, index: int, dice: Dice) -> list[Json]:
        made: list[Json] = list(_ordinary(desk, dice))
        if desk.startswith("GP"):
            kind = "gp"
            problems = dice.some(_PROBLEMS, 3)
            made += [{"problem": text} for text, _, _ in problems]
            made += [{"medicine": drug, "dose": dose} for _, drug, dose in problems]
            made += [{"problem": _RARE[index]}] if index in _RARE else []
            made.append({"routine": dice.between(2, 8), "kind": kind})
        if desk == "ACU":
            made.append({"routine": dice.between(2, 6), "kind": "acute"})
        return made


_REGISTERS = frozenset({"gp", "care-home", "hospice", "portal", "home-care", "commissioner"})


def _fits(desk: str, index: int) -> bool:
    return desk != "THI" or index < _SHORT_NUMBERS


def _ordinary(desk: str, dice: Dice) -> Iterator[Raw]:
    if desk.startswith("GP"):
        is_none = dice.chance(0.8)
        allergen = dice.one(("Penicillin", "Latex", "Nut"))
        yield {"none-known": "No known allergies"} if is_none else {"allergy": allergen}
        return
    on = -dice.between(20, 900)
    if desk == "ACU" and dice.chance(0.4):
        stay = {"stay": dice.one(("Fall", "Pneumonia", "Chest pain")), "ward": "Ward 8 / Bay 1"}
        yield {**stay, "at": f"{on} 10:00", "ended": f"{on + 3} 12:00"}
    if desk == "CAS":
        yield {"support-reason": "physical-personal"}
    for kind, text, more in _SIMPLE.get(desk, ()):
        yield {kind: text, **more, "at": on}


_SIMPLE: dict[str, tuple[tuple[str, str, Raw], ...]] = {
    "PHA": (("dispensed", "Amlodipine", {"dose": "5 mg od"}),),
    "COM": (("episode", "Caseload of the team", {}), ("visit", "Nurse visit", {})),
    "MEN": (("episode", "Caseload of the team", {}),),
    "NCL": (("episode", "Adult social care", {}),),
    "CAS": (("package", "HOMECARE", {"ref": "7001", "visits": 2, "hours": 7}),),
    "AMB": (("incident", "Fall", {}),),
    "THI": (("activity", "Walking group", {}),),
}
