"""The policy stands at every row of every statement that reads for a caller, in every shape."""

import re
from functools import reduce
from itertools import combinations
from operator import or_

import pytest

from careweave.db import Queries, Query
from careweave.record._compile_policy import Shape, shaped
from careweave.record._compile_referring import carrying_query, referring_query
from careweave.record._compile_statement import count_query, page_query
from tests.record.test_compile import CASES, bound_of

QUERIES = Queries("careweave.record")

READING = {
    "as_of", "entries_of", "history_of_entry", "history_of_type", "kinds", "located", "outline",
    "people_by_heading", "people_changed", "read", "read_version", "timeline", "type_as_of",
}  # fmt: skip
"""What reads for a caller."""

INWARD = {
    "children", "clear", "create", "erase", "facts_note", "fault_class", "fault_digest", "fault_moments",
    "fault_rows", "fault_sample", "fault_subject", "fault_token", "fault_version_digest",
    "fault_versions", "held", "held_for_update", "held_locks", "parents", "stakes",
    "statistics_count", "supersede", "taken", "therapy",
}  # fmt: skip
"""What the way in and maintenance read, which no door reaches and no sight narrows."""

PHRASE = "get_bit(%(bits)s::bytea, {}.cls) <> 0"
PARTS = (Shape.COHORTS, Shape.CHOICES, Shape.RANKED, Shape.BESIDES)
SHAPES = [reduce(or_, some, Shape.CONDITIONAL) for n in range(5) for some in combinations(PARTS, n)]


def statements():
    """Every statement that reads for a caller, named and generated, as it is written."""
    yield from ((name, QUERIES[name]) for name in sorted(READING))
    yield "referring", referring_query()
    yield "carrying", carrying_query()
    for name, case in CASES.items():
        yield f"page: {name}", page_query(bound_of(case).plan)
        yield f"count: {name}", count_query(bound_of(case).plan)


STATEMENTS = dict(statements())


def named(text: str, table: str) -> list[str]:
    """The names that a table has in a statement."""
    return re.findall(rf"record\.{table} AS (\w+)", text)


def test_each_statement_either_reads_for_a_caller_or_inward():
    rows = {
        name for name in QUERIES if re.search(r"record\.(resource|version)\b", QUERIES[name].text)
    }
    assert rows - INWARD == READING
    assert rows >= INWARD


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_row_that_a_caller_reads_is_tested(name):
    text = " ".join(STATEMENTS[name].text.split())
    rows = named(text, "resource")
    assert rows
    for alias in set(rows):
        tested = text.count(PHRASE.format(alias))
        if alias == "x":
            # A row fetched by its primary key is `x` inside and has the name of its place outside.
            outer = set(re.findall(r"record\.resource AS x.*?OFFSET 0\) AS (\w+)", text))
            tested += sum(text.count(PHRASE.format(one)) for one in outer)
        if name in {"entries_of", "timeline"} and alias == "r":
            # The places found inside were tested there.
            assert PHRASE.format("o") in text
            continue
        assert tested >= rows.count(alias), alias


@pytest.mark.parametrize(
    "name", [name for name in sorted(READING) if "version" in QUERIES[name].text]
)
def test_an_old_version_is_joined_to_its_entry_which_is_tested(name):
    text = QUERIES[name].text
    for part in re.split(r"UNION ALL", text):
        if "record.version AS v" in part:
            assert "v.rid = r.rid" in part or "r.rid = v.rid" in part
            assert PHRASE.format("r") in part


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_shape_leaves_a_row_to_its_class_alone(name):
    plain = STATEMENTS[name]
    n_rows = len(re.findall(r"get_bit\(%\(bits\)s::bytea, \w+\.cls\) <> 0", plain.text))
    for shape in SHAPES:
        text = shaped(plain, shape).text
        assert text.count("%(s_slots)s") == (
            n_rows * (1 + (Shape.RANKED in shape))
            + plain.text.count(".cls AS via") * (1 + (Shape.RANKED in shape))
        )
        bare = re.findall(
            r"get_bit\(%\(bits\)s::bytea, (?!zo)\w+\.cls\) <> 0(?! AND EXISTS \(SELECT 1 FROM \(SELECT zb)",
            text,
        )
        assert bare == []
        assert "0 * " not in text


def test_no_shape_changes_what_a_plain_sight_sends():
    for query in STATEMENTS.values():
        assert shaped(query, Shape.PLAIN) is query


def test_the_predicate_is_one_text_whatever_the_row_is_called():
    one = Query(
        "test", "SELECT 1 FROM record.resource AS a WHERE " + PHRASE.format("a"), kept=False
    )
    two = Query(
        "test", "SELECT 1 FROM record.resource AS b WHERE " + PHRASE.format("b"), kept=False
    )
    for shape in SHAPES:
        text = shaped(one, shape).text
        assert re.sub(r"\ba\.", "b.", text).replace("AS a ", "AS b ") == shaped(two, shape).text


def test_a_shape_is_written_once():
    query = QUERIES["read"]
    assert shaped(query, SHAPES[0]) is shaped(query, SHAPES[0])
