"""Laws of the settings."""

from dataclasses import fields
from pathlib import Path

import pytest

from careweave.settings import Settings, Wrong, load, reference

ROOT = Path(__file__).resolve().parents[2]


def test_without_anything_the_defaults_hold():
    made = load({})
    assert isinstance(made, Settings)
    assert made.port == 8080
    assert made.home.is_absolute()
    assert made.seal_key_path == made.home / "keys" / "ledger.key"
    assert made.base == "http://127.0.0.1:8080"


def test_the_environment_wins_over_the_file(tmp_path):
    path = tmp_path / "careweave.toml"
    path.write_text('port = 1\nworkers = 3\ntime_zone = "Europe/Berlin"\nrate_per_second = 0.5\n')
    made = load({"CAREWEAVE_SETTINGS": str(path), "CAREWEAVE_PORT": "2", "PATH": "x"})
    assert (made.port, made.workers, made.time_zone.key) == (2, 3, "Europe/Berlin")
    assert made.rate_per_second == 0.5
    assert load({}, path).port == 1


def test_every_fault_is_named_and_no_value_repeated(tmp_path):
    path = tmp_path / "careweave.toml"
    path.write_text("prot = 1\n[table]\nx = 1\n")
    environ = {
        "CAREWEAVE_PORT": "secret",
        "CAREWEAVE_TIME_ZONE": "../etc/passwd",
        "CAREWEAVE_COLOUR": "red",
        "CAREWEAVE_LOG_LEVEL": "loud",
        "CAREWEAVE_TOKEN_CACHE_S": "nan",
        "CAREWEAVE_HOST": "",
    }
    wrong = load(environ, path)
    assert isinstance(wrong, Wrong)
    text = " ".join(wrong.problems)
    for name in ("port", "time_zone", "colour", "log_level", "token_cache_s", "host", "prot"):
        assert name in text
    assert "table" in text
    assert len(wrong.problems) == 8
    assert "secret" not in text


@pytest.mark.parametrize("content", [b"\xff", b"= 1"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    assert isinstance(load({}, path), Wrong)
    assert isinstance(load({}, tmp_path / "absent.toml"), Wrong)


def test_a_revoked_token_never_lives_longer_than_five_seconds():
    assert isinstance(load({"CAREWEAVE_TOKEN_CACHE_S": "5.1"}), Wrong)
    assert isinstance(load({"CAREWEAVE_SEAL_EVERY_S": "1.1"}), Wrong)


def test_each_setting_has_a_line_of_meaning():
    for found in fields(Settings):
        assert found.metadata["about"].help.endswith(".")


def test_the_reference_says_what_the_code_says():
    written = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    assert written == reference(), "run ./run docs"


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("no", False), ("True", True)])
def test_a_switch_is_yes_or_no(said, meant):
    found = load({"CAREWEAVE_MLLP_PLAIN": said})
    assert isinstance(found, Settings)
    assert found.mllp_plain is meant
    assert isinstance(load({"CAREWEAVE_MLLP_PLAIN": "1"}), Wrong)


def test_a_switch_of_the_file_may_be_toml_s_own(tmp_path):
    file = tmp_path / "careweave.toml"
    file.write_text("mllp_plain = true\n")
    assert load({}, file) == load({"CAREWEAVE_MLLP_PLAIN": "yes"})
