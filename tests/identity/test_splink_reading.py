"""Conditions of Splink models are understood, or refused by name."""

import pytest

from careweave.identity._columns import score_columns
from careweave.identity._splink_import import import_splink
from careweave.identity._splink_sql import compiled, equal_columns, read_condition
from careweave.terms import Incorrect


def holds(sql, left, right):
    return compiled(read_condition(sql))(left, right)


@pytest.mark.parametrize(
    ("sql", "left", "right", "expected"),
    [
        ('"a_l" = "a_r"', {"a": "x"}, {"a": "x"}, True),
        ("a_l = A_R", {"a": "x"}, {"a": "y"}, False),
        ("`a b_l` = `a b_r`", {"a b": "x"}, {"a b": "x"}, True),
        ('"a_l" = "a_r"', {"a": None}, {"a": "y"}, None),
        ('"a_l" <> "a_r" AND "a_l" != \'q\'', {"a": "x"}, {"a": "y"}, True),
        ('"a_l" IS NULL OR "a_r" IS NULL', {"a": "x"}, {}, True),
        ('"a_l" is not null', {"a": "x"}, {}, True),
        ('NOT ("a_l" = "a_r")', {"a": "x"}, {"a": "y"}, True),
        ('NOT "a_l" = "a_r"', {"a": "x"}, {}, None),
        ('"a_l" = "a_r" AND "b_l" = "b_r"', {"a": "x"}, {"a": "x"}, None),
        ('"a_l" = "a_r" AND "b_l" = "b_r"', {"a": "x"}, {"a": "y"}, False),
        ('"a_l" = "a_r" OR "b_l" = "b_r"', {"a": "x"}, {"a": "y"}, None),
        ('"a_l" = "a_r" OR "b_l" = "b_r" OR "c_l" = "c_r"', {"c": "1"}, {"c": "1"}, True),
        ("\"a_l\" = 'it''s'", {"a": "it's"}, {}, True),
        ('"a_l" = NULL', {"a": "x"}, {}, None),
        ('ABS("a_l" - "a_r") <= 3', {"a": 5.0}, {"a": 7.0}, True),
        ('ABS("a_l" - "a_r") <= 3', {"a": "5"}, {"a": "9"}, False),
        ('ABS("a_l" - "a_r") <= 3', {"a": "five"}, {"a": "9"}, None),
        ('("a_l" + 1) * 2 / "a_r" >= 4', {"a": 1.0}, {"a": 1.0}, True),
        ('"a_l" / "a_r" > 4', {"a": 1.0}, {"a": 0.0}, None),
        ('"a_l" < 4', {"a": "x"}, {}, None),
        ("lower(a_l) = upper(a_r)", {"a": "X"}, {"a": "x"}, False),
        ("trim(a_l) = a_r", {"a": " x "}, {"a": "x"}, True),
        ("length(a_l) = 3", {"a": "zoë"}, {}, True),
        ("substr(a_l, 2) = 'bc'", {"a": "abc"}, {}, True),
        ("substring(a_l, 1, 2) = 'ab'", {"a": "abc"}, {}, True),
        ("coalesce(a_l, a_r, 'q') = 'q'", {}, {}, True),
        ("nullif(a_l, '') is null", {"a": ""}, {}, True),
        ("cast(a_l as text) = '5'", {"a": 5.0}, {}, True),
        ("cast(a_l as varchar) = 'x'", {"a": "x"}, {}, True),
        ("regexp_extract(a_l, '^([a-z]+)[0-9]', 1) = 'ab'", {"a": "ab1"}, {}, True),
        ("regexp_extract(a_l, '^([a-z]+)?[0-9]', 1) = ''", {"a": "1"}, {}, True),
        ("regexp_extract(a_l, '^[0-9]') = ''", {"a": "x"}, {}, True),
        ("epoch(a_l) = 0", {"a": "1970-01-01"}, {}, True),
        ("epoch(try_strptime(a_l, '%d/%m/%Y')) = 86400", {"a": "02/01/1970"}, {}, True),
        ("try_strptime(a_l, '%Y-%m-%d') is null", {"a": "1970-02-30"}, {}, True),
        ("jaccard(a_l, a_r) >= 0.8", {"a": "martha"}, {"a": "marhtax"}, True),
        ("jaccard(a_l, a_r) >= 0.8", {"a": ""}, {"a": "x"}, None),
        ("jaro_winkler_similarity(a_l, a_r) >= 0.1", {"a": ""}, {"a": ""}, False),
        ("levenshtein(a_l, a_r) <= 1", {"a": "zoë"}, {"a": "zoe"}, False),
    ],
)
def test_a_condition_means_what_it_means_in_sql(sql, left, right, expected):
    assert holds(sql, left, right) is expected


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "a_l =",
        "a_l = a_r a_l",
        "a = b",
        "_l = _r",
        "a_l LIKE 'x%'",
        "soundex(a_l) = soundex(a_r)",
        "levenshtein(a_l) <= 1",
        "array_length(list_intersect(a_l, a_r)) >= 1",
        "case when a_l = a_r then 1 else 0 end = 1",
        "cast(a_l as date) = a_r",
        "cast(a_l, a_r)",
        "a_l is 3",
        "a_l is not 3",
        "(a_l = a_r",
        "regexp_extract(a_l, '[') = ''",
        "regexp_extract(a_l, 'x', 1) = ''",
        "regexp_extract(a_l, a_r) = ''",
        "regexp_extract(a_l, 'x', a_r) = ''",
        "try_strptime(a_l, '%Y-%q') is null",
        "try_strptime(a_l, a_r) is null",
        "substring(a_l, a_r) = ''",
        "a_l = a_r; drop",
        "* a_l",
        " AND ".join(["a_l = a_r"] * 100),
        "a_l = 'open",
    ],
)
def test_a_shape_that_is_not_known_is_refused(sql):
    with pytest.raises(Incorrect):
        read_condition(sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('"A_l" = "a_r"', {"a"}),
        ("a_l = a_r AND b_r = b_l", {"a", "b"}),
        ("a_l = a_r AND levenshtein(b_l, b_r) <= 1", set()),
        ("a_l = b_r", set()),
        ("a_l = a_l", set()),
        ("a_l = 'x'", set()),
        ("a_l = a_r OR b_l = b_r", set()),
    ],
)
def test_the_columns_that_a_condition_wants_equal_are_found(sql, expected):
    assert equal_columns(read_condition(sql)) == expected


NULL = {"sql_condition": "a_l IS NULL OR a_r IS NULL", "is_null_level": True}
EXACT = {"sql_condition": "a_l = a_r", "m_probability": 0.9, "u_probability": 0.1}
ELSE = {"sql_condition": " else ", "m_probability": 0.1, "u_probability": 0.9}


def document(*levels, **more):
    return {
        "comparisons": [{"output_column_name": "a", "comparison_levels": list(levels)}],
        **more,
    }


def places(written):
    with pytest.raises(Incorrect) as refused:
        import_splink(written)
    return [issue.where for issue in refused.value.issues]


PLACE = "comparisons[0].comparison_levels"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ["comparisons"]),
        (document(NULL, EXACT), [PLACE, PLACE]),
        (document(ELSE, EXACT), [PLACE]),
        (document(), [PLACE, PLACE]),
        (document(NULL, ELSE), [PLACE]),
        (
            document({**EXACT, "sql_condition": "soundex(a_l) = 1"}, ELSE),
            [f"{PLACE}[0].sql_condition"],
        ),
        (document({**EXACT, "sql_condition": None}, ELSE), [f"{PLACE}[0].sql_condition"] * 2),
        (document({**EXACT, "m_probability": 0}, ELSE), [f"{PLACE}[0].m_probability"]),
        (document({**EXACT, "u_probability": "x"}, ELSE), [f"{PLACE}[0].u_probability"] * 2),
        (
            document({**EXACT, "tf_adjustment_column": "b"}, ELSE),
            [f"{PLACE}[0].tf_adjustment_column"],
        ),
        (
            document(EXACT, ELSE, probability_two_random_records_match=1),
            ["probability_two_random_records_match"],
        ),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_with_every_place(written, expected):
    assert places(written) == expected


def weight(written, left, right, terms=None):
    scored = score_columns({"a": left}, {"a": right}, import_splink(written), terms or {})
    return round(scored.weight, 4)


PRIOR = -13.2876


def test_levels_that_were_not_trained_have_the_shares_of_splink():
    bare = [{"sql_condition": one["sql_condition"]} for one in (EXACT, ELSE)]
    assert weight(document(NULL, *bare), "x", "x") == round(PRIOR + 10, 4)
    assert weight(document(NULL, *bare), "x", "y") == round(PRIOR - 5, 4)
    three = [bare[0], {"sql_condition": "levenshtein(a_l, a_r) <= 1"}, bare[1]]
    assert weight(document(*three), "x", "y") == round(PRIOR + 3, 4)
    assert weight(document(NULL, *bare), None, "y") == PRIOR


def test_a_level_that_training_never_met_is_taken_for_rare():
    never = "level not observed in training dataset"
    written = document({**EXACT, "u_probability": never}, ELSE)
    assert weight(written, "x", "x") == pytest.approx(PRIOR + 19.7796, abs=1e-3)


def test_a_term_that_one_side_alone_has_in_the_table_counts():
    level = {**EXACT, "sql_condition": "a_l = a_r", "tf_adjustment_column": '"A"'}
    similar = {"sql_condition": "levenshtein(a_l, a_r) <= 1", "tf_adjustment_column": "a"}
    shares = {"m_probability": 0.05, "u_probability": 0.05}
    written = document(level, {**similar, **shares}, {**ELSE, "m_probability": 0.05})
    assert weight(written, "xx", "xy", {"a": {"xx": 0.2}}) == PRIOR - 1
    assert weight(written, "xx", "xy", {"a": {"xx": 0.05, "xy": 0.2}}) == PRIOR - 1
    assert weight(written, "xx", "xy", {"a": {}}) == PRIOR
    assert weight(written, "xx", "zz", {"a": {"xx": 0.2}}) == round(PRIOR - 4.1699, 4)
    own = {**similar, **shares, "disable_tf_exact_match_detection": True}
    written = document(level, own, {**ELSE, "m_probability": 0.05})
    assert weight(written, "xx", "xy", {"a": {"xx": 0.2}}) == PRIOR - 2
