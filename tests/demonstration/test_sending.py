"""What is sent: the same from the same seed, in order, valid, with no fault but the planted ones."""

import csv
import io
import itertools
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from careweave.demonstration import named, read_region, sent, trickle
from careweave.formats import check, hl7_time, read_hl7, read_json

REGION = Path(__file__).parents[2] / "region"
LONDON = ZoneInfo("Europe/London")
ALL = list(sent(REGION, until=31))
V2 = [one for one in ALL if one.body.lstrip(b"\xef\xbb\xbf").startswith(b"MSH")]
FHIR = [one for one in ALL if one.name is None and one.body.startswith(b"{")]
FILES = [one for one in ALL if one.name is not None]


def test_two_runs_are_the_same_to_the_byte():
    assert list(sent(REGION, until=31)) == ALL


def test_nothing_is_sent_before_what_was_sent_before_it():
    times = [one.at.timestamp() for one in ALL]
    assert times == sorted(times)


def test_everything_ends_at_eight_on_the_last_day():
    last = datetime(2026, 3, 18, 8, tzinfo=LONDON)
    few = list(sent(REGION, until=2))
    assert all(one.at <= last for one in few)
    assert few == [one for one in ALL if one.at <= last]


def test_every_source_that_sends_is_described_and_every_one_described_for_us_sends():
    described = {path.stem for path in (REGION / "sources").glob("*.yaml")}
    sending = {one.source for one in ALL}
    assert sending <= described
    for desk in read_region(REGION).desks.values():
        assert set(desk.sources.values()) <= described


def test_every_transaction_holds_valid_r4_under_the_prefix_of_its_source():
    for message in FHIR:
        source = yaml.safe_load((REGION / "sources" / f"{message.source}.yaml").read_text())
        for entry in json.loads(message.body)["entry"]:
            resource = entry["resource"]
            assert check(read_json(json.dumps(resource).encode())) == ()
            assert resource["id"].startswith(source["id_prefix"])
            assert entry["request"]["method"] == "PUT"


def test_every_reference_of_a_source_leads_to_what_it_sent_before_or_sends_with_it():
    known = {}
    for message in FHIR:
        entries = json.loads(message.body)["entry"]
        sent_so_far = known.setdefault(message.source, set())
        sent_so_far |= {entry["request"]["url"] for entry in entries}
        assert set(re.findall(rb'"reference":"([^"]+)"', message.body)) <= {
            place.encode() for place in sent_so_far
        }


def test_the_hospital_sends_sound_messages_with_no_finding_but_the_planted_ones():
    found = Counter()
    for message in V2:
        read = read_hl7(message.body)
        assert read.header.version == "2.4"
        found.update((finding.code, finding.where) for finding in read.findings)
    assert found == {("bom", "MSH"): 3}


def test_birth_dates_are_written_as_elsewhere_once_the_american_way():
    odd = Counter()
    for message in V2:
        born = read_hl7(message.body).get("PID-7")
        iso, _ = hl7_time(born, LONDON) if isinstance(born, str) else (None, ())
        if born and iso is None:
            odd[born] += 1
    assert odd == {"08/08/1984": 2}


def test_a_message_comes_twice_late_and_out_of_order():
    identical = Counter((one.source, one.body) for one in V2)
    assert [n for n in identical.values() if n > 1]
    events = [
        (at, read_hl7(one.body).get("EVN-6"))
        for at, one in enumerate(V2)
        if one.source == "nm-acute-docs" and b"notice" in one.body
    ]
    assert [when for _, when in events] != sorted(when for _, when in events)


def test_files_have_the_columns_of_their_first_line_in_every_row():
    for message in FILES:
        if not message.name.endswith(".csv"):
            continue
        is_gp = message.source.startswith("nm-tarnside")
        text = message.body.decode("cp1252" if is_gp else "utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if is_gp else ","))
        if is_gp:
            assert rows.pop() == ["TRAILER", str(len(rows) - 1)]
        assert {len(row) for row in rows} == {len(rows[0])}
        assert "\n" not in text.replace("\r\n", "").replace('-2+3, ""quoted""\nand', "")


def test_numbered_files_have_no_gap():
    numbers = {}
    for message in FILES:
        found = re.search(r"_(\d{6})\.(csv|json)$", message.name)
        if found:
            numbers.setdefault(message.source, []).append(int(found[1]))
    assert len(numbers) >= 6
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_the_council_sends_every_quarter_of_an_hour_even_when_all_is_quiet():
    times = [one.at for one in FILES if one.source == "nm-council-events"]
    gaps = {b.timestamp() - a.timestamp() for a, b in itertools.pairwise(times)}
    assert gaps == {900.0}


def test_the_surgery_renames_a_column_in_the_second_week_and_is_silent_for_four_days():
    files = {one.at.date(): one.body for one in FILES if one.source == "nm-tarnside-patients"}
    assert b"USUAL_GP" in files[date(2026, 3, 22)]
    assert b"REGISTERED_GP" in files[date(2026, 3, 23)]
    days = {(day - date(2026, 3, 16)).days for day in files}
    assert set(range(31)) - days == {14, 15, 16, 17}


def test_only_some_people_can_be_sent():
    few = list(sent(REGION, until=1, only={"edna-hartley"}))
    text = b"".join(one.body for one in few)
    assert b"Hartley" in text
    assert b"Okonkwo" not in text
    assert len(few) < len([one for one in ALL if one.at <= few[-1].at]) / 2


def test_the_named_people_come_in_the_order_of_the_sheet():
    keys = named(REGION)
    assert keys[:3] == ("edna-hartley", "colin-hartley", "susan-hartley-brook")
    assert keys[51] == "robert-drop-table"


def test_no_code_of_a_licensed_terminology_occurs_but_the_published_one():
    text = b"".join(one.body for one in FHIR)
    systems = set(re.findall(rb'"system":"([^"]+)"', text))
    assert not {one for one in systems if b"loinc" in one}
    assert set(re.findall(rb'snomed.info/sct","code":"(\d+)"', text)) <= {b"734163000"}


def test_nobody_can_be_reached_by_what_is_sent():
    for message in ALL:
        text = message.body.decode("utf-8", "replace")
        for number in re.findall(r"\b0(?:1632|7700) ?\d{3} ?\d{3}\b", text):
            assert re.fullmatch(r"01632 960\d{3}|07700 900\d{3}", number)


@pytest.fixture(scope="module")
def living():
    start = datetime(2026, 11, 22, 12, tzinfo=LONDON)
    stream = trickle(REGION, population=200, start=start)
    return [one for _, one in zip(range(600), stream, strict=False)]


def test_the_trickle_is_a_message_a_second_from_eight_systems(living):
    spent = (living[-1].at - living[0].at).total_seconds()
    assert len(living) / spent >= 1
    assert len({one.source for one in living}) >= 8


def test_the_trickle_goes_forward_and_brings_some_late_and_some_twice(living):
    assert all(b.at - a.at > timedelta(minutes=-5) for a, b in itertools.pairwise(living))
    v2 = [one.body for one in living if one.body.startswith(b"MSH")]
    assert len(set(v2)) < len(v2)
    late = [one for one in living if one.body.startswith(b"MSH") and _delay(one) > 15]
    assert late


def _delay(message):
    stamp = read_hl7(message.body).get("MSH-7")
    told = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=LONDON)
    return (message.at - told).total_seconds()


def test_two_starts_of_the_trickle_never_use_the_same_numbers(living):
    later = trickle(REGION, population=200, start=datetime(2026, 11, 22, 12, 10, tzinfo=LONDON))
    mine = {_control(one) for one in living}
    theirs = {_control(one) for _, one in zip(range(600), later, strict=False)}
    assert mine & theirs <= {None}


def _control(message):
    found = re.match(rb"(?:[^|]*\|){9}([^|]+)", message.body)
    return found[1] if found and message.body.startswith(b"MSH") else None


def test_the_background_is_streamed_in_order_and_the_first_ones_stay_the_same():
    few = list(sent(REGION, until=0, n_background=40, only=()))
    many = list(sent(REGION, until=0, n_background=80, only=()))
    assert [one.at for one in many] == sorted(one.at for one in many)
    assert _numbers(few) < _numbers(many)
    assert len(_numbers(many)) >= 78


def _numbers(messages):
    return {number for one in messages for number in re.findall(rb"\b999\d{7}\b", one.body)}
