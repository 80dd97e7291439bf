"""What the region's file says of identity is in force; a wrong one is refused with what is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from careweave import identity
from careweave.intake import adopt_identity, identity_rules
from careweave.terms import Incorrect

NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)
REGION = Path(__file__).parents[2] / "region"


def test_northmere_takes_numbers_of_the_test_range(session):
    adopt_identity(session, REGION, at=NOW)

    assert identity.rules_in_force(session).accepts_test


def test_a_region_without_the_file_has_the_rules_of_the_package(session, tmp_path):
    adopt_identity(session, tmp_path, at=NOW)

    assert identity.rules_in_force(session) == identity.rules()


@pytest.mark.parametrize("text", ["careweave: source/1", "careweave: identity/1\ngolden: true"])
def test_a_wrong_file_is_refused(tmp_path, text):
    (tmp_path / "identity.yaml").write_text(text)

    with pytest.raises(Incorrect):
        identity_rules(tmp_path)
