"""What arrives and is not used is counted, without keeping what it was."""

import json
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from careweave.sources import (
    Coverage,
    CoverageNote,
    DriftKind,
    LiveCheck,
    LiveOutcome,
    coverage,
    drift,
    forget_coverage,
    forget_live,
    live_checks,
    note_coverage,
    note_live,
)
from careweave.terms import Heading, SubjectId

NOW = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def note(message=1, at=NOW, *, mapped=("PID-5",), unmapped=(), codes=(), findings=(), source="pas"):
    found = Coverage(frozenset(mapped), tuple(unmapped), tuple(codes))
    return CoverageNote(source, "uk-adt@4", "ADT^A01", message, at, found, findings)


def test_the_report_counts_fields_values_codes_and_findings(session):
    values = ["7", "7", "7", "8"]
    notes = [
        note(
            number,
            NOW + number * timedelta(seconds=1),
            mapped=("PID-5", "PID-7", "PV1-2"),
            unmapped=[("ZBD-2", value)],
            codes=[("nok", "NBR", "Neighbour")],
            findings=("unmapped-code", "unmapped-code"),
        )
        for number, value in enumerate(values, 1)
    ]
    note_coverage(session, notes[:3])
    note_coverage(session, notes[3:])
    found = coverage(session, "pas", now=NOW)
    (kind,) = found.kinds
    assert (kind.kind, kind.n_messages, kind.used_share) == ("ADT^A01", 4, 0.75)
    (path,) = found.paths
    assert (path.path, path.n_messages, path.values, path.has_more) == ("ZBD-2", 4, (3, 1), False)
    assert (path.first_at, path.last_at) == (notes[0].at, notes[3].at)
    assert path.example == 4
    (code,) = found.codes
    assert (code.table, code.code, code.display, code.n) == ("nok", "NBR", "Neighbour", 4)
    (finding,) = found.findings
    assert (finding.finding, finding.n_messages) == ("unmapped-code", 4)


def test_no_value_is_kept_and_equal_values_of_two_fields_cannot_be_told(database):
    canary = "9990000018"
    with database.session() as session:
        note_coverage(session, [note(unmapped=[("ZID-1", canary), ("ZID-2", canary)])])
    with psycopg.connect(database.url) as connection:
        rows = connection.execute("SELECT u::text FROM sources.unmapped u").fetchall()
        tops = connection.execute("SELECT top FROM sources.unmapped").fetchall()
    assert canary not in json.dumps(rows)
    digests = [set(top) for (top,) in tops]
    assert len(digests) == 2
    assert not digests[0] & digests[1]


def test_the_most_frequent_values_stay_and_the_rest_is_counted(session):
    notes = [note(1, unmapped=[("ZID-1", str(value))]) for value in range(90)]
    notes += [note(1, unmapped=[("ZID-1", "often")]) for _ in range(5)]
    for at in range(0, len(notes), 10):
        note_coverage(session, notes[at : at + 10])
    (path,) = coverage(session, now=NOW).paths
    assert path.values[0] == 5
    assert len(path.values) == 20
    assert path.has_more
    assert path.n_messages == 95


def test_noting_takes_the_same_number_of_statements_however_many_notes(session):
    def sent(n):
        notes = [
            note(at, unmapped=[(f"Z{at % 7}-1", "x")], codes=[("t", str(at), "")], findings=("f",))
            for at in range(n)
        ]
        before = session.n_sent
        note_coverage(session, notes)
        return session.n_sent - before

    sent(1)
    assert sent(1) == sent(300) <= 6


@pytest.mark.parametrize("code", ["NBR", "I20.9", "demo-x", "44054006", "A/b+c*1", "x" * 32])
def test_what_reads_like_a_code_is_shown_with_its_display(session, code):
    note_coverage(session, [note(codes=[("t", code, "a\nb\x00" + "y" * 500)])])
    (found,) = coverage(session, now=NOW).codes
    assert found.code == code
    assert found.display.startswith("a b ")
    assert len(found.display) == 120


@pytest.mark.parametrize(
    "text",
    ["lives with Tobias", "9990000018", "A999000001", "07700900123", "", "x" * 33, "\u202eabc"],
)
def test_free_text_in_the_place_of_a_code_is_counted_and_not_kept(session, text):
    note_coverage(session, [note(codes=[("t", text, "a display")]) for _ in range(2)])
    note_coverage(session, [note(codes=[("t", "other text", "")])])
    first, second = coverage(session, now=NOW).codes
    assert (first.n, second.n) == (2, 1)
    assert first.code.startswith("#")
    assert first.code != second.code
    assert first.display == ""


def test_the_report_forgets_what_did_not_come_for_thirty_days(session):
    note_coverage(session, [note(at=NOW - 40 * DAY, unmapped=[("ZBD-1", "x")])])
    assert coverage(session, now=NOW).paths == ()


def days(first, last):
    return [NOW - back * DAY for back in range(first, last - 1, -1)]


def filled(at, n, **more):
    return [note(number, at, **more) for number in range(n)]


def test_nothing_drifts_while_all_goes_on(session):
    for at in days(8, 0):
        note_coverage(session, filled(at, 25, unmapped=[("ZBD-1", "x")]))
    assert drift(session, NOW) == ()


def test_a_source_that_is_new_itself_gives_no_alarm(session):
    note_coverage(session, filled(NOW, 25, unmapped=[("ZBD-1", "x")], codes=[("t", "c", "")]))
    assert drift(session, NOW) == ()


def test_a_field_and_a_code_that_were_never_there_are_told(session):
    note_coverage(session, filled(NOW - DAY, 25, mapped=("PID-5",) * 1))
    came = {"unmapped": [("ZBD-9", "x")], "codes": [("nok", "NEW", "")]}
    note_coverage(session, filled(NOW, 1, mapped=("PID-5",), **came))
    told = {(one.kind, one.where) for one in drift(session, NOW)}
    assert (DriftKind.NEW_PATH, "ADT^A01 ZBD-9") in told
    assert (DriftKind.NEW_CODE, "nok NEW") in told


def test_a_field_that_was_missing_for_a_month_counts_as_new(session):
    note_coverage(session, filled(NOW - 40 * DAY, 1, unmapped=[("ZBD-9", "x")]))
    note_coverage(session, filled(NOW - DAY, 1))
    note_coverage(session, filled(NOW, 1, unmapped=[("ZBD-9", "x")]))
    assert [one.kind for one in drift(session, NOW)] == [DriftKind.NEW_PATH]


def test_a_column_that_empties_is_told(session):
    both = ("PID-5", "PID-11")
    for at in days(7, 1):
        note_coverage(session, filled(at, 25, mapped=both))
    note_coverage(session, filled(NOW, 40) + filled(NOW, 1, mapped=both))
    (told,) = drift(session, NOW)
    assert (told.kind, told.where) == (DriftKind.COLUMN_EMPTIED, "ADT^A01 PID-11")
    assert told.before_share == 1
    assert told.now_share == pytest.approx(1 / 41)


def test_a_share_of_few_messages_says_nothing(session):
    for at in days(7, 1):
        note_coverage(session, filled(at, 25, mapped=("PID-5", "PID-11")))
    note_coverage(session, filled(NOW, 3))
    assert drift(session, NOW) == ()


def test_a_fall_of_coverage_is_told_from_more_than_a_point(session):
    ten = tuple(f"PID-{at}" for at in range(1, 11))
    for at in days(7, 1):
        note_coverage(session, filled(at, 25, mapped=ten, unmapped=[("ZBD-1", "x")]))
    note_coverage(session, filled(NOW, 25, mapped=ten[:8], unmapped=[("ZBD-1", "x")]))
    kinds = {one.kind for one in drift(session, NOW)}
    assert DriftKind.COVERAGE_FELL in kinds


def test_old_days_are_forgotten(session):
    note_coverage(session, [note(at=NOW - 70 * DAY), note()])
    assert forget_coverage(session, now=NOW) == 1


def check(minutes=0, outcome=LiveOutcome.ANSWERED, subject=7):
    at = NOW + timedelta(minutes=minutes)
    return LiveCheck("gp", SubjectId(subject), Heading.MED, at, outcome)


def test_the_last_answer_of_a_live_source_holds(session):
    note_live(session, [check(1, LiveOutcome.SILENT), check(0)])
    note_live(session, [check(-5, LiveOutcome.FAILED)])
    note_live(session, [check(subject=8)])
    assert live_checks(session, [SubjectId(7)], since=NOW - DAY) == (check(1, LiveOutcome.SILENT),)
    assert live_checks(session, [SubjectId(7)], since=NOW + DAY) == ()
    assert forget_live(session, now=NOW + DAY + timedelta(minutes=1)) == 1


def test_a_day_is_that_of_utc(session):
    note_coverage(session, [note(at=datetime(2026, 3, 14, 23, 59, tzinfo=UTC))])
    assert coverage(session, now=NOW + DAY).kinds[0].n_messages == 1
    assert date(2026, 3, 14) == NOW.date()
