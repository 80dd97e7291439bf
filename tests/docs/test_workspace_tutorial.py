"""The tutorial of the workspace is true: each of its steps is walked as it is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from careweave.doors._access import Told
from careweave.doors.cli._demo_staff import add_example_staff, read_example_staff
from tests.lib.day10 import Day10
from tests.lib.pages import Visitor, World, break_glass, world_over
from tests.lib.posting import sent
from tests.lib.seen import Seen

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs/tutorials/the-workspace.md").read_text(encoding="utf-8").split())
EDNA, WINIFRED = "999 000 1014", "999 311 3654"
WORDS = "Found on the floor, alone."
pytestmark = pytest.mark.slow


@pytest.fixture
def world(northmere10: Day10, tmp_path: Path) -> Iterator[World]:
    """The pages, with everybody whom the demonstration offers to be."""
    with world_over(northmere10, tmp_path) as made:
        add_example_staff(made.database, ROOT / "region", Told(made.now))
        yield made


def found(visitor: Visitor, number: str, name: str) -> str:
    """Finds somebody by number and returns where the name leads."""
    (line,) = Seen(sent(visitor, "/workspace/find", number=number).text).all("[data-found]")
    assert name in line.text
    return line.links[0]


def main(visitor: Visitor, path: str) -> str:
    """What the body of a page says."""
    return Seen(visitor.get(path).text).one("main").text


def test_the_page_names_whoever_can_be_signed_in_as() -> None:
    names = {one.user: one.display_name for one in read_example_staff(ROOT / "region")}
    for user in ("u-ed", "u-paramedic", "u-privacy-ambulance"):
        assert f"**{names[user]}**" in PAGE
    for user in ("u-privacy", "u-sw", "u-chmanager"):
        assert names[user] in PAGE
    assert f"`{EDNA}`" in PAGE
    assert f"`{WINIFRED}`" in PAGE


def test_the_steps_of_the_tutorial(world: World) -> None:
    doctor = world.signed_in("u-ed")
    record = found(doctor, EDNA, "Edna")
    page = Seen(doctor.get(record).text)
    differing = page.one("#w-medicines").all(".cw-fact--differs")
    warfarin = differing[0]
    assert warfarin.text.startswith("Warfarin High risk Sources disagree")
    doses = {(one.source, one.text.split(" once")[0].split()[-2]) for one in warfarin.voices}
    assert doses == {
        ("Northmere Acute Hospitals", "4"),
        ("Ashgrove Surgery", "3"),
        ("Beck Pharmacy", "3"),
        ("Beck Pharmacy", "1"),
    }
    assert f"{record}/why" in page.links
    assert "Older entries are not shown (12 months)." in main(doctor, f"{record}/why")

    paramedic = world.signed_in("u-paramedic")
    refused = paramedic.get(found(paramedic, EDNA, "Edna"))
    assert refused.status_code == 403
    sentence = "You have no recorded relationship with this person"
    assert sentence in Seen(refused.text).one("main").text
    assert f"**{sentence}**" in PAGE
    edna = world.person("edna-hartley")
    assert break_glass(paramedic, edna, WORDS).status_code == 303
    assert "Emergency access until" in paramedic.get(paramedic.record(edna)).text

    world.later(seconds=59)
    assert "Emergency access" in main(paramedic, "/workspace/accesses")
    own = main(doctor, "/workspace/accesses")
    assert "Opened a record" in own
    assert "Emergency access" not in own
    officer = world.signed_in("u-privacy-ambulance")
    assert WORDS in main(officer, "/console/")
    assert WORDS not in main(world.signed_in("u-privacy"), "/console/")

    home = world.signed_in("u-chmanager")
    assert home.get(found(home, WINIFRED, "Winifred")).status_code == 200
