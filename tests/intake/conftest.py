"""A writer, and clients of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from careweave.db import Database
from careweave.intake import Writer, load_rules
from tests.lib.desk import Desk

VALUE_SETS = Path(__file__).parents[2] / "region" / "value-sets"


@pytest.fixture
def writer(database: Database) -> Writer:
    return Writer(database, rules=load_rules(VALUE_SETS))


@pytest.fixture
def desk(database: Database, writer: Writer) -> Desk:
    return Desk(database, writer)


@pytest.fixture
def desk_of(database: Database, writer: Writer) -> Callable[[str], Desk]:
    return lambda organisation: Desk(database, writer, organisation)
