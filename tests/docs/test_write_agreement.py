"""An agreement is written, checked, signed, applied and taken back as the how-to says."""

import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lib.reader import Ran, Reader, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/write-an-agreement.md"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader in a checkout of their own, whose database ends with them."""
    folder = tmp_path_factory.mktemp("guardian")
    # The database's own user has to get there when the tests run as root.
    for each in (folder, *folder.parents[:3]):
        if each.owner() == Path.home().owner() and not each.stat().st_mode & stat.S_ISVTX:
            each.chmod(0o755)
    shutil.copytree(ROOT / "region", folder / "region")
    made = Reader(folder, folder / "home")
    yield made
    made.run("./run careweave db stop")


def told(ran: Ran) -> str:
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def test_an_agreement_is_written_and_applied_as_the_page_says(reader: Reader) -> None:
    steps = blocks(PAGE)
    read, write, check, mend, lower, sign, start, look, apply, revert, exchange = steps
    page = PAGE.read_text(encoding="utf-8")

    assert "Clause council-to-home-care" in told(reader.run(read))
    told(reader.run(write))

    faulty = reader.run(check)
    assert faulty.code != 0
    (shown,) = re.findall(r"^```\n(agreements/.*)\n```", page, re.MULTILINE)
    assert shown in faulty.out

    mended = reader.run(mend)
    assert "the role matrix caps F at CH.DOC (C)" in told(mended) + mended.err
    assert "agr-handling-plans@1: parties" in mended.out + mended.err
    told(reader.run(lower))
    assert "nm-bluebell-demonstration" in (said := reader.run(sign)).out + said.err

    assert "version 1, in force from" in told(reader.run(start))
    seen = told(reader.run(look))
    assert "Comes into force: agr-handling-plans@1" in seen
    assert "In effect:" in seen
    assert "applied: version 2" in told(reader.run(apply))
    assert "Is no longer in force: agr-handling-plans@1" in told(reader.run(revert))

    told(reader.run(exchange))
    again = (reader.folder / "again.yaml").read_text(encoding="utf-8")
    assert "id: agr-handling-plans\n" in again
    assert "plans-to-home-care" in again
