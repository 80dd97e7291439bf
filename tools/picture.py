"""The picture of README.md, made from the product (.venv/bin/python -m tools.picture).

Northmere is built as for the tests (half a minute; kept in the folder of TESTS_KEPT, if that is
set), the A&E doctor of the example staff opens one record, and what the window shows is kept.
"""

import tempfile
from pathlib import Path

import psycopg

from careweave.doors.cli._demo_staff import read_example_staff
from tests.lib.browser import chromium, tab
from tests.lib.day10 import kept_at_day_10
from tests.lib.pages import World, world_over

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/pictures/emergency-department.png"
WHO, WHOM = "u-ed", "edna-hartley"
SIZE = (860, 610)
LARGEST = 150 * 1024


def main() -> None:
    """Makes the picture anew and says how large it is."""
    with (
        tempfile.TemporaryDirectory() as folder,
        kept_at_day_10() as day10,
        world_over(day10, Path(folder), is_served=True) as world,
    ):
        name_staff(world)
        take(world)
    n_bytes = PICTURE.stat().st_size
    print(f"picture: {PICTURE.relative_to(ROOT)}, {n_bytes} bytes")
    if n_bytes > LARGEST:
        raise SystemExit(f"picture: more than {LARGEST} bytes; make the window smaller")


def name_staff(world: World) -> None:
    """Gives the people of the tests the names that the example region has for them."""
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        for one in read_example_staff(ROOT / "region"):
            connection.execute(
                "UPDATE access.account SET display_name = %s WHERE user_name = %s",
                [one.display_name, one.user],
            )


def take(world: World) -> None:
    """Keeps what the window shows of the record."""
    token = world.token(WHO)
    with chromium() as browser, tab(browser, world.base, token=token, size=SIZE) as opened:
        opened.open(world.address_of(token, world.person(WHOM)))
        # The banner stays; below it stands what the picture is of.
        opened.page.evaluate("document.querySelector('#w-medicines').scrollIntoView()")
        PICTURE.parent.mkdir(exist_ok=True)
        opened.page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
