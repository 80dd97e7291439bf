"""careweave identity train and evaluate: over tables, and over the region's own records."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from careweave.db import Embedded
from careweave.doors.cli import Around, main
from careweave.identity import load_model
from careweave.wiring import DOORS
from tests.identity.corruptions import corrupted
from tests.identity.people import Person, people
from tests.lib.door import fresh_database, make_door
from tests.lib.finding import home, number, someone

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
COLUMNS = (
    *("--column", "first=given", "--column", "last=family", "--column", "born=birth_date"),
    *("--column", "postcode=postcode", "--column", "phone=phone"),
)


class Analyst:
    """Somebody at the command line who learns and measures."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str = "") -> None:
        self._home, self._capsys, self._url, self.err = tmp_path / "home", capsys, url, ""

    def __call__(self, *words: object, code: int = 0) -> str:
        environ = {"CAREWEAVE_HOME": str(self._home)}
        if self._url:
            environ["CAREWEAVE_DATABASE_URL"] = self._url
        around = Around(environ, lambda: datetime(2026, 3, 16, tzinfo=UTC), "x", ROOT, DOORS)
        found = main(["identity", *map(str, words)], around)
        said = self._capsys.readouterr()
        self.err = said.err
        assert found == code, said.out + said.err
        return said.out


@pytest.fixture
def analyst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Analyst:
    return Analyst(tmp_path, capsys)


def _cells(person: Person, id_: str, whom: int) -> dict[str, str]:
    told = person.demographics
    name = told.names[0]
    return {
        "id": id_,
        "person": str(whom),
        "first": " ".join(name.given),
        "last": name.family,
        "born": told.birth_date,
        "postcode": told.addresses[0].postcode if told.addresses else "",
        "phone": next((one.value for one in told.contacts if one.kind == "phone"), ""),
    }


def _write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return people(300, 7)


@pytest.fixture
def tables(tmp_path: Path, crowd: list[Person]) -> tuple[Path, Path]:
    rng = Random(1)
    left = [_cells(one, f"a-{n}", n) for n, one in enumerate(crowd)]
    right = [_cells(corrupted(one, rng, 20), f"b-{n}", n) for n, one in enumerate(crowd) if n % 3]
    return _write(tmp_path / "left.csv", left), _write(tmp_path / "right.csv", right)


def test_a_model_is_learnt_from_tables_and_measured(
    analyst: Analyst, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    file = tmp_path / "model.json"
    said = analyst("train", *tables, *COLUMNS, "--one-per-source", "--name", "here-1", "--to", file)
    assert said.startswith("here-1: learnt of 500 records")
    assert json.loads(file.read_text())["name"] == "here-1"
    words = (*tables, *COLUMNS, "--one-per-source", "--truth", "person")
    said = analyst("evaluate", *words, "--model", file)
    assert "model here-1: 500 records of 500" in said
    assert "age          " in said
    assert "few" in said
    found = json.loads(analyst("evaluate", *words, "--model", file, "--json"))
    assert found["blind"]["precision"] > 0.97
    assert found["blind"]["recall"] > 0.9
    assert found["blocking"]["n_true"] == 200
    assert found["operation"]["n_known"] == 200
    assert {"age", "sex", "address", "birth date"} <= {one["kind"] for one in found["groups"]}
    figure = tmp_path / "groups.svg"
    blind = json.loads(analyst("evaluate", *words, "--json", "--figure", figure))
    assert blind["blind"] == found["blind"]
    assert figure.read_text().startswith("<svg")


def test_the_truth_may_be_in_the_id_or_in_a_list(
    analyst: Analyst, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    pairs = _write(
        tmp_path / "pairs.csv", [{"l": f"a-{n}", "r": f"b-{n}"} for n in range(300) if n % 3]
    )
    words = ("evaluate", *tables, *COLUMNS, "--one-per-source", "--json")
    by_id = json.loads(analyst(*words, "--truth-pattern", "[ab]-([0-9]+)$"))
    assert by_id == json.loads(analyst(*words, "--pairs", pairs, "l", "r"))


def _wrong() -> list[tuple[tuple[str, ...], int]]:
    return [
        (("--column", "first=given"), 64),
        (("--column", "first=nothing", "--truth", "person"), 64),
        (("--column", "absent=given", "--truth", "person"), 64),
    ]


@pytest.mark.parametrize(("words", "code"), _wrong())
def test_what_cannot_be_read_is_said(
    analyst: Analyst, tables: tuple[Path, Path], words: tuple[str, ...], code: int
) -> None:
    analyst("evaluate", tables[0], *words, code=code)
    assert analyst.err.startswith("careweave: ")


def test_a_column_has_a_role_and_a_model_is_an_object(
    analyst: Analyst, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        analyst("evaluate", tables[0], "--column", "first")
    file = tmp_path / "model.json"
    file.write_text("[]")
    analyst("evaluate", tables[0], *COLUMNS, "--truth", "person", "--model", file, code=64)


def _patient(person: Person, digits: str) -> dict[str, Any]:
    told = person.demographics
    name = told.names[0]
    postcode = told.addresses[0].postcode if told.addresses else "XR1 1AA"
    more: dict[str, Any] = {"identifier": [number(digits)]} if digits else {}
    return someone(name.family, *name.given, born=told.birth_date, address=[home(postcode)], **more)


def test_the_region_is_measured_by_numbers_that_are_hidden(
    server: Embedded,
    template: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    crowd: list[Person],
) -> None:
    with fresh_database(server, template) as database:
        analyst, door = Analyst(tmp_path, capsys, database.url), make_door(database)
        analyst("evaluate", code=64)
        assert "verified number" in analyst.err
        some = [one for one in crowd if one.demographics.numbers][:40]
        for n, one in enumerate(some):
            digits = one.demographics.numbers[0].value
            door.made(_patient(one, digits))
            door.made(_patient(one, digits if n % 2 else ""), by="beta")
        found = json.loads(analyst("evaluate", "--json"))
        assert found["n_held"] == 80
        assert found["n_records"] == 60
        assert found["blocking"]["n_true"] == 20
        file = tmp_path / "region.json"
        said = analyst("train", "--name", "region-1", "--to", file, "--most", 50)
        assert said.startswith("region-1: learnt of 50 records")
        _check_tells_of_nobody(json.loads(file.read_text("utf-8")))
        assert "without labels" in analyst.err


def _check_tells_of_nobody(document: dict[str, Any]) -> None:
    """A model is signed and passed on: a name or a home of one or two people is in none."""
    found = document["frequencies"]
    assert any("" in terms for terms in found.values())
    for terms in found.values():
        alone = terms.get("", 0.0)
        assert all(share > 2.99 * alone for term, share in terms.items() if term)
    load_model(document)
