"""The first screen of every role over the seeded people: source, date and words everywhere."""

import re
from collections.abc import Iterator

import pytest

from careweave.agreements import CARE_ROLES
from careweave.disclosure import ShownPerson
from careweave.terms import Heading, Role
from careweave.views import Overview, Section, State, overview, timeline, wanted_for_timeline
from tests.lib.day10 import Day10
from tests.lib.reading import MAKING, VIEWS, Readers
from tests.lib.reading import readers as reading

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = (
    *("edna-hartley", "chidi-okonkwo", "colin-hartley", "nadia-kowalczuk", "dilwyn-prys-morgan"),
    *("winifred-achterberg", "baby-wojcik-1", "robert-drop-table"),
)
_ALL_NUMERIC = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")


@pytest.fixture(scope="module")
def readers(northmere10: Day10) -> Iterator[Readers]:
    with reading(northmere10) as made:
        yield made


def sections(page: Overview) -> Iterator[Section]:
    for widgets in page.slots.values():
        for widget in widgets:
            yield from widget.sections


def page_of(readers: Readers, key: str, role: Role) -> tuple[ShownPerson, Overview]:
    definition = VIEWS.definition(role)
    shown = readers.see(key, role, wanted=definition.wanted)
    return shown, overview(definition, shown, MAKING)


@pytest.mark.parametrize("role", sorted(CARE_ROLES))
def test_every_first_screen_keeps_the_laws_of_the_page(readers: Readers, role: Role) -> None:
    for key in PEOPLE:
        shown, page = page_of(readers, key, Role(role))
        disclosed = {
            MAKING.handle(row.type, row.id) for rows in shown.rows.values() for row in rows
        }
        assert set(page.shown) <= disclosed, (role, key)
        for one in sections(page):
            _check_section(one, disclosed)


def _check_section(one: Section, disclosed: set[str]) -> None:
    assert one.groups or one.text or one.indicators, one.slug
    if one.state is not State.NONE_STATED and not one.groups:
        assert not re.search(r"\b(none|no known)\b", one.text, re.IGNORECASE), one.text
    for voice in (v for group in one.groups for fact in group.facts for v in fact.voices):
        assert voice.source, one.slug
        assert voice.source != "Source not named", one.slug
        assert voice.when.text or not voice.entry, one.slug
        assert not _ALL_NUMERIC.search(voice.when.text), voice.when
        assert voice.entry in disclosed or not voice.entry, one.slug


def test_medicines_and_allergies_come_whole_to_whoever_may_see_them(readers: Readers) -> None:
    for role in (Role.ED, Role.GP, Role.PA, Role.PH, Role.CN):
        for key in ("edna-hartley", "winifred-achterberg"):
            shown, page = page_of(readers, key, role)
            lines = sum(one.heading is Heading.MED for one in shown.lines)
            assert len(shown.rows.get(Heading.MED, ())) == lines
            whole = [one for one in sections(page) if one.slug == "medicines" and one.groups]
            assert all(not group.n_more for one in whole for group in one.groups)


def test_the_life_of_many_entries_is_told_without_a_body(readers: Readers) -> None:
    shown = readers.see("mohammed-al-haddad", Role.HC, wanted=wanted_for_timeline())
    made = timeline(shown, MAKING)
    assert made.n > 2_000
    assert sum(len(one.items) for one in made.rows) == made.n
    assert sum(map(len, shown.rows.values())) < 200
    assert made.born_s <= made.rows[0].items[0].start_s


def test_who_was_never_looked_at_before_is_told_what_happened_lately(readers: Readers) -> None:
    _, page = page_of(readers, "winifred-achterberg", Role.CH)
    (changes,) = (
        one for widgets in page.slots.values() for one in widgets if one.kind == "changes"
    )
    assert changes.text.startswith("Since the hospital stay that began 19-Mar-2026")
    # What a care home needs to know after a stay: medicines, mobility, skin, resuscitation.
    assert {one.slug for one in changes.sections} == {
        "medicines",
        "needs",
        "observations",
        "end-of-life",
    }
