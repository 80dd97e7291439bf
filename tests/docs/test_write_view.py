"""A view is changed, refused where it is wrong, mended and applied as the how-to says."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lib.reader import Ran, Reader, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/write-a-view.md"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader in a checkout of their own, whose database ends with them."""
    folder = tmp_path_factory.mktemp("views")
    # The database's own user has to get there when the tests run as root.
    for each in (folder, *folder.parents[:3]):
        if each.owner() == Path.home().owner() and each != Path("/tmp"):
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


def test_a_view_is_changed_and_applied_as_the_page_says(reader: Reader) -> None:
    begin, change, spoil, mend, apply = blocks(PAGE)
    page = PAGE.read_text(encoding="utf-8")

    told(reader.run(begin))
    told(reader.run(change))

    faulty = reader.run(spoil)
    assert faulty.code != 0
    (shown,) = re.findall(r"^```\n(views/.*)\n```", page, re.MULTILINE)
    assert shown in faulty.out

    told(reader.run(mend))
    assert "applied: version 1" in told(reader.run(apply))
