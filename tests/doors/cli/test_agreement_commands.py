"""careweave check and careweave sign over agreements: every fault, and a signature that counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from careweave.agreements import Notices, emit, in_force
from careweave.agreements._yaml import read_yaml
from careweave.doors.cli import Around, main
from careweave.wiring import DOORS
from tests.lib.agreement_files import (
    AT,
    ROOT,
    SECRETS,
    agreement,
    changed,
    files,
    finding,
    organisations,
    world_of,
)

Command = Callable[..., int]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    environ = {"CAREWEAVE_HOME": str(tmp_path / "home")}
    around = Around(environ, lambda: AT, "careweave.wiring:application", ROOT, DOORS)
    return lambda *words: main([str(word) for word in words], around)


def _region(folder: Path, *documents: dict[str, Any]) -> Path:
    region = folder / "region"
    for name, body in files(*documents).items():
        path = region / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (region / "value-sets").mkdir()
    return region


def _keys(folder: Path) -> Path:
    for slug, secret in SECRETS.items():
        (folder / f"{slug}.pem").write_bytes(secret)
    return folder


def _said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().out.splitlines() if "agreements/" in line]


def test_check_says_every_fault_of_every_agreement(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = changed(agreement(), {("statuss",): "agreed", ("version",): 0})
    two = agreement(id="agr-find", clauses=[finding(action=["open"])])
    region = _region(tmp_path, one, two)
    assert command("check", region) == 64
    said = _said(capsys)
    assert [line.partition(":")[0] for line in said] == [
        *("agreements/1.yaml", "agreements/1.yaml"),
        *("agreements/2.yaml", "agreements/2.yaml"),
    ]
    assert any("did you mean status?" in line for line in said)
    assert any("(V17)" in line for line in said)


def test_check_says_what_is_not_in_force_and_why_and_is_content(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("check", _region(tmp_path, agreement()))
    said = capsys.readouterr()
    assert "agreements/" not in said.out
    assert "not in force: agr-care@1: parties[0].signed: org:acute has not signed (V10)" in said.err


def test_every_party_signs_and_the_agreement_is_in_force(command: Command, tmp_path: Path) -> None:
    region, keys = _region(tmp_path, agreement()), _keys(tmp_path)
    file = region / "agreements/1.yaml"
    assert command("sign", file, "--org", "acute", "--key", keys / "acute.pem") == 0
    world = world_of(file.read_bytes())
    assert len(in_force(world, world.agreements[0], AT)) == 1
    words = ("--org", "practices", "--key", keys / "practice.pem")
    assert command("sign", file, *words, "--name", "B. Example", "--at", "2026-05-01") == 0
    world = world_of(file.read_bytes())
    assert in_force(world, world.agreements[0], AT) == ()
    parties = {party.org: party for party in world.agreements[0].parties}
    assert parties["org:acute"].signed_at == AT.date()
    assert parties["group:practices"].signed_name == "B. Example"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--org", "acute", "--key", "home.pem"), 64),  # the key of another
        (("--org", "nobody", "--key", "acute.pem"), 64),
        (("--org", "home", "--key", "home.pem"), 64),  # no party of this agreement
        (("--org", "acute", "--key", "missing.pem"), 66),
        (("--org", "acute", "--key", "acute.pem", "--at", "2027-01-01"), 64),
        (("--org", "acute", "--key", "region/organisations.yaml"), 64),
    ],
)
def test_who_may_not_sign_changes_nothing(
    command: Command, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    region, keys = _region(tmp_path, agreement()), _keys(tmp_path)
    file = region / "agreements/1.yaml"
    before = file.read_bytes()
    placed = [str(keys / word) if word.endswith((".pem", ".yaml")) else word for word in words]
    assert command("sign", file, *placed) == code
    assert file.read_bytes() == before


def test_a_key_is_made_once_and_signs(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "guardian.pem"
    words = ("key", made, "--kid", "acute-2", "--by", "siro")
    assert command(*words) == 0
    told = capsys.readouterr().out
    assert command(*words) == 0
    assert capsys.readouterr().out == told
    assert made.stat().st_mode & 0o077 == 0
    document = read_yaml(told.encode(), "", Notices())
    assert document is not None
    assert isinstance(document.value, list)
    listed = organisations()
    listed["organisations"][0]["keys"] = document.value
    region = _region(tmp_path, agreement())
    (region / "organisations.yaml").write_bytes(emit(listed))
    assert command("sign", region / "agreements/1.yaml", "--org", "acute", "--key", made) == 0


def test_a_file_that_cannot_be_read_is_not_signed(command: Command, tmp_path: Path) -> None:
    region, keys = _region(tmp_path), _keys(tmp_path)
    file = region / "agreements/1.yaml"
    file.parent.mkdir()
    for body in (b"a: 1\na: 2\n", b"", emit({"parties": []})):
        file.write_bytes(body)
        assert command("sign", file, "--org", "acute", "--key", keys / "acute.pem") == 64
        assert file.read_bytes() == body


def test_the_keys_of_the_demonstration_are_open_and_marked() -> None:
    listed = (ROOT / "region/organisations.yaml").read_text()
    keys = list((ROOT / "region/keys").glob("*.pem"))
    assert len(keys) == listed.count("demonstration: true") == 16
    assert listed.count("alg: Ed25519") == 16
    assert all(key.name.endswith(".demonstration.pem") for key in keys)


def test_a_region_without_agreements_is_in_order(tmp_path: Path) -> None:
    listed = {"organisations": organisations()["organisations"]}
    assert world_of(organisations=listed).agreements == ()
