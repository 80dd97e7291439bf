"""Each address, command, setting and metric has its entry in docs/reference, and no entry lies."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import falcon.inspect

from careweave.db import Database
from careweave.doors.cli._main import parser
from careweave.doors.fhir import METRICS
from careweave.settings import Settings
from tests.lib.door import make_door

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
_REQUEST = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (?!http)([^` ]+)`")
_WORDS = {"Type": "{type}", "id": "{id}", "v": "{version}"}


def _page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def _written() -> set[tuple[str, str]]:
    """The requests that the page names, in the form of the templates."""
    found = set()
    for method, place in _REQUEST.findall(_page("fhir.md")):
        path = place.removesuffix("?...")
        if not path.startswith("/"):
            path = "/fhir/" + "/".join(_WORDS.get(word, word) for word in path.split("/"))
        found.add((method, path))
    return found


def _served(database: Database) -> set[tuple[str, str]]:
    app = make_door(database).client.app
    return {
        (method.method, route.path)
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if method.method not in {"HEAD", "OPTIONS"} and not method.internal
    }


def test_each_address_of_the_door_has_its_entry_and_each_entry_its_address(
    database: Database,
) -> None:
    served = _served(database)
    assert ("GET", "/fhir/{type}/{id}") in served
    assert _written() == served


def _verbs(of: ArgumentParser, name: str) -> Iterator[tuple[str, ArgumentParser]]:
    inner = [action.choices for action in of._actions if isinstance(action.choices, dict)]
    if not inner:
        yield name, of
    for choices in inner:
        for verb, one in choices.items():
            yield from _verbs(one, f"{name} {verb}")


def test_each_command_and_each_option_has_its_entry() -> None:
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", _page("commands.md"), re.M | re.S))  # noqa: FURB167
    for name, verb in _verbs(parser(), "careweave"):
        options = [one for action in verb._actions for one in action.option_strings]
        for option in set(options) - {"-h", "--help"}:
            assert option in sections[name], f"{name} {option}"
        assert name in sections


def test_each_setting_has_its_entry() -> None:
    page = _page("settings.md")
    assert [
        one.name for one in fields(Settings) if f"`CAREWEAVE_{one.name.upper()}`" not in page
    ] == []


def test_each_metric_has_its_entry() -> None:
    page = _page("metrics.md")
    assert [one.name for one in METRICS if f"`careweave_{one.name}`" not in page] == []
