"""What a search is compiled to: one text a shape, the policy on every row, an index for each step."""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from careweave.db import Database, Packed
from careweave.record import Link, append, dictionaries, link, search, subjects
from careweave.record._compile_estimate import KeyCounts
from careweave.record._compile_plan import From, Way, Wish, plan_of
from careweave.record._compile_policy import shaped
from careweave.record._compile_referring import carrying_query, referring_query
from careweave.record._compile_statement import count_query, page_query
from careweave.record._nodes import (
    AllOf,
    AnyOf,
    ByIds,
    Chain,
    HasAmount,
    HasDate,
    HasText,
    InList,
    Missing,
    Moment,
    Place,
    Prefix,
    Search,
    Sort,
    Span,
)
from careweave.record._policy import policy_values, shape_of
from careweave.terms import Cohort, Fault, PersonId, Tie, TieTest, TooCostly
from tests.record.finding import (
    NOW,
    code,
    day,
    has,
    key,
    of,
    posted,
    subject_parameter,
    to_patient,
    tok,
)
from tests.record.lib import Desk, minutes, prepared, resource

NAME = key("name")
BORN = key("born")
N_PATIENTS = 500
N_ROWS = 44
NONE = KeyCounts({}, NOW)
FREQUENT = KeyCounts({key("code", "c1"): 9000, key("p"): 21_000}, NOW)


def family(text="smith"):
    return HasText(NAME, (Span(text, text + "\U0010ffff"),))


def on(prefix, low, high, **more):
    return HasDate(None, (Moment(prefix, day(low), day(high)),), **more)


def born(prefix, low, high):
    return HasDate(BORN, (Moment(prefix, day(low), day(high)),))


BY_UPDATE = (Sort("u", Place.UPDATED, descending=True),)
BY_DATE = (Sort("d", Place.DATE, descending=True),)
BY_NAME = (Sort("n", Place.STRING, descending=False, key=NAME),)


@dataclass(frozen=True)
class Case:
    """A shape, the counts it is planned with, and how many blocks it may read at 22,500 rows."""

    where: tuple
    most_blocks: int
    way: Way = Way.GATHER
    type: str = "Observation"
    sort: tuple = ()
    counts: KeyCounts = FREQUENT


CASES = {
    "patient": Case((of("p7"),), 160),
    "patient and code": Case((of("p7"), code("c1")), 60),
    "patient, code and token": Case((of("p7"), code("c1"), tok("t")), 80),
    "patient and date": Case((of("p7"), on(Prefix.GE, 3, 4)), 200),
    "patient by update": Case((of("p7"),), 200, sort=BY_UPDATE),
    "code": Case((code("c1"),), 120, Way.CODE),
    "code and token": Case((code("c1"), tok("t")), 200, Way.CODE),
    "two codes": Case((code("c1", "c2"),), 160, Way.CODE),
    "frequent code by update": Case((code("c1"),), 900, Way.FEED, sort=BY_UPDATE),
    "posted": Case((posted("enc7"),), 220),
    "posted and token": Case((posted("enc7"), tok("t")), 220),
    "frequent key": Case((posted("p"),), 250, Way.FEED),
    "ids": Case((ByIds(("o7-1", "o8-1")),), 40),
    "type": Case((), 120, Way.FEED),
    "token": Case((tok("t"),), 250, Way.FEED),
    "updated lately": Case((on(Prefix.GE, 1, 2, updated=True),), 120, Way.FEED),
    "name": Case((family("smith7x"),), 60, Way.AMONG, type="Patient"),
    "name and birth": Case(
        (family("smith7x"), born(Prefix.GE, 1, 2)), 70, Way.AMONG, type="Patient"
    ),
    "frequent name": Case((family(), born(Prefix.GE, 1, 2)), 600, Way.AMONG, type="Patient"),
    "birth": Case((born(Prefix.EQ, 7, 8),), 120, Way.AMONG, type="Patient"),
    "name in order": Case((family("smith7x"),), 70, type="Patient", sort=BY_NAME),
    "chain": Case((to_patient(family("smith7x")),), 250),
    "chain and code": Case((to_patient(family()), code("c1")), 900, Way.HOP_CODE),
    "chain to few and code": Case((to_patient(family("smith7x")), code("c1")), 160, Way.HOP_CODE),
    "about a patient": Case((has("Observation", posted("enc7")),), 170, type="Patient"),
    "often about a patient": Case(
        (has("Observation", code("c1")),), 1500, Way.FEED, type="Patient"
    ),
    "either": Case((AnyOf((posted("enc7"), of("p8"))),), 500),
    "either of both": Case((AnyOf((AllOf((posted("enc7"), tok("t"))), ByIds(("o9-1",)))),), 240),
}


@pytest.fixture(scope="module")
def region(server, template):
    """22,500 rows of 500 patients, as the database counts them."""
    import uuid

    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made = Database(server.address(name))
        with made.session(bulk=True) as session:
            desk = Desk(session)
            known = subjects(session, "acute", [f"p{n}" for n in range(N_PATIENTS)])
            whose = [Link(one, PersonId(UUID(int=one)), one, minutes(0)) for one in known.values()]
            link(session, whose, at=minutes(0))
            for first in range(0, N_PATIENTS, 10):
                some = range(first, first + 10)
                changes = [one for n in some for one in entries(desk, n, known[f"p{n}"])]
                append(session, changes, at=minutes(first), actor="x")
        with psycopg.connect(server.address(name), autocommit=True) as inside:
            inside.execute("VACUUM ANALYZE")
        yield made, server.address(name), desk.sight
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def entries(desk, n, subject):
    """A patient and its observations."""
    named = {"strings": ((NAME, f"smith{n}x"),), "dates": ((BORN, day(n), day(n + 1)),)}
    yield desk.change("C", f"p{n}", type="Patient", subject=subject, **named)
    made = resource(text="x" * 300)
    for m in range(N_ROWS):
        main = key("code", f"c{m % 10}")
        ready = prepared(
            made,
            code=main,
            tok=(main, key("t"), key("p"), key(f"enc{n}")),
            posted=(key(f"enc{n}"), key("p")),
            low=day(m * 7 % 300),
            high=day(m * 7 % 300 + 1),
        )
        yield replace(desk.change("C", f"o{n}-{m}", subject=subject), resource=made, prepared=ready)


def literal(value):
    """A value as PostgreSQL reads it in a statement."""
    if isinstance(value, Packed):
        return literal(unpacked(value.data))
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list | tuple):
        return "'{" + ",".join(f'"{one}"' for one in value) + "}'"
    return str(value) if isinstance(value, int) else f"'{value}'"


def unpacked(data):
    """The numbers of a packed array: a head of five numbers, or three if empty, then each by length."""
    found, at = [], 20
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        found.append(int.from_bytes(data[at + 4 : at + 4 + length], signed=True))
        at += 4 + length
    return found


def nodes(plan):
    """Every step of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def bound_of(case, start=None):
    asked = Search(case.type, case.where, sort=case.sort)
    return plan_of(asked, case.counts, Wish(start))


def explained(region, query, values, given=None):
    """The plan as it was run, with what it read."""
    database, address, plain = region
    sight = given or plain
    with database.session() as session:
        values = {**values, **policy_values(session, sight, dictionaries(session))}
    query = shaped(query, shape_of(sight.branches))
    taken = ", ".join(literal(values[name]) for name in query.names)
    options = "-c plan_cache_mode=force_generic_plan -c jit=off"
    if given is not None:
        # As sessions do: of a small table the planner would rather read all.
        options += " -c enable_seqscan=off"
    with psycopg.connect(address, autocommit=True, options=options) as connection:
        connection.execute(f"PREPARE looked AS {query.numbered}")
        for _ in range(2):
            connection.execute(f"EXECUTE looked({taken})")
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE looked({taken})"
        return connection.execute(explain).fetchone()[0][0]["Plan"]


@pytest.mark.parametrize("name", CASES)
def test_each_shape_goes_its_way(name):
    assert bound_of(CASES[name]).plan.way is CASES[name].way


@pytest.mark.parametrize("name", CASES)
def test_each_step_has_its_index_and_reads_few_blocks(region, name):
    case = CASES[name]
    bound = bound_of(case)
    plan = explained(region, page_query(bound.plan), bound.values)
    for node in nodes(plan):
        if node["Node Type"].startswith("Seq"):
            assert node["Relation Name"] in {"dictionary", "label_set"}
        if node["Node Type"].startswith("Index"):
            assert "Index Cond" in node, node["Index Name"]
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    # Of each row of the page it is also told whose it is, and its labels.
    assert blocks <= case.most_blocks + 4 * 20


def every_condition(sight):
    """A sight of two clauses that ask for everything that can be asked."""
    (own,) = sight.branches
    asked = replace(
        own,
        is_own=False,
        clause="a@1/c",
        ties=(TieTest(Tie.CASELOAD),),
        months_back=12,
        honours_dissent=True,
        cohort=Cohort(registered_with=frozenset({"acute"}), age_below=200),
    )
    ranked = replace(asked, clause="a@1/d", newest=2, labels=frozenset())
    return replace(sight, branches=(asked, ranked), at=NOW, known_as=frozenset({"acute"}))


@pytest.mark.parametrize("name", CASES)
def test_each_condition_has_its_index_too(region, name):
    bound = bound_of(CASES[name])
    plan = explained(region, page_query(bound.plan), bound.values, every_condition(region[2]))
    for node in nodes(plan):
        if node["Node Type"].startswith("Seq"):
            assert node["Relation Name"] == "dictionary"
        if node["Node Type"].startswith("Index"):
            assert "Index Cond" in node, node["Index Name"]


def values_of(case, start=None):
    return bound_of(case, start).values


def texts(case):
    """Every statement that a shape may become."""
    first = bound_of(case).plan
    yield page_query(first).text
    yield page_query(replace(first, counted=True)).text
    yield page_query(replace(first, bodies=False)).text
    yield count_query(first).text
    for last in (None, NOW):
        if case.sort != BY_NAME:
            start = From((last,), 7, NOW)
            yield page_query(bound_of(case, start).plan).text


@pytest.mark.parametrize("name", [*CASES, "referring", "carrying"])
def test_every_row_that_is_read_meets_the_policy(name):
    fixed = {"referring": referring_query, "carrying": carrying_query}
    made = [fixed[name]().text] if name in fixed else list(texts(CASES[name]))
    for text in made:
        aliases = re.findall(r"record\.resource AS (\w+)", text)
        assert aliases
        for alias, n in {one: aliases.count(one) for one in aliases}.items():
            tested = text.count(f"NOT {alias}.gone AND get_bit(%(bits)s::bytea, {alias}.cls) <> 0")
            # A row fetched by its primary key is `x` inside and has the name of its place outside.
            if alias == "x":
                fetches = re.findall(r"record\.resource AS x.*?OFFSET 0\) AS (\w+)", text)
                tested += sum(
                    text.count(f"get_bit(%(bits)s::bytea, {outer}.cls)") for outer in set(fetches)
                )
            assert tested >= n, (alias, text)


@pytest.mark.parametrize("name", CASES)
def test_no_value_is_in_the_text(name):
    for text in texts(CASES[name]):
        assert "smith" not in text
        assert "p7" not in text.replace("%(p7)s", "")
        assert str(key("code", "c1")) not in text
        assert len(text) < 9000


def test_the_number_of_values_does_not_change_the_text():
    def text(*where, sort=()):
        bound = plan_of(Search("Observation", where, sort=sort), NONE, Wish())
        return page_query(bound.plan).text

    assert text(of("a")) == text(of("a", "b", "c"))
    assert text(code("a")) == text(code("a", "b"))
    assert text(posted("a"), tok("b")) == text(posted("a", "b"), tok("c", "d", "e"))
    assert text(ByIds(("a",))) == text(ByIds(("a", "b")))
    assert text(family()) == text(HasText(NAME, (Span("a", "b"), Span("c", "d"))))
    amounts = [one_amount(value) for value in (1, 2, 3)]
    assert text(HasAmount(BORN, amounts[:1])) == text(HasAmount(BORN, tuple(amounts)))
    two, three = (tuple(Moment(Prefix.EQ, day(n), day(n + 1)) for n in range(k)) for k in (2, 3))
    assert text(HasDate(None, two)) == text(HasDate(None, three))


def one_amount(value):
    from decimal import Decimal

    from careweave.record._nodes import Amount

    exact = Decimal(value)
    return Amount(Prefix.EQ, exact, exact, exact)


def test_a_search_that_takes_too_long_is_too_costly(region):
    database, _, sight = region
    asked = Search("Observation", (tok("nothing"),))
    with pytest.raises(TooCostly), database.session() as session:
        session.script("SET LOCAL statement_timeout = '1ms'")
        search(session, asked, sight=sight, caller="a", now=NOW)


def test_equal_shapes_are_one_statement():
    one = plan_of(Search("Observation", (of("a"), code("x"))), NONE, Wish())
    two = plan_of(Search("Observation", (of("b"), code("y"))), NONE, Wish())
    other = plan_of(Search("Condition", (of("b"), code("y"))), NONE, Wish())
    assert one.plan == two.plan == other.plan
    assert page_query(one.plan) is page_query(two.plan)
    assert one.values != two.values


def test_a_step_that_was_not_taken_is_a_fault():
    far = replace(to_patient(family()), by_subject=False)
    for node in (InList(("l",)), far):
        with pytest.raises(Fault):
            plan_of(Search("Observation", (node,)), NONE, Wish())


def test_a_rare_key_drives_before_a_patient_and_a_frequent_one_does_not():
    def driver(*where, counts=FREQUENT):
        return type(plan_of(Search("Observation", where), counts, Wish()).plan.driver).__name__

    assert driver(of("p"), posted("rare")) == "KeysTerm"
    assert driver(of("p"), posted("p")) == "SubjectsTerm"
    assert driver(of("p"), posted("rare"), counts=NONE) == "SubjectsTerm"
    assert driver(of("p"), ByIds(("a",))) == "IdsTerm"
    assert driver(of("p"), code("c1")) == "SubjectsTerm"
    assert driver(Missing(1, missing=True)) == "NoneType"
    assert driver(tok("a"), family()) == "TextTerm"
    assert driver(HasText(NAME, (Span(part="abc"),))) == "NoneType"


def test_a_chain_without_a_place_to_look_only_filters():
    blind = Chain(subject_parameter(), "Patient", tok("a"), by_subject=True)
    bound = plan_of(Search("Observation", (blind,)), NONE, Wish())
    assert (bound.plan.way, bound.plan.driver) == (Way.GATHER, None)
    beside = plan_of(Search("Observation", (blind, code("c"))), NONE, Wish())
    assert beside.plan.way is Way.CODE


def test_times_are_bound_as_times():
    bound = bound_of(CASES["patient and date"])
    assert sum(isinstance(value, datetime) for value in bound.values.values()) == 2
    assert json.dumps(sorted(bound.values)) == json.dumps(sorted(bound.values))
