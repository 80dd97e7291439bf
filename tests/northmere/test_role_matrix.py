"""The role matrix, cell by cell: 38 headings for 12 roles, asked at the door of Northmere.

Each reader has a tie with the person and works under the agreements of the region; what the letter
of a cell means is written here anew, from `reference/record.md` 5.1 and `roles.csv`.
"""

from collections.abc import Iterator

import pytest

from careweave.agreements import Answer, Context, Filter, Thing, decide
from careweave.terms import Action, Heading, Role
from tests.lib.agreed import ALWAYS, about
from tests.lib.door import fresh_database
from tests.lib.matrix import CLEARED, CURRENT, DAY, ENDED, MATRIX, NOW, READERS, Matrix, Reader
from tests.lib.region import northmere

CELLS = [(reader, heading) for reader in READERS for heading in Heading]
CELL = pytest.mark.parametrize(
    ("reader", "heading"), CELLS, ids=[f"{one.role}.{heading}" for one, heading in CELLS]
)
NEWEST_PER_CODE = {Heading.INV, Heading.EXM, Heading.ASM}
DAYS_OF_A_MONTH = 30.4


@pytest.fixture(scope="module")
def matrix(server, template) -> Iterator[Matrix]:
    with fresh_database(server, template) as database:
        yield Matrix(database)


@pytest.fixture(scope="module")
def seen(matrix):
    """What each role gets of the person with ties, and of the one without."""
    made = {}

    def of(reader: Reader, who: str):
        if (reader, who) not in made:
            made[reader, who] = matrix.seen(reader, who)
        return made[reader, who]

    return of


def within(reader: Reader, days: tuple[int, ...]) -> set[int]:
    if reader.months is None:
        return set(days)
    return {one for one in days if one < reader.months * DAYS_OF_A_MONTH}


def meant(reader: Reader, heading: Heading) -> set[int]:
    """The days of the entries that the letter of a cell lets through."""
    match MATRIX[reader.role, heading]:
        case "F" if (reader.role, heading) == (Role.ED, Heading.DIS):
            return set(CURRENT[:3])
        # What is said of relatives is of third parties (S10): checked before the person sees it.
        case "F" if (reader.role, heading) == (Role.CI, Heading.FAM):
            return {CLEARED}
        case "F":
            return {*CURRENT, *within(reader, ENDED)}
        case "C" if heading in NEWEST_PER_CODE:
            return {CURRENT[0]}
        case "C":
            return set(CURRENT)
        case "S":
            return set(CURRENT[:3])
        case "T":
            return {CLEARED}
        case _:
            return set()


@CELL
def test_a_cell_lets_through_what_its_letter_means(seen, reader, heading):
    assert seen(reader, "edna")[heading].days == meant(reader, heading)


@CELL
def test_an_attachment_is_shown_only_where_the_letter_is_not_short(seen, reader, heading):
    assert seen(reader, "edna")[heading].is_whole is (MATRIX[reader.role, heading] in {*"FCT"})


@CELL
def test_without_a_tie_nothing_is_let_through(seen, reader, heading):
    assert not seen(reader, "colin")[heading].days


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.role)
def test_opening_the_whole_shows_what_searching_shows(matrix, seen, reader):
    assert matrix.opened(reader, "edna") == seen(reader, "edna")
    assert matrix.opened(reader, "colin") == seen(reader, "colin")


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.role)
def test_what_is_only_indicated_or_withheld_is_what_the_letters_say(matrix, reader):
    of = {letter: {h for h in Heading if MATRIX[reader.role, h] == letter} for letter in "IR"}
    assert matrix.kept(reader, "indicated") == of["I"]
    # What another team wrote of therapy (S5) is withheld from a mental health team too.
    others = {Heading.FRM} if reader.role is Role.MH else set()
    assert matrix.kept(reader, "withheld") == of["R"] | others


GATED = [(one, h) for one, h in CELLS if MATRIX[one.role, h] == "R" and one.role is not Role.CI]


@pytest.mark.parametrize(
    ("reader", "heading"), GATED, ids=[f"{one.role}.{heading}" for one, heading in GATED]
)
def test_a_reason_opens_what_is_current_of_its_heading_alone(matrix, reader, heading):
    before = matrix.opened(reader, "edna")
    said = {"code": "other", "text": f"She asked about {heading} today.", "heading": heading.value}
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": name, "valueString": value} for name, value in said.items()],
    }
    path = f"/Patient/{matrix.person('edna')}"
    answer = matrix.door.ask("POST", f"{path}/$reason", body, by=matrix.name(reader))
    assert answer.status_code == 200, answer.text
    after = matrix.opened(reader, "edna")
    ended = matrix.door.ask("POST", f"{path}/$end-episode", by=matrix.name(reader))
    assert ended.status_code == 200, ended.text
    assert after[heading].days == set(CURRENT)
    assert {one: what for one, what in after.items() if one is not heading} == {
        one: what for one, what in before.items() if one is not heading
    }
    assert matrix.opened(reader, "edna") == before
    assert not before[heading].days


ANALYSTS = [heading for heading in Heading if MATRIX[Role.AN, heading] != "-"]


@pytest.mark.parametrize("heading", Heading)
def test_an_analyst_counts_what_is_coded_and_nothing_else(heading):
    world = northmere()
    (analyst,) = (one for one in READERS if one.role is Role.AN)
    person = about()
    asked = Context(
        analyst.organisation,
        Role.AN,
        analyst.purpose,
        Action.AGGREGATE,
        NOW,
        user="analyst",
        project="proj-population-25",
        opt_outs_at=NOW - DAY,
    )
    entry = Thing(person.person, "nm-community", "epr", heading, frozenset(), NOW - DAY, ALWAYS)
    verdict = decide(world, asked, person, entry)
    if heading in ANALYSTS:
        assert verdict.answer is Answer.PERMIT
        assert Filter.CODED in verdict.filters
    else:
        assert verdict.answer is not Answer.PERMIT


def test_every_heading_is_there_to_be_looked_for(matrix):
    assert set(Heading) <= set(matrix.stores)
    assert all(matrix.stores[heading] >= len((*CURRENT, *ENDED)) for heading in Heading)
