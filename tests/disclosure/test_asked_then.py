"""What was asked of a person is kept so that it can be asked again, to the last part."""

from datetime import UTC, datetime

import pytest

from careweave.disclosure import Wanted
from careweave.disclosure._asked_then import wanted_of, what_of_page
from careweave.terms import Heading

THEN = datetime(2026, 3, 20, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(is_outline=True),
        Wanted(headings=frozenset({Heading.DEM, Heading.MED}), newest={Heading.INV: 60}),
        Wanted(headings=frozenset({Heading.DOC}), documents=200, as_of=THEN),
        Wanted(count=7, outline=frozenset({Heading.CON})),
    ],
)
def test_an_account_says_all_that_was_asked(wanted):
    assert wanted_of(what_of_page(wanted)) == wanted
