"""The words of the pages: one catalogue for each language, by the English text."""

import importlib.util
from pathlib import Path

import pytest

from careweave.doors._frame import NAMES, UNCHECKED, direction, preferred, say_of
from careweave.doors._frame._catalogue import Words, catalogue, read_catalogue
from careweave.doors._frame._trouble import _TABLE

ROOT = Path(__file__).resolve().parents[3]
_SPEC = importlib.util.spec_from_file_location("words", ROOT / "tools" / "words.py")
assert _SPEC is not None
assert _SPEC.loader is not None
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)
OTHERS = sorted(set(NAMES) - {"en"})
# Texts that stand in tables of the code and are said from there.
_FROM_TABLES = {heading for _, heading, _, _ in _TABLE} | {
    "Something went wrong here", "Nothing that was saved is lost.", "Go to my day", "Medicines",
}  # fmt: skip


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return tool.words()


def test_the_texts_of_the_pages_are_found(said: dict[str, str]) -> None:
    assert len(said) > 300
    assert "Sources disagree" in said


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_is_of_a_text_that_is_said(language: str, said: dict[str, str]) -> None:
    assert set(catalogue(language)) - set(said) - _FROM_TABLES == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    wrong = {
        text: told
        for text, told in catalogue(language).items()
        if tool.places(text) != tool.places(told)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_checked_or_says_that_it_is_not(language: str) -> None:
    assert catalogue(language)
    assert language in UNCHECKED


def test_a_catalogue_reads_long_and_quoted_texts() -> None:
    text = 'msgid ""\n"a "\n"\\"b\\""\nmsgstr "c\\n"\n\nmsgid "none"\nmsgstr ""\n'
    assert read_catalogue(text) == {'a "b"': "c\n"}


def test_a_text_without_translation_is_english_marked_and_counted() -> None:
    words = Words()
    assert words.marked("cy", "Sex", {}) == "Rhyw"
    told = words.marked("cy", "No such text {n}", {"n": "<3"})
    assert told == '<span lang="en">No such text &lt;3</span>'
    assert words.missing["cy", "No such text {n}"] == 1
    assert words.marked("en", "No such text", {}) == "No such text"


def test_words_are_filled_in_every_language() -> None:
    for language in NAMES:
        assert "14:05" in say_of(language)("Emergency access until {time}", time="14:05")


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("", "", "en"),
        ("cy", "", "cy"),
        ("fr, cy;q=0.5, en;q=0.9", "", "en"),
        ("cy-GB,cy;q=0.9,en;q=0.8", "", "cy"),
        ("en", "cy", "cy"),
        ("xx;q=nonsense", "zz", "en"),
    ],
)
def test_the_language_of_a_page_is_chosen_accepted_or_english(
    accepted: str, chosen: str, language: str
) -> None:
    assert preferred(accepted, chosen) == language


def test_the_direction_follows_the_language() -> None:
    assert (direction("cy"), direction("ar"), direction("ur")) == ("ltr", "rtl", "rtl")
