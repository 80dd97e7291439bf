"""Each kind of condition against rows made by hand, as a filter and as what drives."""

from dataclasses import replace
from decimal import Decimal

import pytest

from careweave.record import open_source, subjects
from careweave.record._nodes import (
    AllOf,
    Amount,
    AnyOf,
    ByIds,
    HasAmount,
    HasDate,
    HasText,
    Missing,
    Moment,
    Prefix,
    Span,
)
from tests.record.finding import (
    code,
    day,
    has,
    key,
    observe,
    of,
    patient,
    posted,
    seek,
    to_patient,
    tok,
)
from tests.record.lib import Desk, minutes, other, sight_of

NAME = key("name")
BORN = key("born")
SIZE = key("size")


@pytest.fixture
def desk(session):
    """Two patients of one organisation with a few observations each."""
    desk = Desk(session, "acute", "p1")
    second = other(desk, subjects(session, "acute", ["p2"])["p2"])
    patient(desk, "p1", strings=((NAME, "smith"), (NAME, "ann")), tok=(key("exact", "Smith"),))
    patient(second, "p2", strings=((NAME, "smithers"),), at=minutes(1))
    observe(desk, "o1", code=["bp"], on=day(1), tok=["final"], posted=["enc1"], at=minutes(2))
    observe(desk, "o2", code=["bp"], on=day(3), tok=["draft"], posted=["enc2"], at=minutes(3))
    observe(desk, "o3", code=["hr"], further=["bp"], on=day(2), tok=["final"], at=minutes(4))
    observe(second, "o4", code=["bp"], on=day(4), tok=["final", "has"], at=minutes(5))
    observe(second, "o5", on=None, tok=["final"], posted=["enc1", "enc2"], at=minutes(6))
    return desk


def test_a_patients_entries_come_newest_first_by_main_date(desk):
    assert seek(desk, of("p1")) == ["o2", "o3", "o1"]
    assert seek(desk, of("p2")) == ["o4", "o5"]
    assert seek(desk, of("p1", "p2")) == ["o4", "o2", "o3", "o1", "o5"]
    assert seek(desk, of("p9")) == []


def test_main_codes_find_first_and_further_codings(desk):
    assert seek(desk, code("bp")) == ["o4", "o2", "o3", "o1"]
    assert seek(desk, code("hr")) == ["o3"]
    assert seek(desk, code("hr", "bp")) == ["o4", "o2", "o3", "o1"]
    assert seek(desk, of("p1"), code("bp")) == ["o2", "o3", "o1"]
    assert seek(desk, of("p1"), code("hr")) == ["o3"]
    assert seek(desk, of("p1"), code("bp"), tok("final")) == ["o3", "o1"]
    assert seek(desk, code("bp"), tok("final")) == ["o4", "o3", "o1"]
    assert seek(desk, tok("final"), replace(code("bp"), negated=True)) == ["o5"]


def test_posted_and_unposted_keys(desk):
    assert seek(desk, posted("enc1")) == ["o5", "o1"]
    assert seek(desk, posted("enc1", "enc2")) == ["o5", "o2", "o1"]
    assert seek(desk, posted("enc1"), posted("enc2")) == ["o5"]
    assert seek(desk, of("p1"), posted("enc1", "enc2")) == ["o2", "o1"]
    assert seek(desk, tok("draft")) == ["o2"]
    assert seek(desk, tok("final", negated=True)) == ["o2"]
    assert seek(desk, of("p1"), tok("final", "draft")) == ["o2", "o3", "o1"]


def test_thousands_of_keys_mean_the_same(desk):
    many = [f"k{n}" for n in range(2000)]
    assert seek(desk, posted(*many, "enc1")) == ["o5", "o1"]
    assert seek(desk, of("p1"), tok(*many, "draft")) == ["o2"]
    assert seek(desk, tok(*many, "draft")) == ["o2"]
    assert seek(desk, of("p1"), tok(*many, "final", negated=True)) == ["o2"]
    assert seek(desk, code(*many, "hr")) == ["o3"]
    assert seek(desk, of("p1"), code(*many, "hr")) == ["o3"]
    assert seek(desk, of("p1"), tok(*many)) == []


def test_presence(desk):
    assert seek(desk, Missing(key("has"), missing=False)) == ["o4"]
    assert seek(desk, of("p1"), Missing(key("has"), missing=True)) == ["o2", "o3", "o1"]


def test_ids(desk):
    assert seek(desk, ByIds(("o1", "o4", "p1", "nothing"))) == ["o4", "o1"]
    assert seek(desk, ByIds(("p1",)), type_name="Patient") == ["p1"]
    assert seek(desk, of("p1"), ByIds(("o1", "o4"))) == ["o1"]
    assert seek(desk, ByIds(())) == []


def test_texts_by_beginning_part_and_exactly(desk):
    def by(*spans):
        return seek(desk, HasText(NAME, spans), type_name="Patient")

    start = Span("smith", "smith\U0010ffff")
    assert by(start) == ["p2", "p1"]
    assert by(Span("ann", "ann\U0010ffff")) == ["p1"]
    assert by(Span("ann", "ann\U0010ffff"), Span("smithe", "smithe\U0010ffff")) == ["p2", "p1"]
    assert by(Span(part="mith")) == ["p2", "p1"]
    assert by(Span(part="ither")) == ["p2"]
    assert by(Span("smith", exact_key=key("exact", "Smith"))) == ["p1"]
    assert by(Span("smith", exact_key=key("exact", "smith"))) == []
    assert by(Span("smith")) == ["p1"]
    assert seek(desk, of("p2"), HasText(NAME, (start,)), type_name="Patient") == ["p2"]


def when(prefix, low, high=None, **more):
    return HasDate(None, (Moment(prefix, day(low), day(high or low + 1)),), **more)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        (Prefix.EQ, ["o3"]),
        (Prefix.NE, ["o2", "o1"]),
        (Prefix.GT, ["o2"]),
        (Prefix.SA, ["o2"]),
        (Prefix.LT, ["o1"]),
        (Prefix.EB, ["o1"]),
        (Prefix.GE, ["o2", "o3"]),
        (Prefix.LE, ["o3", "o1"]),
        (Prefix.AP, ["o3"]),
    ],
)
def test_the_main_date_by_each_prefix(desk, prefix, found):
    assert seek(desk, of("p1"), when(prefix, 2)) == found
    assert seek(desk, of("p1"), code("bp"), when(prefix, 2)) == found
    either = HasDate(None, (Moment(prefix, day(2), day(3)), Moment(prefix, day(2), day(3))))
    assert seek(desk, of("p1"), either) == found


def test_several_moments_are_alternatives(desk):
    either = HasDate(None, (Moment(Prefix.EQ, day(1), day(2)), Moment(Prefix.SA, day(2), day(3))))
    assert seek(desk, of("p1"), either) == ["o2", "o1"]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        (Prefix.EQ, ["o2"]),
        (Prefix.NE, ["o5", "o4", "o3", "o1"]),
        (Prefix.GT, ["o5", "o4", "o3"]),
        (Prefix.GE, ["o5", "o4", "o3", "o2"]),
        (Prefix.LT, ["o1"]),
        (Prefix.LE, ["o2", "o1"]),
        (Prefix.SA, ["o5", "o4", "o3"]),
        (Prefix.EB, ["o1"]),
    ],
)
def test_when_updated_by_each_prefix(desk, prefix, found):
    node = HasDate(None, (Moment(prefix, minutes(3), minutes(3.5)),), updated=True)
    assert seek(desk, node) == found
    assert seek(desk, node, tok("final")) == [one for one in found if one != "o2"]


def test_dates_under_a_key_drive_and_filter(desk):
    desk.create("o6", dates=((BORN, day(5), day(6)),), at=minutes(7))
    desk.create("o7", dates=((BORN, day(7), day(8)), (BORN, day(9), day(10))), at=minutes(8))

    def by(prefix, low, high):
        return HasDate(BORN, (Moment(prefix, day(low), day(high)),))

    assert seek(desk, by(Prefix.EQ, 5, 6)) == ["o6"]
    assert seek(desk, by(Prefix.EQ, 1, 31)) == ["o7", "o6"]
    assert seek(desk, by(Prefix.GT, 5, 6)) == ["o7"]
    assert seek(desk, of("p1"), by(Prefix.GE, 5, 6)) == ["o6", "o7"]
    two = HasDate(BORN, (Moment(Prefix.EQ, day(5), day(6)), Moment(Prefix.EQ, day(9), day(10))))
    assert seek(desk, two) == ["o7", "o6"]


def amount(prefix, value, *units, margin="0.5"):
    exact = Decimal(value)
    return Amount(prefix, exact - Decimal(margin), exact + Decimal(margin), exact, units)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        (Prefix.EQ, ["o7"]),
        (Prefix.NE, ["o8", "o6"]),
        (Prefix.GT, ["o8"]),
        (Prefix.GE, ["o8", "o7"]),
        (Prefix.LT, ["o8", "o6"]),
        (Prefix.LE, ["o8", "o7", "o6"]),
        (Prefix.SA, []),
        (Prefix.EB, ["o6"]),
        (Prefix.AP, ["o8", "o7"]),
    ],
)
def test_amounts_by_each_prefix(desk, prefix, found):
    unit = key("mg")
    desk.create("o6", quantities=((SIZE, unit, Decimal(4), Decimal(4)),), at=minutes(7))
    desk.create("o7", quantities=((SIZE, unit, Decimal(5), Decimal(5)),), at=minutes(8))
    far = (Decimal("-Infinity"), Decimal("Infinity"))
    desk.create("o8", quantities=((SIZE, unit, *far),), at=minutes(9))
    assert seek(desk, of("p1"), HasAmount(SIZE, (amount(prefix, 5),))) == found[::-1]
    assert seek(desk, HasAmount(SIZE, (amount(prefix, 5, unit),))) == found
    assert seek(desk, of("p1"), HasAmount(SIZE, (amount(prefix, 5, key("kg")),))) == []


def test_alternatives_and_conjunctions(desk):
    either = AnyOf((code("hr"), posted("enc1")))
    assert seek(desk, of("p1"), either) == ["o3", "o1"]
    assert seek(desk, either) == ["o5", "o3", "o1"]
    both = AnyOf((AllOf((code("bp"), tok("draft"))), AllOf((code("bp"), when(Prefix.EQ, 1)))))
    assert seek(desk, both) == ["o2", "o1"]
    assert seek(desk, of("p1"), both) == ["o2", "o1"]
    assert seek(desk, AnyOf(())) == []
    assert seek(desk, AllOf((of("p1"), code("hr")))) == ["o3"]
    assert seek(desk, AnyOf((of("p2"), ByIds(("o1",))))) == ["o4", "o1", "o5"]


def smith(text="smith"):
    return HasText(NAME, (Span(text, text + "\U0010ffff"),))


def test_a_chain_along_the_subject(desk):
    assert seek(desk, to_patient(smith())) == ["o4", "o2", "o3", "o1", "o5"]
    assert seek(desk, to_patient(smith("smithe"))) == ["o4", "o5"]
    assert seek(desk, to_patient(smith()), code("bp")) == ["o4", "o2", "o3", "o1"]
    assert seek(desk, to_patient(smith("smithe")), code("bp")) == ["o4"]
    assert seek(desk, of("p1"), to_patient(smith("smithe"))) == []
    assert seek(desk, of("p1"), to_patient(smith())) == ["o2", "o3", "o1"]
    assert seek(desk, to_patient(smith()), tok("draft")) == ["o2"]
    assert seek(desk, AnyOf((to_patient(smith("smithe")), code("hr")))) == ["o5", "o4", "o3"]
    assert seek(desk, to_patient(ByIds(("p2",)))) == ["o4", "o5"]


def test_a_row_about_the_patient(desk):
    def by(*inner):
        return seek(desk, has("Observation", AllOf(inner)), type_name="Patient")

    assert by(code("bp")) == ["p2", "p1"]
    assert by(code("hr")) == ["p1"]
    assert by(code("bp"), tok("draft")) == ["p1"]
    assert by(tok("draft")) == ["p1"]
    assert by(code("none")) == []
    assert seek(desk, has("Observation", code("bp")), ByIds(("p2",)), type_name="Patient") == ["p2"]
    nested = has("Observation", AllOf((code("bp"), to_patient(smith("smithe")))))
    assert seek(desk, nested, type_name="Patient") == ["p2"]


def test_deleted_rows_do_not_exist(desk):
    desk.delete("o2", at=minutes(20))
    assert seek(desk, of("p1")) == ["o3", "o1"]
    assert seek(desk, code("bp")) == ["o4", "o3", "o1"]
    assert seek(desk, ByIds(("o2",))) == []
    assert seek(desk) == ["o5", "o4", "o3", "o1"]


def test_another_organisations_rows_do_not_exist_at_any_hop(desk, session):
    theirs = Desk(session, "council", "q1")
    patient(theirs, "q1", strings=((NAME, "smith"),), at=minutes(30))
    observe(theirs, "x1", code=["bp"], on=day(9), posted=["enc1"], at=minutes(31))
    # Their Observation about our patient's id, and ours about theirs: each in its own compartment.
    about = other(theirs, subjects(session, "council", ["p1"])["p1"])
    observe(about, "x2", code=["bp"], on=day(9), at=minutes(32))
    for where in (
        (),
        (code("bp"),),
        (posted("enc1"),),
        (of("q1", "p1"),),
        (to_patient(smith()),),
        (to_patient(smith()), code("bp")),
        (ByIds(("x1", "x2")),),
        (AnyOf((posted("enc1"), code("bp"))),),
    ):
        found = seek(desk, *where)
        assert not {"x1", "x2"} & set(found)
        assert len(found) == len(set(found))
    assert seek(desk, has("Observation", code("bp")), type_name="Patient") == ["p2", "p1"]
    assert seek(theirs, has("Observation", code("bp")), type_name="Patient") == ["q1"]
    both = other(desk, desk.subject)
    both.sight = sight_of(desk.source, theirs.source)
    assert seek(both, code("bp"))[:2] == ["x1", "x2"] or seek(both, code("bp"))[:2] == ["x2", "x1"]


def test_an_empty_sight_sees_nothing(desk, session):
    blind = other(desk, desk.subject)
    blind.sight = sight_of()
    assert seek(blind) == []
    assert seek(blind, code("bp")) == []
    assert seek(blind, of("p1")) == []
    nobody = other(desk, desk.subject)
    nobody.sight = sight_of(open_source(session, "nobody", "x", "y"))
    assert seek(nobody) == []
