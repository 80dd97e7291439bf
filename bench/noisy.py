"""A table of people of other times, made up: gaps, many errors, several rows each, no addresses."""

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

_OCCUPATIONS = (
    "politician", "painter", "writer", "soldier", "clergyman", "lawyer", "physician", "architect",
    "engineer", "actor", "botanist", "explorer", "banker", "composer", "historian", "poet",
)  # fmt: skip
_STARTS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "th", "w")  # fmt: skip
_MIDDLES = ("a", "e", "i", "o", "u", "ar", "en", "il", "on", "ea", "al", "er", "or", "and")
_ENDS = (
    "ton",
    "son",
    "ley",
    "ford",
    "man",
    "well",
    "ham",
    "er",
    "s",
    "by",
    "land",
    "ing",
    "ck",
    "t",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_COLUMNS = (
    "unique_id", "cluster", "first_name", "surname", "dob", "sex", "birth_place", "occupation",
)  # fmt: skip


def noisy(path: Path, *, n_persons: int, seed: int) -> None:
    """Writes such a table: a quarter of the people have brothers or sisters in it."""
    chance = Random(seed)
    makers = _Words(chance)
    rows: list[dict[str, str]] = []
    n_made = 0
    while n_made < n_persons:
        family = makers.family()
        for _ in range(1 if chance.random() < 0.75 else chance.randint(2, 4)):
            person = makers.person(family)
            n_rows = 1 if chance.random() < 0.3 else min(20, 1 + int(chance.expovariate(1 / 6)))
            rows += [makers.row(person) | {"cluster": str(n_made)} for _ in range(n_rows)]
            n_made += 1
    chance.shuffle(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(row | {"unique_id": str(at)} for at, row in enumerate(rows))


class _Words:
    """Names and places in heavy-tailed shares, and what becomes of them in a register."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._surnames = self._some(3_000)
        self._forenames = {"m": self._some(120), "f": self._some(100)}
        self._places = self._some(400)

    def family(self) -> dict[str, str]:
        """Returns what brothers and sisters share; `year` is about when they were born."""
        return {
            "surname": self._pick(self._surnames),
            "birth_place": self._pick(self._places),
            "year": str(self._chance.randint(1650, 1900)),
        }

    def person(self, family: dict[str, str]) -> dict[str, str]:
        """Returns somebody of a family, as they are."""
        chance = self._chance
        sex = "m" if chance.random() < 0.8 else "f"
        day = "01-01" if chance.random() < 0.25 else f"{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"  # fmt: skip
        return {
            "first_name": self._pick(self._forenames[sex]),
            "middle": self._pick(self._forenames[sex]) if chance.random() < 0.4 else "",
            "surname": family["surname"],
            "married": self._pick(self._surnames) if sex == "f" else "",
            "dob": f"{int(family['year']) + chance.randint(0, 14)}-{day}",
            "sex": sex,
            "birth_place": family["birth_place"],
            "occupation": chance.choice(_OCCUPATIONS),
        }

    def row(self, person: dict[str, str]) -> dict[str, str]:
        """Returns somebody as one register has them."""
        chance = self._chance
        first, last = self._first(person), person["surname"]
        if person["married"] and chance.random() < 0.2:
            last = person["married"]
        last = self._typed(last, 0.18)
        if chance.random() < 0.05:
            first, last = last, first
        occupation = person["occupation"] if chance.random() < 0.75 else chance.choice(_OCCUPATIONS)
        place = person["birth_place"] if chance.random() < 0.9 else self._pick(self._places)
        return {
            "first_name": self._gap(first, 0.10),
            "surname": self._gap(last, 0.06),
            "dob": self._gap(self._date(person["dob"]), 0.20),
            "sex": self._gap(person["sex"], 0.08),
            "birth_place": self._gap(self._typed(place, 0.10), 0.25),
            "occupation": self._gap(occupation, 0.35),
        }

    def _first(self, person: dict[str, str]) -> str:
        chance, first, middle = self._chance, person["first_name"], person["middle"]
        if middle and chance.random() < 0.4:
            first = f"{first} {middle}" if chance.random() < 0.75 else middle
        if chance.random() < 0.12:
            first = first[:3] if chance.random() < 0.5 else first[:1]
        return self._typed(first, 0.15)

    def _date(self, dob: str) -> str:
        chance = self._chance
        year, month, day = dob.split("-")
        if chance.random() < 0.10:
            year = str(int(year) + chance.choice((-10, -2, -1, 1, 3, 10)))
        if chance.random() < 0.08:
            month, day = "01", "01"
        if chance.random() < 0.06:
            day = f"{chance.randint(1, 28):02}"
        return f"{year}-{month}-{day}"

    def _gap(self, text: str, share: float) -> str:
        return "" if self._chance.random() < share else text

    def _typed(self, text: str, share: float) -> str:
        if len(text) < 2 or self._chance.random() >= share:
            return text
        at, letter = self._chance.randrange(len(text)), self._chance.choice(_LETTERS)
        return self._chance.choice(
            (
                text[:at] + text[at + 1 :],
                text[:at] + letter + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            )
        )

    def _some(self, n_words: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < n_words:
            middle = "".join(self._chance.choices(_MIDDLES, k=self._chance.choice((1, 1, 2))))
            found[self._chance.choice(_STARTS) + middle + self._chance.choice(_ENDS)] = None
        return list(found)

    def _pick(self, words: Sequence[str]) -> str:
        """Returns one of the words: the first are common, the last are rare."""
        return words[min(int(len(words) * self._chance.random() ** 3), len(words) - 1)]
