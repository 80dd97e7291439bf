"""Laws of delimited files: every byte accounted for, one bad row costs itself, nothing is guessed."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careweave.formats import CsvLimits, CsvSettings, IdentifierRule, read_csv
from careweave.terms import Incorrect, TooLong

PLAIN = CsvSettings()


def cells(data: bytes, settings: CsvSettings = PLAIN) -> list[dict[str, str]]:
    return [row.cells for row in read_csv(data, settings).rows]


def refused(data: bytes, settings: CsvSettings = PLAIN) -> str:
    with pytest.raises(Incorrect) as caught:
        list(read_csv(data, settings).rows)
    return caught.value.issues[0].code


texts = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=9)
inner = st.text(st.sampled_from('a"é,\n;\r\nß '), max_size=6)


@given(st.lists(st.tuples(inner, texts, inner), max_size=8), st.sampled_from([",", ";", "\t"]))
@example([('"', "", "\r\n")], ",")
def test_what_a_writer_of_the_standard_library_writes_is_read_back(rows, delimiter):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("A", "B", "C"), *rows])
    table = read_csv(out.getvalue().encode(), CsvSettings(delimiter=delimiter))
    kept = [tuple(row) for row in rows if any(row)]
    assert [tuple(row.cells.values()) for row in table.rows] == kept
    assert table.faults == []


@given(st.lists(st.tuples(inner, texts), min_size=1, max_size=8), st.booleans())
def test_line_and_offset_point_at_the_bytes_of_the_row(rows, marked):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("A", "B"), *rows])
    data = (b"\xef\xbb\xbf" if marked else b"") + out.getvalue().encode()
    for row in read_csv(data, PLAIN).rows:
        first = out.getvalue().encode().count(b"\n", 0, row.offset - 3 * marked)
        assert row.line == first + 1
        assert data[row.offset :].startswith(('"' + row.cells["A"].replace('"', '""')).encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_is_read(end, last):
    data = end.join(["A,B", "1,2", "", "3,4"]) + end * last
    assert cells(data.encode()) == [{"A": "1", "B": "2"}, {"A": "3", "B": "4"}]


def test_encodings_are_tried_in_order_and_strictly():
    data = "Name\nSeán – “x”\n".encode("cp1252")
    table = read_csv(data, PLAIN)
    assert table.encoding == "cp1252"
    assert next(table.rows).cells["Name"] == "Seán – “x”"
    assert refused(data, CsvSettings(encodings=("utf-8",))) == "encoding"
    assert refused(b"A\n\x81\n", PLAIN) == "encoding"


def test_a_byte_order_mark_is_no_part_of_a_name():
    table = read_csv(b"\xef\xbb\xbfA,B\n1,2\n", CsvSettings(encodings=("utf-8",)))
    assert table.header == ("A", "B")
    assert [finding.code for finding in table.findings] == ["bom"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"A,B\n1,\x002\n", "nul"),
        (b"A,A\n1,2\n", "header"),
        (b'A,"B\n1,2\n', "header"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(data, code):
    assert refused(data) == code


def test_a_row_of_another_length_is_put_aside_with_its_place_and_the_file_goes_on():
    table = read_csv("A,B\né,2\n1,2,3\n3,4\n".encode(), PLAIN)
    assert [row.cells["A"] for row in table.rows] == ["é", "3"]
    (fault,) = table.faults
    assert (fault.line, fault.offset, fault.code, fault.text) == (3, 9, "row-length", "1,2,3")


@pytest.mark.parametrize("bad", ['"1"x,2', '1,"2', '"1,2'])
def test_a_stray_quote_costs_its_own_row_only(bad):
    rows = "".join(f"{n},x\n" for n in range(300))
    table = read_csv(f"A,B\n0,0\n{bad}\n{rows}".encode(), PLAIN)
    assert [row.cells["A"] for row in table.rows][1:] == [str(n) for n in range(300)]
    assert {fault.code for fault in table.faults} <= {"row-quotes", "row-length"}
    assert table.faults[0].line == 3


def test_more_than_one_row_in_a_hundred_makes_the_file_unreadable():
    good = "".join(f"{n},x\n" for n in range(300))
    list(read_csv(f"A,B\n1\n2\n{good}".encode(), PLAIN).rows)
    assert refused(f"A,B\n1\n2\n3\n4\n{good}".encode()) == "too-many-faults"


def test_the_order_of_columns_is_free_and_names_are_required():
    settings = CsvSettings(required=("B", "A"), optional=("C",))
    assert cells(b"B,X,A\n1,2,3\n", settings) == [{"B": "1", "X": "2", "A": "3"}]
    assert refused(b"B,C\n1,2\n", settings) == "header"
    odd = read_csv(b"B,X,A\n1,2,3\n", settings).findings
    assert [(finding.code, finding.where) for finding in odd] == [("column-unknown", "column 2")]


def test_the_name_of_an_unknown_column_is_told_to_nobody_for_it_may_be_a_person():
    settings = CsvSettings(required=("Ref",))
    with pytest.raises(Incorrect) as caught:
        read_csv(b"9990001014,Edna\n", settings)
    assert "Edna" not in str(caught.value)
    assert "9990001014" not in str(caught.value)
    known = CsvSettings(optional=("A",))
    assert "Edna" not in repr(read_csv(b"A,Edna\n1,2\n", known).findings)


def test_texts_that_stand_for_nothing_are_nothing():
    settings = CsvSettings(nulls=frozenset({"NULL", "N/A", "-"}))
    assert cells(b"A,B,C\nNULL, N/A ,x-\n", settings) == [{"A": "", "B": "", "C": "x-"}]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("2,5", "2.5"), ("1.234,50", "1234.50"), ("-0,10", "-0.10"), ("12", "12"), ("n/a", "n/a")],
)
def test_a_decimal_comma_becomes_a_point_in_columns_of_numbers_only(cell, kept):
    settings = CsvSettings(delimiter=";", decimal=",", numbers=("N",))
    assert cells(f"N;T\n{cell};2,5\n".encode(), settings) == [{"N": kept, "T": "2,5"}]


def test_a_day_number_is_a_date_only_where_that_is_declared():
    data = b"D,N\n44987,44987\n"
    declared = CsvSettings(dates=("D",), has_serial_dates=True)
    assert cells(data, declared) == [{"D": "2023-03-02", "N": "44987"}]
    assert cells(data, CsvSettings(dates=("D",))) == [{"D": "44987", "N": "44987"}]


@pytest.mark.attack(25)
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"])
def test_a_formula_is_text_like_any_other(text):
    assert cells(f"A,B\n{text},x\n".encode()) == [{"A": text, "B": "x"}]


@pytest.mark.parametrize(
    ("cell", "rule", "kept"),
    [
        ("9.99E+09", IdentifierRule(), None),
        ("9,99e+09", IdentifierRule(), None),
        ("9990001014", IdentifierRule(length=10), "9990001014"),
        ("999 000 1014", IdentifierRule(length=10), "999 000 1014"),
        ("123", IdentifierRule(length=6), None),
        ("123", IdentifierRule(length=6, is_padded=True), "000123"),
        ("TH123", IdentifierRule(length=6), "TH123"),
        ("", IdentifierRule(length=6), ""),
    ],
)
def test_a_mangled_identifier_spoils_its_row(cell, rule, kept):
    settings = CsvSettings(identifiers={"Id": rule}, delimiter=";")
    table = read_csv(f"Id;B\n{cell};x\n".encode(), settings)
    if kept is None:
        assert list(table.rows) == []
        assert [(f.code, f.column, f.line) for f in table.faults] == [("mangled-identifier", 1, 2)]
    else:
        assert [row.cells["Id"] for row in table.rows] == [kept]


def test_mangled_identifiers_alone_do_not_make_a_file_unreadable():
    settings = CsvSettings(identifiers={"Id": IdentifierRule()})
    table = read_csv(b"Id,B\n1E+09,x\n2E+09,x\n3E+09,x\nok,x\n", settings)
    assert len(list(table.rows)) == 1
    assert len(table.faults) == 3


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        (b"1,2\n3,4\nEND,2\n", None),
        (b"1,2\n3,4\nEND,3\n", "footer-count"),
        (b"1,2\n3,4\n", "footer-count"),
        (b"1,2\n3,4\nEND,x\n", "footer-count"),
        (b"END,0\n", None),
    ],
)
def test_a_footer_counts_the_rows(rest, code):
    settings = CsvSettings(footer="END")
    if code is None:
        assert len(cells(b"A,B\n" + rest, settings)) == rest.count(b"\n") - 1
    else:
        assert refused(b"A,B\n" + rest, settings) == code


def test_a_file_over_a_limit_is_refused():
    def limited(**bounds):
        return CsvSettings(limits=CsvLimits(**bounds))

    for settings in (limited(size=5), limited(lines=2), limited(columns=1)):
        with pytest.raises(TooLong):
            read_csv(b"A,B\n1,2\n3,4\n", settings)


def test_no_cell_is_longer_than_the_limit_of_the_reader():
    table = read_csv(b"A,B\nx," + b"y" * 200_000 + b"\n1,2\n", PLAIN)
    assert [row.cells["A"] for row in table.rows] == ["1"]
    assert [fault.code for fault in table.faults] == ["row-quotes"]


@given(st.binary(max_size=60))
@example(b'A,B\n"')
@example(b"A\r\rB\n")
def test_rubbish_is_read_or_refused(data):
    with suppress(Incorrect):
        table = read_csv(data, PLAIN)
        for row in table.rows:
            assert set(row.cells) == set(table.header)
