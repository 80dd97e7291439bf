"""The people: fifty-two, without fault, and every trap of the sheet in them, under any seed."""

import csv
import io
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from careweave.demonstration import facts_of, faults_of_people, read_region, sent, truths
from careweave.demonstration._people import read_people
from careweave.terms import Incorrect, NhsNumber

REGION = Path(__file__).parents[2] / "region"
SEEDS = ("northmere", "zebra", "winter")
# How many people each organisation knows, as the sheet says in section 2.
KNOWN = {
    "nm-acute": 35, "nm-ashgrove": 17, "nm-millbeck": 17, "nm-tarnside-health": 14,
    "nm-beck-pharmacy": 12, "nm-community": 10, "nm-fellside": 9, "nm-ambulance": 5,
    "nm-mental-health": 5, "nm-bluebell": 4, "portal": 3, "nm-hospice": 2,
    "tarnside-council": 2, "nm-larchwood": 2,
}  # fmt: skip
# By heading, as the sheet says above the table of section 6.
CONFLICTS = {"MED": 35, "ALG": 7, "EOL": 4, "DEM": 3, "PRB": 3, "LEG": 2, "PER": 2, "SVC": 1}
CONFLICTS |= {"ABM": 1, "CSP": 1, "PRG": 1}


def test_the_room_is_pure():
    allowed = ("careweave.demonstration", "careweave.formats", "careweave.terms")
    for path in (REGION.parent / "careweave" / "demonstration").glob("*.py"):
        for name in re.findall(
            r"^from (careweave\.[a-z_.]+) import", path.read_text(), re.MULTILINE
        ):
            assert name.startswith(allowed), path.name


def people(folder=REGION, seed="northmere"):
    return {one.key: one for one in read_people(folder, read_region(folder), seed)}


def table(name, seed="northmere"):
    return list(csv.DictReader(io.StringIO(truths(REGION, seed=seed)[name])))


@pytest.mark.parametrize("seed", SEEDS)
def test_there_is_no_fault_in_them(seed):
    assert faults_of_people(REGION, seed=seed) == ()


def test_there_are_fifty_two_and_each_organisation_knows_as_many_as_the_sheet_says():
    first = list(people().values())[:52]
    assert len({one.key for one in first}) == 52
    region = read_region(REGION)
    known = Counter(
        organisation
        for one in first
        for organisation in {region.desk(held.desk).organisation.id for held in one.holdings}
    )
    # The council is one organisation with two systems: some are known to both.
    assert known.pop("nm-council") == len({one.key for one in first if _council(one)})
    assert known == KNOWN


def _council(person):
    return person.held("CAS") or person.held("CCS") or person.held("CCS.csv")


@pytest.mark.parametrize("seed", SEEDS)
def test_conflicts_are_sixty_by_heading_and_eight_have_three_voices(seed):
    rows = table("conflicts.csv", seed)
    headings = {row["id"]: row["heading"] for row in rows}
    assert Counter(headings.values()) == CONFLICTS
    voices = {name: set() for name in headings}
    for row in rows:
        voices[row["id"]].add(row["system"])
    assert Counter(map(len, voices.values())) == {2: 52, 3: 8}
    said = {(row["id"], row["system"]): row["says"] for row in rows}
    assert all(said.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_of_known_truth_are_enough_and_no_pair_is_both(seed):
    rows = table("identity-truth.csv", seed)
    counts = Counter(row["truth"] for row in rows)
    assert counts["SAME"] >= 40
    assert counts["DIFFERENT"] >= 20
    sides = ("left", "left_number", "right", "right_number")
    pairs = Counter(tuple(row[side] for side in sides) for row in rows)
    assert max(pairs.values()) == 1


def test_every_class_of_the_sheet_is_planted_in_the_people_it_names():
    found = {}
    for row in table("labels-truth.csv"):
        found.setdefault(row["class"], set()).add(row["person"])
    assert found["S1"] >= {"marcus-bellweather", "tamsin-oyelaran", "kayleigh-marsh"}
    assert found["S2"] == found["S3"] == {"priya-venkataraman-cole"}
    assert found["S4"] == {"rowan-ashdown"}
    assert found["S5"] == {"dilwyn-prys-morgan", "tamsin-oyelaran", "jordan-vale"}
    assert found["S6"] == {"tyler-marsh", "unborn-marsh", "callum-frayne", "kayleigh-marsh"}
    assert found["S7"] == {"kayleigh-marsh", "nadia-kowalczuk"}
    assert found["S8"] >= {"leo-barrow", "stacey-barrow"}
    assert found["S9"] == {"sean-odriscoll"}
    assert found["S10"] == {"jordan-vale", "edna-hartley", "callum-frayne"}
    watched = {"martin-hartley", "piotr-kowalczuk", "marcus-bellweather", "beatrix-thornquist"}
    assert found["S11"] == watched
    assert found["S12"] == {"nadia-kowalczuk"}
    assert found["V"] == {"priya-venkataraman-cole"}
    assert found["finance"] == found["access-secret"] == {"edna-hartley"}


def test_a_canary_is_sent_for_every_class_that_has_one():
    text = b"".join(one.body for one in sent(REGION, until=31))
    for one in facts_of(REGION):
        if one.canary and one.is_told:
            assert one.canary.encode() in text or one.kind == "document"


def test_hidden_and_visible_medicines_meet_in_twenty_people_and_twenty_controls():
    found = people()
    copies = [one for key, one in found.items() if re.search(r"-h\d\d$", key)]
    controls = [one for key, one in found.items() if re.search(r"-ch\d\d$", key)]
    # Three pairs lie in the people's own files.
    assert (len(copies) + 3, len(controls)) == (20, 20)
    for one in copies:
        assert _medicines(one, "PHA")
        assert any(
            _medicines(one, desk) for desk in ("ACU.sexual", "ACU.advisory", "ACU.gender", "ACU")
        )
    assert all([held.desk for held in one.holdings] == ["PHA"] for one in controls)
    assert _medicines(found["marcus-bellweather"], "ACU.sexual")
    assert _medicines(found["rowan-ashdown"], "ACU.gender")


def _medicines(person, desk):
    kinds = {"medicine", "dispensed"}
    return [fact.text for held in person.held(desk) for fact in held.facts if fact.kind in kinds]


def test_another_seed_changes_names_dates_numbers_and_doses():
    one, other = people(), people(seed="zebra")
    assert set(one) == set(other)
    first = [key for key in list(one)[:52] if key != "unborn-marsh"]
    assert all(one[key].who.name != other[key].who.name for key in first)
    numbered = [key for key in first if one[key].who.nhs]
    assert all(one[key].who.nhs != other[key].who.nhs for key in numbered)
    still = {"tamsin-oyelaran", "baby-wojcik-1", "baby-wojcik-2"}
    assert all(one[key].who.born != other[key].who.born for key in set(first) - still)
    doses = [_doses(each["edna-hartley"]) for each in (one, other)]
    assert doses[0] != doses[1]


def _doses(person):
    return [
        fact.word("dose") for held in person.holdings for fact in held.facts if fact.word("dose")
    ]


def numbers_differ_in_two(found):
    one, other = found["aisha-rahman"].who, found["alisha-rahman"].who
    differ = sum(a != b for a, b in zip(one.nhs, other.nhs, strict=True))
    valid = NhsNumber(one.nhs) and NhsNumber(other.nhs)
    return bool(valid) and differ == 2 and one.born == other.born and one.home == other.home


def same_name_day_and_house(found):
    one, other = found["john-mcallister-sr"].who, found["john-mcallister-jr"].who
    alike = one.name == other.name and one.home == other.home and one.phones == other.phones
    same_day = (one.born.month, one.born.day) == (other.born.month, other.born.day)
    return alike and same_day and one.born.year != other.born.year


def wrong_number_filed(found):
    (held,) = found["gwendolyn-pike"].held("ACU")
    return held.who.nhs == found["gwendoline-pike"].who.nhs


def six_share_a_phone(found):
    phones = Counter(phone for one in found.values() for phone in one.who.phones)
    shared = {phone for phone in found["parveen-akhtar"].who.phones if phones[phone] == 6}
    return bool(shared)


def first_of_january(found):
    keys = ("parveen-akhtar", "nasreen-akhtar", "mohammed-al-haddad")
    return all((found[key].who.born.month, found[key].who.born.day) == (1, 1) for key in keys)


def three_registrations_without_number(found):
    held = found["sean-odriscoll"].held("ACU")
    return len({one.who.local for one in held}) == 3 and not any(one.who.nhs for one in held)


def two_numbers_merged_and_taken_apart(found):
    held = found["beryl-stott"].held("ACU")
    kinds = {fact.kind for one in held for fact in one.facts}
    return len({one.who.nhs for one in held}) == 2 and {"merged", "unmerged"} <= kinds


def registered_under_the_sister(found):
    return any(
        fact.word("under") == "aisha-rahman" and fact.day == 4
        for held in found["alisha-rahman"].held("ACU")
        for fact in held.facts
    )


def number_of_a_dead_man_given_again(found):
    return any(
        fact.word("under") == "late-tenant" and fact.day == 13
        for held in found["suparman"].held("ACU")
        for fact in held.facts
    )


def sixteen_within_the_month(found):
    born = found["tamsin-oyelaran"].who.born
    return (born.year + 16, born.month, born.day) == (2026, 4, 1)


def two_identities_of_one_child(found):
    one, other = found["leo-barrow"].who, found["leo-whitcombe"].who
    return one.born == other.born and one.nhs != other.nhs and one.name.given == other.name.given


def a_straddling_postcode(found):
    one, other = found["arthur-pennyfeather"].who.home, found["dorothy-lumb"].who.home
    return one.postcode == other.postcode and one.uprn != other.uprn


def a_death_taken_back(found):
    kinds = [fact.kind for held in found["edna-hartley"].held("ACU") for fact in held.facts]
    return "died" in kinds and "revived" in kinds


def a_dead_man_with_an_appointment(found):
    (gp,) = found["colin-hartley"].held("GPA")
    (acute,) = found["colin-hartley"].held("ACU")
    died = [fact.at for fact in gp.facts if fact.kind == "died"]
    return any(fact.kind == "appointment" and fact.at > died[0] for fact in acute.facts)


def a_letter_in_the_wrong_record(found):
    letters = [
        {
            fact.text
            for held in found[key].held("ACU")
            for fact in held.facts
            if fact.kind == "document"
        }
        for key in ("john-mcallister-sr", "john-mcallister-jr")
    ]
    return bool(letters[0] & letters[1])


def a_single_name(found):
    return found["suparman"].who.name.given == ()


def many_spellings(found):
    keys = ("susan-hartley-brook", "grace-okonkwo-reid", "priya-venkataraman-cole",
            "agnieszka-wojcik-nowak", "maria-jose-garcia-fernandez", "jin-xiaoling",
            "mohammed-al-haddad", "dilwyn-prys-morgan", "suparman")  # fmt: skip
    return all(
        len({name for held in found[key].holdings for name in (held.who.name, *held.who.others)})
        > 1
        for key in keys
    )


def an_address_that_changes_seven_times(found):
    (held,) = found["bridget-connors"].held("ACU")
    return sum(fact.kind == "moved" for fact in held.facts) == 7


def a_visitor_without_number(found):
    return (found["eilidh-macrae"].who.nhs or "").startswith("CHI")


def somebody_of_whom_nothing_is_known(found):
    return not any(held.facts for held in found["nobody-known"].holdings)


TRAPS = {
    numbers_differ_in_two: ("alisha-rahman", 'nhs: "9990362793"', 'nhs: "9990001014"'),
    same_name_day_and_house: ("john-mcallister-jr", "born: 1973-05-03", "born: 1973-06-04"),
    wrong_number_filed: ("gwendolyn-pike", '    nhs: "9993308196"\n', ""),
    six_share_a_phone: ("yusuf-akhtar", "phone: 01632 960161", "phone: 01632 960162"),
    first_of_january: ("nasreen-akhtar", "born: 1944-01-01", "born: 1944-01-02"),
    three_registrations_without_number: ("sean-odriscoll", "  ACU#3:", "  ACU.gender:"),
    two_numbers_merged_and_taken_apart: ("beryl-stott", "{unmerged:", "{merged:"),
    registered_under_the_sister: ("alisha-rahman", "under: aisha-rahman, ", ""),
    number_of_a_dead_man_given_again: ("suparman", "under: late-tenant, ", ""),
    sixteen_within_the_month: ("tamsin-oyelaran", "born: 2010-04-01", "born: 2010-05-01"),
    two_identities_of_one_child: ("leo-whitcombe", "born: 2018-02-14", "born: 2018-02-15"),
    a_straddling_postcode: ("dorothy-lumb", "XR7 7AA", "XR7 7AB"),
    a_death_taken_back: ("edna-hartley", "{revived: slip mended", "{update: slip mended"),
    a_dead_man_with_an_appointment: ("colin-hartley", "{appointment:", "{document:"),
    a_letter_in_the_wrong_record: ("john-mcallister-jr", "Respiratory clinic letter", "His letter"),
    a_single_name: ("suparman", "name: Suparman\n", "name: Suparman, Adi\n"),
    many_spellings: ("grace-okonkwo-reid", "Okonkwo, Reid Grace", "Okonkwo-Reid, Grace"),
    an_address_that_changes_seven_times: ("bridget-connors", "at: 2025-11-11}", "at: 2025-11-11}"),
    a_visitor_without_number: ("eilidh-macrae", "nhs: CHI", 'nhs: "9990001014"'),
    somebody_of_whom_nothing_is_known: ("extra", "held: {GPA: {}}", "held: {GPA: {routine: 3}}"),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_the_trap_is_there_under_every_seed(trap, seed):
    assert trap(people(seed=seed))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_the_trap_is_missed_when_somebody_takes_it_away(trap, tmp_path):
    key, was, will = TRAPS[trap]
    folder = tmp_path / "region"
    shutil.copytree(REGION, folder)
    path = folder / "people" / f"{key}.yaml"
    text = path.read_text(encoding="utf-8")
    assert was in text
    if was == will:
        text = re.sub(r"\n.*at: 2025-11-11}", "", text)
    path.write_text(text.replace(was, will), encoding="utf-8")
    assert not trap(people(folder))


@pytest.mark.parametrize(
    ("was", "will"),
    [
        ("9990001014", "9990001015"),
        ("XR1 4AB", "LS1 4AB"),
        ("01632 960112", "0113 496 0000"),
        ("999900000012", "100000000012"),
        ("conflict: C02", "conflict: C61"),
        ("at: 2019-04-02", "at: 1939-04-02"),
        ("ended: 2025-10-14", "ended: 2024-10-14"),
    ],
)
def test_a_slip_in_a_file_is_named(was, will, tmp_path):
    folder = tmp_path / "region"
    shutil.copytree(REGION, folder)
    path = folder / "people" / "edna-hartley.yaml"
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, will), encoding="utf-8")
    assert faults_of_people(folder) != ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "careweave: person/2",
        "careweave: person/1\nkey: a\nnumber: 1\nname: A, B\nborn: yesterday",
        "careweave: person/1\nkey: a\nnumber: 1\nname: A, B\nheld: {ABC: {}}",
        "careweave: person/1\nkey: a\nnumber: 1\nname: A, B\nheld: {GPA: {facts: [{visit: x, at: no}]}}",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(text, tmp_path):
    folder = tmp_path / "region"
    shutil.copytree(REGION, folder)
    (folder / "people" / "colin-hartley.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Incorrect) as caught:
        list(sent(folder))
    assert caught.value.where


def test_every_word_the_hospital_uses_is_led_on_to_the_terms_of_the_region():
    kinds = {"medicine": "drugs", "allergy": "allergens", "problem": "diagnoses"}
    kinds |= {"procedure": "procedures", "document": "documents", "result": "tests"}
    for kind, name in kinds.items():
        rows = csv.DictReader(
            (REGION / "codes" / f"acute-{name}.csv").read_text("utf-8").splitlines()
        )
        known = {row["from"] for row in rows}
        used = {
            "-".join(part for part in re.split(r"[^A-Z0-9]+", one.fact.upper()) if part)
            for one in facts_of(REGION)
            if one.kind == kind and one.desk.startswith("ACU")
        }
        assert used <= known, name


def test_what_people_are_shown_holds_no_planted_string_and_is_else_the_same():
    only = {"edna-hartley", "nadia-kowalczuk", "tyler-marsh"}
    marked, plain = (
        list(sent(REGION, only=only, is_marked=is_marked)) for is_marked in (True, False)
    )
    assert [(one.source, one.at) for one in marked] == [(one.source, one.at) for one in plain]
    assert any(b"CANARY" in one.body for one in marked)
    assert not any(b"CANARY" in one.body for one in plain)
