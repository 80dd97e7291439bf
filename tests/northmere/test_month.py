"""What happens in the month: moves, deaths, births, merges, and what comes late or twice."""

from collections import Counter

from tests.northmere.conftest import Record, text_of


def patient(record: Record, person: str, organisation: str, subject=None):
    found = [entry for entry in record.of(person, organisation) if entry.type == "Patient"]
    if subject is not None:
        found = [entry for entry in found if entry.subject == subject]
    assert len(found) == 1
    return found[0].body


def stays(record: Record, person: str, reason: str):
    return [
        entry.body
        for entry in record.of(person, "nm-acute")
        if entry.type == "Encounter" and reason in text_of(entry)
    ]


def test_edna_is_in_hospital_for_a_week_and_home_again(day10: Record):
    (stay,) = stays(day10, "edna-hartley", "Fall with long lie")
    assert stay["status"] == "finished"
    assert stay["period"]["start"].startswith("2026-03-17T15:20")
    assert stay["period"]["end"].startswith("2026-03-23T11:00")
    assert {place["location"]["display"] for place in stay["location"]} >= {
        "Ward 7 / Bay 2 / 04",
        "Ward 9 / Bay 1 / 02",
    }


def test_a_result_that_came_twice_is_there_once(day10: Record):
    seen = [
        entry
        for entry in day10.of("edna-hartley", "nm-acute")
        if entry.type == "Observation" and '"value":104' in text_of(entry)
    ]
    assert len(seen) == 1


def test_a_false_death_is_taken_back(day28: Record):
    body = patient(day28, "edna-hartley", "nm-acute")
    assert "deceasedDateTime" not in body
    assert body.get("deceasedBoolean") in {None, False}


def test_a_discharge_taken_back_leaves_the_stay_open_and_an_admission_in_error_cancelled(
    day10: Record,
):
    (back,) = stays(day10, "arthur-pennyfeather", "Fall without injury")
    assert back["status"] == "in-progress"
    assert "end" not in back["period"]
    (error,) = stays(day10, "arthur-pennyfeather", "Admitted in error")
    assert error["status"] == "cancelled"


def test_newborn_twins_get_names_and_numbers_and_keep_their_own_results(day28: Record):
    first = patient(day28, "baby-wojcik-1", "nm-acute")
    second = patient(day28, "baby-wojcik-2", "nm-acute")
    assert [body["name"][0]["given"] for body in (first, second)] == [["Zofia"], ["Hanna"]]
    numbers = [
        {one["value"] for one in body["identifier"] if one["system"].endswith("nhs-number")}
        for body in (first, second)
    ]
    assert numbers == [{"9997099931"}, {"9997133242"}]
    bilirubin = Counter(
        person
        for person in ("baby-wojcik-1", "baby-wojcik-2")
        for entry in day28.of(person, "nm-acute")
        if entry.type == "Observation" and "Bilirubin" in text_of(entry)
    )
    assert bilirubin == {"baby-wojcik-2": 3}


def test_the_unborn_is_born_early_and_becomes_poppy(day28: Record):
    body = patient(day28, "unborn-marsh", "nm-acute")
    assert body["name"][0]["given"] == ["Poppy"]
    assert body["birthDate"] == "2026-04-05"


def test_records_merged_by_mistake_are_apart_again(day28: Record):
    bodies = [
        entry.body for entry in day28.of("beryl-stott", "nm-acute") if entry.type == "Patient"
    ]
    assert len(bodies) == 2
    assert not any(body.get("link") for body in bodies)


def test_the_twin_was_seen_under_her_sisters_number(day10: Record):
    body = patient(day10, "aisha-rahman", "nm-acute")
    assert "Alisha" in {given for name in body["name"] for given in name["given"]}
    assert stays(day10, "aisha-rahman", "Sore throat")
    assert not stays(day10, "alisha-rahman", "Sore throat")


def test_the_number_of_a_dead_man_carries_another_mans_visit(day28: Record):
    assert stays(day28, "late-tenant", "Coughing blood")
    assert not stays(day28, "suparman", "Coughing blood")


def test_tyler_is_known_to_the_other_council_once_he_has_moved(day10: Record, day28: Record):
    assert not day10.of("tyler-marsh", "tarnside-council")
    assert {entry.heading for entry in day28.of("tyler-marsh", "tarnside-council")} >= {
        "DEM",
        "SAF",
    }


def test_chidi_dies_in_the_hospice(day10: Record, day28: Record):
    assert "deceasedDateTime" not in patient(day10, "chidi-okonkwo", "nm-hospice")
    died = patient(day28, "chidi-okonkwo", "nm-hospice")["deceasedDateTime"]
    assert died.startswith("2026-04-09T0")


def test_the_provider_hears_late_that_edna_is_home(day10: Record, day28: Record):
    def package(record):
        return [
            entry.body["status"]
            for entry in record.of("edna-hartley", "nm-bluebell")
            if entry.type == "EpisodeOfCare"
        ]

    assert package(day10) == ["onhold"]
    assert package(day28) == ["active"]


def test_files_that_come_every_night_add_nothing_that_was_there(day10: Record, day28: Record):
    def count(record):
        return Counter(
            entry.type
            for entry in record.of("emeka-reid", "nm-tarnside-health")
            if entry.type != "Provenance"
        )

    assert count(day10) == count(day28)


def test_bridget_has_lived_in_seven_places_and_is_found_at_the_last(day10: Record):
    body = patient(day10, "bridget-connors", "nm-acute")
    homes = [address for address in body["address"] if address.get("use") == "home"]
    assert homes[0]["postalCode"] == "XR1 1SA"


def test_hostile_text_is_kept_as_it_came_and_means_nothing(day10: Record):
    texts = " ".join(text_of(entry) for entry in day10.of("robert-drop-table"))
    assert "DROP TABLE record.entry" in texts
    assert "=HYPERLINK(" in texts
    body = patient(day10, "robert-drop-table", "nm-ashgrove")
    assert body["name"][0]["family"] == "O'Neill-Tàbles <b>&"


def test_the_discharge_letter_came_by_three_ways(day10: Record):
    ways = {
        (entry.organisation, entry.system)
        for entry in day10.of("edna-hartley")
        if entry.heading == "DIS" and entry.type == "DocumentReference"
    }
    assert len(ways) == 3
