"""Agreements at the command line: told, given to others, taken from them."""

import json
from pathlib import Path

import pytest

from careweave.doors.cli._agreement_show import _export, _import, _show
from careweave.doors.cli._main import parser
from careweave.terms import Incorrect
from tests.lib.region import REGION, ZONE


class Settings:
    time_zone = ZONE


class Desk:
    """What these commands ask of a desk: where the region lies, and its time zone."""

    settings = Settings()
    region = REGION


def run(capsys, *words: str):
    arguments = parser().parse_args(["agreement", *words])
    assert arguments.run in {_show, _export, _import}
    code = arguments.run(Desk(), arguments)
    said = capsys.readouterr()
    assert code == 0
    return said


def test_an_agreement_is_told_in_plain_english(capsys):
    out = run(capsys, "show", "agr-care-homes").out
    assert out.startswith("What a care home needs when a resident returns (agr-care-homes, version")
    assert "Clause find-resident\n" in out


def test_an_unknown_agreement_is_named_with_those_that_there_are(capsys):
    with pytest.raises(Incorrect):
        run(capsys, "show", "agr-nowhere")
    assert "agr-care-homes\n" in capsys.readouterr().err


def test_a_folder_that_is_no_region_is_refused(capsys, tmp_path: Path):
    with pytest.raises(Incorrect):
        run(capsys, "show", "agr-care-homes", str(tmp_path))


@pytest.mark.parametrize("form", ["mais", "odrl", "permission", "r4-bundle"])
def test_what_is_exported_can_be_imported(capsys, tmp_path: Path, form: str):
    path = tmp_path / "agreement.json"
    path.write_text(run(capsys, "export", "agr-care-homes", "--as", form).out)
    said = run(capsys, "import", str(path), "--as", form)
    assert "id: agr-care-homes\n" in said.out
    assert said.err == ""


def test_what_is_missing_of_a_foreign_policy_is_told_beside_the_draft(capsys, tmp_path: Path):
    policy = json.loads(run(capsys, "export", "agr-care-homes", "--as", "mais").out)
    del policy["SharingPolicy"]["careweave"]
    policy["SharingPolicy"]["Data"].append("a file of theirs")
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    said = run(capsys, "import", str(path), "--as", "mais")
    assert "status: draft\n" in said.out
    assert "to be filled in: clauses[0].relationship\n" in said.err
    assert "not taken over: Data, 1 of its values\n" in said.err
