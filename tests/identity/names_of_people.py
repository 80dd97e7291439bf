"""The names that made-up people have, with how common they are.

Most are those of the United States census (package `names`), the others of Faker's lists and of
short lists of our own where Faker has none in Latin letters. Source: reference/identity.md 18.
"""

import importlib
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

import names as census


@dataclass(frozen=True, slots=True)
class Words:
    """Words with their cumulative weights."""

    words: tuple[str, ...]
    cumulative: tuple[float, ...]

    def pick(self, rng: Random) -> str:
        """Returns one word, the common ones more often."""
        return rng.choices(self.words, cum_weights=self.cumulative)[0]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where names come from: the ethnic group that most of its bearers state, and the names."""

    key: str
    group: str
    family: Words
    male: Words
    female: Words
    has_two_families: bool = False


def _census(key: str) -> Words:
    lines = Path(census.FILES[key]).read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines]
    return Words(
        tuple(_capital(row[0]) for row in rows), tuple(accumulate(float(row[1]) for row in rows))
    )


def _capital(word: str) -> str:
    lower = word.capitalize()
    return f"Mc{lower[2:].capitalize()}" if lower.startswith("Mc") and len(lower) > 4 else lower


def _zipf(words: "tuple[str, ...] | list[str]") -> Words:
    once = tuple(dict.fromkeys(words))
    return Words(once, tuple(accumulate(1 / (at + 6) for at in range(len(once)))))


def _faker(locale: str, attribute: str) -> list[str]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    return list(getattr(provider, attribute))


@cache
def _lists() -> dict[str, list[str]]:
    text = Path(__file__).with_name("names.toml").read_text(encoding="utf-8")
    return {key: words.split() for key, words in tomllib.loads(text).items()}


@cache
def british() -> Origin:
    """Returns the names of most people."""
    return Origin(
        "census",
        "White British",
        _census("last"),
        _census("first:male"),
        _census("first:female"),
    )


@cache
def others() -> tuple[Origin, ...]:
    """Returns the names of all others, each origin with its share of them."""
    igbo = _faker("yo_NG", "last_names") + _faker("ig_NG", "last_names")
    return (
        Origin(
            "polish",
            "Other White",
            _zipf(_faker("pl_PL", "male_last_names") + _faker("pl_PL", "unisex_last_names")[:800]),
            _zipf(_faker("pl_PL", "first_names_male")),
            _zipf(_faker("pl_PL", "first_names_female")),
        ),
        _listed("romanian", "Other White", "ro_RO"),
        _listed("indian", "Indian", "en_IN"),
        Origin(
            "nigerian",
            "Black African",
            _zipf(igbo + _faker("en_NG", "last_names")),
            _zipf(_faker("yo_NG", "first_names_male") + _faker("ig_NG", "first_names_male")),
            _zipf(_faker("yo_NG", "first_names_female") + _faker("ig_NG", "first_names_female")),
        ),
        _own("bengali", "Bangladeshi"),
        _own("pakistani", "Pakistani"),
        _listed("irish", "White Irish", "en_IE"),
        _own("somali", "Black African"),
        _own("arabic", "Arab"),
        Origin(
            "chinese",
            "Chinese",
            _zipf(_lists()["chinese"]),
            _zipf(_lists()["chinese_given"]),
            _zipf(_lists()["chinese_given"][::-1]),
        ),
        Origin(
            "portuguese",
            "Other White",
            _zipf(_faker("pt_PT", "last_names")),
            _zipf(_faker("pt_PT", "first_names_male")),
            _zipf(_faker("pt_PT", "first_names_female")),
            has_two_families=True,
        ),
    )


def _listed(key: str, group: str, locale: str) -> Origin:
    return Origin(
        key,
        group,
        _zipf(_faker(locale, "last_names")),
        _zipf(_faker(locale, "first_names_male")),
        _zipf(_faker(locale, "first_names_female")),
    )


def _own(key: str, group: str) -> Origin:
    listed = _lists()
    return Origin(
        key,
        group,
        _zipf(listed[key]),
        _zipf(listed[f"{key}_men"]),
        _zipf(listed[f"{key}_women"]),
    )
