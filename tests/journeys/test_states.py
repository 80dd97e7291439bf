"""Every page in every state that it can have: drawn, or impossible for a reason that is written."""

from pathlib import Path

import pytest

from tests.lib.pages import world_over
from tests.lib.places import table as routes
from tests.lib.states import (
    DESK_STATES,
    SIGNS,
    STATES,
    answers_in,
    desks_in,
    drawn,
    table,
)

ROOT = Path(__file__).resolve().parents[2]


def test_every_page_has_its_line_in_the_table():
    pages = {name for name, told in routes().items() if "absent" not in told}
    assert set(table()["pages"]) == pages


def test_no_cell_of_the_table_is_missing():
    states = set(table()["states"])
    everywhere = set(table()["everywhere"])
    for page, cells in table()["pages"].items():
        named = [*cells["drawn"], *cells["elsewhere"], *cells["impossible"], *everywhere]
        assert sorted(named) == sorted(states), page
        assert all(len(why) > 20 for why in cells["impossible"].values())


def test_what_is_drawn_elsewhere_is_a_test_that_is_there():
    for cells in table()["pages"].values():
        for where in cells["elsewhere"].values():
            path, _, name = where.partition("::")
            assert (ROOT / path).is_file(), path
            assert f"def {name}(" in (ROOT / path).read_text("utf-8") or not name, where


@pytest.mark.parametrize("state", STATES)
def test_every_page_about_a_person_is_drawn_in_this_state(northmere10, tmp_path, state):
    """Nothing of a record stands on a page that is refused."""
    pages = [page for page, one in drawn() if one == state]
    assert pages
    wanted, wrong = STATES[state], []
    with world_over(northmere10, tmp_path) as world:
        answers = dict(answers_in(world, pages, wanted))
        assert set(answers) == set(pages)
        for page, answer in answers.items():
            sign = SIGNS.get((page, state), wanted.sign)
            is_safe = wanted.code == 200 or "data-entry" not in answer.text
            if answer.status_code != wanted.code or sign not in answer.text or not is_safe:
                wrong.append((page, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("state", DESK_STATES)
def test_a_desk_is_drawn_in_this_state(northmere10, tmp_path, state):
    """Pages about nobody: lists, searches, one's own, the officer's."""
    with world_over(northmere10, tmp_path) as world:
        code = STATES[state].code
        wrong = [
            (page, answer.status_code)
            for page, answer, sign in desks_in(world, state)
            if answer.status_code != code or sign not in answer.text
        ]
    assert wrong == []
