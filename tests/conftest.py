"""A real PostgreSQL for every test: started once, a fresh database wherever a test commits."""

import gc
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from careweave.db import Database, Embedded, Session, migrate
from tests.lib.cases import load_profile
from tests.lib.demo import Running, open_home, start_demo, stop_demo
from tests.lib.lending import TEMPLATE, lent

if TYPE_CHECKING:
    from tests.lib.day10 import Day10

load_profile()
# Nothing that is loaded or collected is garbage: going through it again and again takes seconds.
gc.disable()
_GARBAGE = 20_000
"""After so many new objects the collector looks at them, as in the processes that serve."""


_LONGEST = (
    *("tests/journeys/test_points_of_pages.py", "tests/mutants/", "tests/fuzz/"),
    *("tests/journeys/test_u", "tests/journeys/", "tests/identity/test_queries.py"),
    *("tests/identity/test_suites.py", "tests/northmere/test_canaries.py", "tests/northmere/"),
    *("tests/crash/", "tests/docs/", "tests/generative/", "tests/doors/workspace/test_record"),
)
"""The files that take minutes, the longest first; all others with the mark `slow` come next."""


_BUILT = {"northmere10", "month", "running"}
"""Fixtures for which a whole region is lived through, or the whole product started."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks what stands on such a region, however short it is, and what has its own database."""
    if isinstance(item, pytest.Function):
        if _BUILT & set(item.fixturenames):
            item.add_marker("slow")
        if "database" in item.fixturenames:
            item.add_marker("commits")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files with long tests first, so that no process waits for another at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def rank(item: pytest.Item) -> int:
        if item.path not in slow:
            return len(_LONGEST) + 1
        named = (at for at, name in enumerate(_LONGEST) if item.nodeid.startswith(name))
        return next(named, len(_LONGEST))

    items.sort(key=rank)


_ONE_DEMO = (
    *("tests/fuzz/", "tests/clients/", "tests/docs/test_tutorial.py"),
    "tests/doors/cli/test_demo.py",
)
"""Files whose tests ask one running demo: on one process, so that only one is started."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Gives each process a file at a time, and all that share a demo together."""
    if config.getvalue("dist") != "loadfile":
        return None
    # Only where tests run in several processes is there such a thing.
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "one demo" if nodeid.startswith(_ONE_DEMO) else super()._split_scope(nodeid)

    return Together(config, log)  # type: ignore[arg-type]


def pytest_collection_finish() -> None:
    """Lets the collector pass by 14,000 tests that stay to the end: they took it a second a time."""
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 50)
    gc.enable()


class _Undo(Exception):
    """Leaves a session without keeping what it did."""


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    """A server of this test run alone, without fsync: a test that kills one starts its own."""
    if (already := lent()) is not None:
        yield already
        return
    with tempfile.TemporaryDirectory(prefix="cw-", ignore_cleanup_errors=True) as home:
        running = Embedded.start(Path(home), is_durable=False)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def template(server: Embedded) -> str:
    """The name of a migrated database that others are copied from."""
    if lent() is not None:
        return TEMPLATE
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    database = Database(server.address(TEMPLATE))
    try:
        migrate(database)
    finally:
        database.close()
    return TEMPLATE


@pytest.fixture
def database(server: Embedded, template: str) -> Iterator[Database]:
    """A migrated database of this test's own, for tests that commit."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # type: ignore[arg-type]
        made = Database(server.address(name))
        try:
            yield made
        finally:
            made.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def shared(server: Embedded, template: str) -> Iterator[Database]:
    """A migrated database in which every test rolls back."""
    name = f"shared_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # type: ignore[arg-type]
        made = Database(server.address(name))
        try:
            yield made
        finally:
            made.close()
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """One transaction that is rolled back, whatever the test does in it."""
    # What was remembered of a transaction that was rolled back is not so.
    shared._memos.clear()
    with suppress(_Undo), shared.session() as opened:
        yield opened
        raise _Undo


@pytest.fixture(scope="session")
def northmere10() -> "Iterator[Day10]":
    """Northmere at 08:00 on day 10; the first test that asks waits until it is built."""
    # Most runs need none of the rooms that this loads.
    from tests.lib.day10 import kept_at_day_10

    with kept_at_day_10() as made:
        yield made


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the running demo."""
    return open_home(tmp_path_factory)


@pytest.fixture(scope="session")
def running(server_home: Path) -> Iterator[Running]:
    """One demo for all tests of clients, of readers of the docs and of hostile bytes."""
    # A fixture that each folder imports would start a demo in each.
    started = start_demo(server_home)
    yield started
    stop_demo(started)
