"""What commands print stays readable, whatever somebody sent."""

import pytest

from careweave.doors.cli._show import say_table


def test_one_long_cell_widens_its_own_row_alone(capsys: pytest.CaptureFixture[str]) -> None:
    long = "L" * 5000
    say_table(("number", "control id", "state"), [(1, "C1", "done"), (2, long, "done")])
    head, short, wide = capsys.readouterr().out.splitlines()
    assert max(len(head), len(short)) < 100
    assert wide == f"2       {long}  done"


def test_columns_stand_below_their_heads(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("a", "b"), [("x" * 9, 1), ("y", None)])
    assert capsys.readouterr().out.splitlines() == ["a          b", "xxxxxxxxx  1", "y          -"]


def test_a_cell_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("a",), [("\x1b[2J\r\u202e\n",)])
    assert capsys.readouterr().out.splitlines() == ["a", "\\x1b[2J\\r\\u202e\\n"]
