"""The clinical lists of a region: what views take for one fact, high-risk, or worth a silence. Pure.

The lists of the package hold everywhere; a region adds its rows below `clinical/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from typing import TypeVar

from careweave.agreements.forms import Notices, refuse
from careweave.disclosure import CLINICAL, Ingredients, listed, read_pairs
from careweave.terms import Heading

Coded = tuple[str, str]
T = TypeVar("T")

_OWN = (
    *("high-risk-medicines.csv", "same-facts.csv", "fact-words.csv"),
    *("often.csv", "sides.csv", "silence.csv", "words.csv"),
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a code means under a heading: the fact it speaks of, its name, and what it says of it.

    `says` empty: the value of the entry is what it says.
    """

    fact: str
    title: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Clinical:
    """The lists by which clinical facts are told apart.

    `high_risk` is why by substance. `meant` is by heading and code; `by_words` are the words by
    which a fact is known without a code. `silence` is when a kind of organisation is heeded that
    says nothing: `always`, `beside` or `dispenses`. `words` are those of free text by meaning, and
    `often` is how often a day by words of a dose. `sides` says which kinds of organisations keep a
    list of medicines (`before`) and which change it (`after`).
    """

    ingredients: Ingredients = field(default_factory=Ingredients)
    high_risk: Mapping[str, str] = field(default_factory=dict)
    meant: Mapping[tuple[Heading, Coded], Meant] = field(default_factory=dict)
    by_words: Mapping[Heading, Mapping[str, str]] = field(default_factory=dict)
    silence: Mapping[Heading, Mapping[str, str]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    often: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)

    def with_more(self, more: "Clinical") -> "Clinical":
        """Returns these lists with a region's, which win."""
        return Clinical(
            ingredients=Ingredients({**self.ingredients.by_code, **more.ingredients.by_code}),
            high_risk={**self.high_risk, **more.high_risk},
            meant={**self.meant, **more.meant},
            by_words=_joined(self.by_words, more.by_words),
            silence=_joined(self.silence, more.silence),
            words={
                meaning: tuple(
                    dict.fromkeys(self.words.get(meaning, ()) + more.words.get(meaning, ()))
                )
                for meaning in (*self.words, *more.words)
            },
            often={**self.often, **more.often},
            sides={**self.sides, **more.sides},
        )

    def title_of(self, heading: Heading, fact: str) -> str:
        """Returns the name of a fact that several codes speak of; "" for one that is not listed."""
        found = (
            one.title for (of, _), one in self.meant.items() if of is heading and one.fact == fact
        )
        return next(found, "")


def _joined(
    one: Mapping[Heading, Mapping[str, str]], more: Mapping[Heading, Mapping[str, str]]
) -> Mapping[Heading, Mapping[str, str]]:
    return {key: {**one.get(key, {}), **more.get(key, {})} for key in (*one, *more)}


def read_clinical(files: Mapping[str, bytes], notices: Notices) -> Clinical:
    """Returns the lists of the package with those of a region; a list with a fault adds nothing.

    Each fault is a notice with file, line and remedy.
    """
    return clinical_defaults().with_more(_read(files, notices))


@cache
def clinical_defaults() -> Clinical:
    """Returns the lists that come with the package."""
    notices = Notices()
    folder = package_files("careweave.views").joinpath("defaults/clinical")
    found = _read({CLINICAL + name: folder.joinpath(name).read_bytes() for name in _OWN}, notices)
    refuse(notices.told())
    return found


def _read(files: Mapping[str, bytes], notices: Notices) -> Clinical:
    return Clinical(
        ingredients=read_pairs(files, notices).ingredients,
        high_risk={
            row["ingredient"].casefold(): row["why"]
            for row in listed(files, "high-risk-medicines.csv", ("ingredient", "why"), notices)
        },
        meant=_meant(files, notices),
        by_words=_by_heading(files, "fact-words.csv", ("heading", "words", "fact"), notices),
        silence=_by_heading(files, "silence.csv", ("heading", "kind", "when"), notices),
        words=_words(files, notices),
        often={
            row["words"].casefold(): row["per_day"]
            for row in listed(files, "often.csv", ("words", "per_day"), notices)
        },
        sides={
            row["kind"]: row["side"]
            for row in listed(files, "sides.csv", ("kind", "side"), notices)
        },
    )


def _meant(files: Mapping[str, bytes], notices: Notices) -> Mapping[tuple[Heading, Coded], Meant]:
    columns = ("heading", "system", "code", "fact", "title", "says")
    return {
        (Heading(row["heading"]), (row["system"], row["code"])): Meant(
            row["fact"], row["title"], row["says"]
        )
        for row in listed(files, "same-facts.csv", columns, notices, headings="heading")
    }


def _by_heading(
    files: Mapping[str, bytes], name: str, columns: tuple[str, str, str], notices: Notices
) -> Mapping[Heading, Mapping[str, str]]:
    found: dict[Heading, dict[str, str]] = {}
    for row in listed(files, name, columns, notices, headings="heading"):
        found.setdefault(Heading(row["heading"]), {})[row[columns[1]]] = row[columns[2]]
    return found


def _words(files: Mapping[str, bytes], notices: Notices) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in listed(files, "words.csv", ("meaning", "words"), notices):
        found.setdefault(row["meaning"], []).append(row["words"].casefold())
    return {meaning: tuple(its) for meaning, its in found.items()}
