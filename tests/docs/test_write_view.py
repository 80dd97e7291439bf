"""A view and a form are made, refused where they are wrong, mended and applied as the how-tos say."""

import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from careweave.doors.workspace._forms import read_forms
from careweave.terms import Role
from tests.lib.reader import Ran, Reader, blocks

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs/how-to"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader in a checkout of their own, whose database ends with them."""
    folder = tmp_path_factory.mktemp("views")
    # The database's own user has to get there when the tests run as root.
    for each in (folder, *folder.parents[:3]):
        if each.owner() == Path.home().owner() and not each.stat().st_mode & stat.S_ISVTX:
            each.chmod(0o755)
    shutil.copytree(ROOT / "region", folder / "region")
    defaults = folder / "careweave/views"
    defaults.mkdir(parents=True)
    shutil.copytree(ROOT / "careweave/views/defaults", defaults / "defaults")
    made = Reader(folder, folder / "home")
    yield made
    made.run("./run careweave db stop")


def told(ran: Ran) -> str:
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def refused(ran: Ran, name: str) -> None:
    """Holds that it said what the page shows."""
    page = (HOW_TO / name).read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```\n((?:views|forms)/.*)\n```", page, re.MULTILINE)
    assert ran.code != 0
    assert shown in ran.out


def test_a_view_is_changed_and_applied_as_the_page_says(reader: Reader) -> None:
    begin, change, spoil, apply = blocks(HOW_TO / "write-a-view.md")
    told(reader.run(begin))
    told(reader.run(change))
    refused(reader.run(spoil), "write-a-view.md")
    assert "applied: version " in told(reader.run(apply))


def test_a_form_is_made_and_applied_as_the_page_says(reader: Reader) -> None:
    make, spoil, apply = blocks(HOW_TO / "write-a-form.md")
    told(reader.run(make))
    refused(reader.run(spoil), "write-a-form.md")
    assert "applied: version " in told(reader.run(apply))
    found = read_forms(
        {"forms/falls.json": (reader.folder / "region/forms/falls.json").read_bytes()}
    )
    assert found.named("falls", Role.CN).title == "Count falls"
