"""Reading a resource: what is taken keeps its bytes, what is refused names its place."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import LIMITS, Limits, read_json, read_value, write_json
from careweave.terms import CareweaveError, Incorrect, TooLong

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4
)
NUMBERS = st.integers(-(10**17), 10**17) | DECIMALS
SIMPLE = st.none() | st.booleans() | NUMBERS | TEXT
NAMES = st.text(st.characters(codec="ascii", categories=["Ll", "Lu"]), min_size=1, max_size=8)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
MEMBERS = st.dictionaries(
    NAMES.filter(lambda name: name not in {"id", "resourceType"}), VALUES, max_size=5
)


@given(VALUES)
def test_what_is_written_is_read_as_the_same_value(value):
    assert read_value(write_json(value)) == value


@given(MEMBERS)
def test_a_resource_keeps_its_bytes_and_its_members(members):
    body = write_json({"resourceType": "Basic", **members})
    resource = read_json(body)
    assert resource.body is body
    assert resource.value == {"resourceType": "Basic", **members}


@given(MEMBERS, st.sampled_from([None, "\t", 2]))
def test_what_the_standard_library_writes_is_read_alike(members, indent):
    value = json.loads(write_json({"resourceType": "Basic", **members}), parse_float=str)
    body = json.dumps(value, indent=indent, ensure_ascii=True).encode()
    assert read_json(body).value == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_place(data):
    _reads_or_names_the_place(data)


@given(MEMBERS, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_damaged_resource_is_read_or_refused_with_a_place(members, at, noise):
    body = write_json({"resourceType": "Basic", **members})
    _reads_or_names_the_place(body[:at] + noise + body[at + len(noise) :])


def _reads_or_names_the_place(data):
    for read in (read_json, read_value):
        with suppress(CareweaveError):
            read(data)
            continue
        with pytest.raises(CareweaveError) as caught:
            read(data)
        assert caught.value.where


@pytest.mark.parametrize(
    "digits", ["72.50", "0.10", "-0.000", "1E+2", "100", "0.0000001", "1.0e-7"]
)
def test_a_decimal_keeps_its_digits(digits):
    resource = read_json(b'{"resourceType":"Basic","n":%b}' % digits.encode())
    number = resource.value["n"]
    assert digits.encode() in resource.body
    assert Decimal(number).as_tuple() == Decimal(digits).as_tuple()
    assert read_value(write_json(number)) == number


def test_a_decimal_is_written_as_it_came():
    body = b'{"value":[72.50,0.10,0.0000001,-0.00,100,12345.6789]}'
    assert write_json(read_value(body)) == body


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"resourceType":"Patient","name":[{"family":"a"},{"family":"b","family":"c"}]}',
         "Patient.name[1].family"),
        ('{"resourceType":"Patient","id":"a","id":"b"}', "Patient.id"),
        ('{"resourceType":"Patient","resourceType":"Patient"}', "Patient.resourceType"),
        ('{"resourceType":"Patient","a\\u0062":1,"ab":2}', "Patient.ab"),
        ('{"resourceType":"Patient","a":{"\\u0000":1}}', "Patient.a.?"),
        ('{"resourceType":"Patient","n":NaN}', "Patient.n"),
        ('{"resourceType":"Patient","n":[0,Infinity]}', "Patient.n[1]"),
        ('{"resourceType":"Patient","n":-Infinity}', "Patient.n"),
        ('{"resourceType":"Patient","n":1e999}', "Patient.n"),
        ('{"resourceType":"Patient","n":1e-99999999999999999999}', "Patient.n"),
        ('{"resourceType":"Patient","n":1234567890123456789}', "Patient.n"),
        ('{"resourceType":"Patient","n":0.1234567890123456789}', "Patient.n"),
        ('{"resourceType":"Patient","n":' + "9" * 5000 + "}", "Patient.n"),
        ('{"resourceType":"Patient","s":"\\ud800"}', "Patient.s"),
        ('{"resourceType":"Patient","s":["\\udc00\\ud800"]}', "Patient.s[0]"),
        ('{"resourceType":"Patient","s":"\\u0000"}', "Patient.s"),
        ('{"resourceType":"Patient","s":"\\b"}', "Patient.s"),
        ('{"resourceType":"Patient","s":"\\uFFFF"}', "Patient.s"),
        ('{"resourceType":"Patient","s":"\uffff"}', "Patient.s"),
        ('{"resourceType":"Patient","not a name":{"x":NaN}}', "Patient.?.x"),
        ('{"resourceType":"Patient","s":"\x01"}', "line 1, column 32"),
        ('{"resourceType":"Patient",\n"n":01}', "line 2, column 6"),
        ('{"resourceType":"Patient",}', "line 1, column 27"),
        ('{"resourceType":"Patient"} {}', "line 1, column 28"),
        ('{"resourceType":"Patient"', "line 1, column 26"),
        ("", "line 1, column 1"),
        ('[{"resourceType":"Patient"}]', "line 1"),
        ('"Patient"', "line 1"),
        ("{}", "resourceType"),
        ('{"resourceType":1}', "resourceType"),
        ('{"resourceType":"../etc"}', "resourceType"),
        ('{"resourceType":"Patient","id":1}', "Patient.id"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_place(text, where):
    with pytest.raises(Incorrect) as caught:
        read_json(text.encode())
    assert caught.value.where == where
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text", ["1" * 18, "0." + "1" * 17 + "1", "0.000000000000000000001", "-" + "9" * 18, "1e308"]
)
def test_eighteen_digits_are_taken(text):
    assert read_value(text.encode()) == Decimal(text)


def test_the_second_half_of_a_pair_is_no_lone_surrogate():
    resource = read_json(b'{"resourceType":"Basic","s":"\\ud83d\\ude00 \\u00e9 \\u2028"}')
    assert resource.value["s"] == "\U0001f600 \u00e9 \u2028"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{\x00}\x00", b'{"resourceType":"Patient","s":"\xe9"}', b"\xed\xa0\x80"]
)
def test_only_utf8_is_taken(data):
    with pytest.raises(Incorrect, match="UTF-8"):
        read_json(data)


def test_a_byte_order_mark_is_refused_with_its_reason():
    with pytest.raises(Incorrect, match="byte order mark"):
        read_json(b'\xef\xbb\xbf{"resourceType":"Patient"}')


def _nested(depth, left="[", right="]"):
    return (
        '{"resourceType":"Basic","a":' + left * (depth - 1) + right * (depth - 1) + "}"
    ).encode()


def test_depth_64_is_taken_and_65_is_not():
    read_json(_nested(64))
    with pytest.raises(Incorrect, match="64 deep"):
        read_json(_nested(65))
    with pytest.raises(Incorrect, match="64 deep"):
        read_json(_nested(100_000))


def test_brackets_in_strings_neither_count_nor_hide_depth():
    read_json(b'{"resourceType":"Basic","s":"' + b"[{" * 500 + b'\\"[[[ \\\\"}')
    hiding = b'["}]",' * 80 + b"0" + b"]" * 80
    with pytest.raises(Incorrect, match="64 deep"):
        read_value(hiding)


def test_mixed_brackets_count_one_level_each():
    with pytest.raises(Incorrect, match="64 deep"):
        read_value(b'[{"a":' * 33 + b"0" + b"}]" * 33)
    read_value(b'[{"a":' * 32 + b"0" + b"}]" * 32)


def test_the_number_of_values_is_bounded():
    small = Limits(nodes=100)
    assert read_value(b"[" + b"0," * 98 + b"0]", limits=small)
    with pytest.raises(TooLong):
        read_value(b"[" + b"[]," * 99 + b"0]", limits=small)


def test_a_string_has_a_longest_length_but_base64_data_has_not():
    limits = Limits(string=100)
    attachment = {"resourceType": "Binary", "contentType": "a/b", "data": "QUJD" * 100}
    assert read_json(write_json(attachment), limits=limits).value == attachment
    with pytest.raises(TooLong) as caught:
        read_json(write_json({**attachment, "contentType": "x" * 101}), limits=limits)
    assert caught.value.where == "Binary.contentType"
    with pytest.raises(TooLong):
        read_json(write_json({**attachment, "data": "<" * 101}), limits=limits)
    read_json(write_json({"resourceType": "Basic", "s": '"' * 100}), limits=limits)


def test_the_size_is_bounded_before_anything_is_read():
    body = b'{"resourceType":"Basic"}'
    read_json(body, limits=Limits(size=len(body)))
    with pytest.raises(TooLong) as caught:
        read_json(body, limits=Limits(size=len(body) - 1))
    assert caught.value.status == 413
    assert LIMITS.size == 25 * 1024 * 1024


def test_no_message_repeats_what_was_sent():
    for text in (
        '{"resourceType":"Patient","Jane Roe":1,"Jane Roe":2}',
        '{"a":"Jane Roe}',
        '{"Jane Roe" 1}',
    ):
        with pytest.raises(Incorrect) as caught:
            read_json(text.encode())
        assert "Jane" not in str(caught.value) + str(caught.value.where)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_any_object_is_taken_where_no_resource_is_expected():
    value = read_json(b'{"a":1.0}', expect_resource=False)
    assert (value.type, value.value) == ("", {"a": Decimal("1.0")})
