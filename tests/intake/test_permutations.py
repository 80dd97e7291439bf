"""Any order of arrival, with repetitions, gives the same record: what happened decides."""

import itertools
import json
import random

import pytest

from careweave.db import Database
from tests.lib.arrivals import encounter, key, message, patient, resource, source, sources
from tests.lib.inbox import Inbox

N_ORDERS = 50
ORDERS = {"location": "history"}


def place(name, start=None):
    item = {"location": {"display": name}, "status": "active"}
    return [item | ({"period": {"start": start}} if start else {})]


def relative(number, name, patient_="P1"):
    value = {
        "patient": {"reference": f"Patient/{key('Patient', patient_)}"},
        "name": [{"text": name}],
    }
    return resource("RelatedPerson", number, value, snapshot=f"NK1/{patient_}")


def observation(number, value, patient_="P1", **more):
    said = {
        "status": more.pop("status", "final"),
        "code": {"text": "potassium"},
        "subject": {"reference": f"Patient/{key('Patient', patient_)}"},
        "valueString": value,
    }
    return resource("Observation", number, said, **more)


def link(other, mode):
    said = {
        "link": [
            {"other": {"reference": f"Patient/{key('Patient', other)}"}, "type": "replaced-by"}
        ]
    }
    return resource("Patient", "P2", said, write="merge", lists={"link": mode})


def pas(control, event, *resources, **more):
    return message(*resources, control=control, event=event, **more), "nm-acute-pas"


def lab(control, event, *resources, **more):
    more.setdefault("kind", "ORU^R01")
    lanes = [f"nm-acute-lab:{more.get('patient', 'P1')}"]
    return message(*resources, control=control, event=event, lanes=lanes, **more), "nm-acute-lab"


def corpus():
    """Two patients over two days: moves, corrections, cancels, a merge undone, late results."""
    seed = patient(
        "P1", write="seed", gender="unknown", name=[{"text": "as the laboratory has it"}]
    )
    return [
        pas(
            "1",
            0,
            patient("P1", gender="female", name=[{"family": "A"}], birthDate="1950-01-01"),
            relative("R1", "husband"),
            relative("R2", "son"),
            snapshots=[("NK1/P1", [key("RelatedPerson", "R1"), key("RelatedPerson", "R2")])],
        ),
        pas("2", 10, patient("P1"), encounter(status="planned")),
        pas(
            "3",
            20,
            encounter(
                status="in-progress",
                location=place("ward 1", "2026-03-01T08:20:00Z"),
                lists=ORDERS,
                period={"start": "2026-03-01T08:20:00Z"},
            ),
        ),
        lab("1", 25, seed, observation("O1", "4.0", status="preliminary")),
        pas(
            "4",
            30,
            encounter(
                status="in-progress", location=place("ward 2", "2026-03-01T08:30:00Z"), lists=ORDERS
            ),
        ),
        pas(
            "5",
            35,
            encounter(status="in-progress", location=place("ward 1"), lists=ORDERS, force=True),
        ),
        pas("6", 40, encounter(status="in-progress", location=place("ward 3"), lists=ORDERS)),
        pas(
            "7",
            50,
            patient("P1", name=[{"family": "B"}]),
            relative("R1", "husband"),
            snapshots=[("NK1/P1", [key("RelatedPerson", "R1")])],
        ),
        lab("2", 60, seed, observation("O1", "4.4", status="final")),
        lab("3", 61, seed, observation("O1", "4.5", status="corrected")),
        pas("8", 70, encounter(status="finished", period={"end": "2026-03-01T09:10:00Z"})),
        pas("9", 75, encounter(status="in-progress")),
        pas("10", 80, encounter(status="in-progress", nulls=["period.end"], force=True)),
        pas("11", 85, encounter(status="finished", period={"end": "2026-03-01T09:25:00Z"})),
        pas("12", 90, patient("P2", gender="female", name=[{"family": "B"}]), patient="P2"),
        pas("13", 91, encounter("V2", "P2", status="in-progress"), patient="P2"),
        pas("14", 92, encounter("V2", "P2", status="cancelled", force=True), patient="P2"),
        pas("15", 93, encounter("V2", "P2", status="in-progress"), patient="P2"),
        pas(
            "16",
            100,
            link("P1", "add"),
            patient("P1"),
            lanes=["nm-acute-pas:P1", "nm-acute-pas:P2"],
        ),
        pas("17", 110, link("P1", "remove"), lanes=["nm-acute-pas:P1", "nm-acute-pas:P2"]),
        pas("18", 120, patient("P2") | {"nulls": ["name"]}, patient="P2"),
        pas(
            "19",
            130,
            relative("R1", "husband"),
            relative("R3", "friend"),
            snapshots=[("NK1/P1", [key("RelatedPerson", "R1"), key("RelatedPerson", "R3")])],
        ),
        lab("4", 140, observation("O2", "1", labels=["S1"])),
        lab("5", 150, observation("O2", "2")),
        lab("7", 160, observation("O3", "x", "P2"), patient="P2"),
        lab("8", 161, observation("O3", "x", "P2", status="entered-in-error"), patient="P2"),
    ]


def told(database: Database, order, dice=None):
    """Returns the record after these arrivals; the dice say after which of them somebody works."""
    inbox = Inbox(database, sources(source(), source("nm-acute-lab")))
    for body, of in order:
        inbox.take(body, of)
        if dice is not None and dice.random() < 0.4:
            inbox.work()
    inbox.work()
    assert inbox.rows("SELECT state, reason, count(*) FROM intake.message GROUP BY 1, 2") == [
        ("done", None, len(corpus()))
    ]
    return inbox.bytes(), labels(inbox)


def labels(inbox):
    rows = inbox.rows(
        "SELECT r.id, r.source, r.heading, l.labels FROM record.resource AS r"
        " JOIN record.label_set AS l USING (label_set) WHERE NOT gone ORDER BY 1"
    )
    return {id_: (source_, heading, tuple(names)) for id_, source_, heading, names in rows}


@pytest.fixture(scope="module")
def expected(server, template):
    from tests.conftest import database as make

    made = make.__wrapped__(server, template)
    try:
        yield told(next(made), corpus())
    finally:
        made.close()


@pytest.mark.parametrize("seed", range(N_ORDERS))
def test_any_order_with_repetitions_gives_the_same_record(database, expected, seed):
    dice = random.Random(seed)
    order = corpus()
    order += dice.sample(order, 5)
    dice.shuffle(order)
    assert told(database, order, dice) == expected


def test_what_is_expected_is_what_happened(expected):
    record = {ref: json.loads(body) for ref, body in expected[0].items()}
    p1, p2 = (record[f"Patient/{key('Patient', name)}"] for name in ("P1", "P2"))
    assert p1["name"] == [{"family": "B"}]
    assert p1["birthDate"] == "1950-01-01"
    assert "link" not in p2
    assert "name" not in p2
    stay = record[f"Encounter/{key('Encounter', 'V1')}"]
    assert stay["status"] == "finished"
    assert stay["period"] == {"start": "2026-03-01T08:20:00Z", "end": "2026-03-01T09:25:00Z"}
    assert [(one["location"]["display"], one["status"]) for one in stay["location"]] == [
        ("ward 1", "completed"),
        ("ward 3", "active"),
    ]
    assert record[f"Encounter/{key('Encounter', 'V2')}"]["status"] == "cancelled"
    relatives = {n: record[f"RelatedPerson/{key('RelatedPerson', n)}"] for n in ("R1", "R2", "R3")}
    assert {n: one["active"] for n, one in relatives.items()} == {
        "R1": True,
        "R2": False,
        "R3": True,
    }
    assert record[f"Observation/{key('Observation', 'O1')}"]["valueString"] == "4.5"
    assert expected[1][key("Observation", "O2")][2] == ("S1",)


@pytest.mark.attack(81)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_what_happened_last_decides_of_a_label_in_any_order(database, order):
    """A late message revives no label that was taken away, and none is lost by lateness."""
    inbox = Inbox(database, sources(source("nm-acute-lab")))
    said = [
        lab("1", 10, observation("O2", "1", labels=["S1"])),
        lab("2", 20, observation("O2", "1", labels=["S1", "S9"])),
        lab("3", 30, observation("O2", "1", clears=["S1"])),
    ]
    for place_ in order:
        inbox.take(*said[place_])
        inbox.work()
    assert labels(inbox)[key("Observation", "O2")][2] == ("S9",)
