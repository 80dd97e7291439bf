"""What the law of a country says is data: no line of code knows a country."""

import re

import pytest

from careweave.agreements import checked, emit
from tests.lib.agreement_files import ROOT, Changes, agreement, changed, files, planning

JURISDICTIONS = sorted((ROOT / "region/jurisdictions").glob("*.yaml"))
SCOTLAND = (ROOT / "region/jurisdictions/scotland.yaml").read_bytes()
SCOTTISH: Changes = {
    ("jurisdiction",): ["scotland"],
    ("parties", 0, "assurance", "scheme"): "scot-ig",
    ("parties", 1, "assurance", "scheme"): "scot-ig",
}


def _refused(*documents: dict[str, object], **more: bytes) -> list[tuple[str, str]]:
    held = files(*documents) | {"jurisdictions/scotland.yaml": SCOTLAND} | more
    world, notices = checked(held, version=1, zone="Europe/London")
    assert (world is None) is bool(notices)
    return [(one.rule, one.where) for one in notices]


def test_no_line_of_code_knows_a_country() -> None:
    names = "|".join(path.stem for path in JURISDICTIONS)
    told = re.compile(rf"""["']({names})["']""", re.IGNORECASE)
    wrong = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "careweave").rglob("*.py")
        if told.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_an_agreement_stands_under_the_law_that_it_names() -> None:
    assert _refused(changed(agreement(), SCOTTISH)) == []
    english = changed(agreement(), {("jurisdiction",): ["scotland"]})
    assert _refused(english) == [
        ("V1", "parties[0].assurance.scheme"),
        ("V1", "parties[1].assurance.scheme"),
    ]


def test_under_two_laws_both_must_know_what_it_says() -> None:
    both = changed(agreement(), {**SCOTTISH, ("jurisdiction",): ["england", "scotland"]})
    assert _refused(both) == [
        ("V1", "parties[0].assurance.scheme"),
        ("V1", "parties[1].assurance.scheme"),
    ]


def test_choices_of_people_are_those_of_the_country() -> None:
    assert _refused(changed(planning(), SCOTTISH)) == [
        ("V1", "clauses[0].opt_out.national"),
        ("V1", "clauses[0].opt_out.type1"),
    ]


def test_s251_is_a_basis_of_one_country_only() -> None:
    basis: Changes = {("law", "confidentiality"): {"basis": "s251", "ref": "CAG-1"}}
    assert _refused(changed(agreement(), basis)) == []
    scottish = changed(agreement(), {**SCOTTISH, **basis})
    assert _refused(scottish) == [("V1", "law.confidentiality.basis")]


@pytest.mark.parametrize(
    "body",
    [
        emit({"careweave": "jurisdiction/1", "id": "scotland"}),
        SCOTLAND.replace(b"id: scotland", b"id: wales"),
        SCOTLAND + b"\nweather: rain\n",
    ],
)
def test_a_file_of_a_country_that_is_not_in_order_is_refused(body: bytes) -> None:
    held = files() | {"jurisdictions/scotland.yaml": body}
    assert checked(held, version=1, zone="Europe/London")[0] is None
