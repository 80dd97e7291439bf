"""One entry with its versions: what each says otherwise than the one before it, by whom and when."""

from dataclasses import replace
from datetime import timedelta

from careweave.disclosure import EntryVersion, ShownEntry
from careweave.terms import Heading
from careweave.views import entry_page
from tests.lib.shown import NOW, making, row, shown

HERE = making()


def plan(version: int, title: str, by: str, day: str, description: str = ""):
    body = {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": "active",
        "title": title,
        "created": day,
        "description": description,
        "author": {"display": by},
    }
    received = NOW - timedelta(days=10 - version)
    return row(Heading.CSP, body, version=version, updated=received)


def page(*versions):
    rows = sorted(versions, key=lambda one: -one.version)
    told = tuple(EntryVersion(one.version, one.updated, "U", False, one) for one in rows)
    found = ShownEntry(
        row=rows[0],
        beside={},
        authors={},
        versions=told,
        slug="riverside",
        organisation="Riverside Surgery",
        telephone="",
        system="gp",
        clause="own:riverside",
        at=NOW,
    )
    return entry_page(found, shown(rows[0]), HERE)


def test_a_version_says_what_changed_since_the_one_before_with_both_dates_and_authors():
    made = page(
        plan(1, "Support plan", "Pearl Anders", "2026-03-01", "Two visits a day"),
        plan(2, "Support plan", "Lena Morrow", "2026-03-20", "Four visits a day"),
    )
    newest, first = made.versions
    assert (newest.author, newest.when) == ("Lena Morrow", "20-Mar-2026")
    assert (first.author, first.when) == ("Pearl Anders", "01-Mar-2026")
    assert any("was Two visits a day; now Four visits a day" in one for one in newest.changes)
    assert first.changes == ()


def test_what_did_not_change_is_not_told():
    one = plan(1, "Support plan", "Pearl Anders", "2026-03-01", "Two visits a day")
    assert page(one, replace(one, version=2)).versions[0].changes == ()


def test_a_version_that_may_not_be_seen_tells_nothing_of_itself():
    made = page(
        replace(plan(1, "Secret", "Pearl Anders", "2026-03-01"), body=None),
        plan(2, "Support plan", "Lena Morrow", "2026-03-20"),
    )
    assert made.versions[0].changes == ()
    assert made.versions[1].author == ""
