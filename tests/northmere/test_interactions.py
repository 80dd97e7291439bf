"""Medicines that must not meet, one of them hidden: the pharmacist is warned, and told nothing else.

Source: `reference/people.md` 7 and `reference/record.md` 6.3.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import yaml

from careweave.disclosure import ShownPerson
from careweave.terms import Heading, Label, Role
from careweave.views import NAMED, reconciliation, section
from tests.lib.day10 import DAY_10, Day10
from tests.lib.northmere import REGION
from tests.lib.reading import MAKING, Readers, readers

PAIRS = yaml.safe_load((REGION / "people/interactions.yaml").read_text("utf-8"))
HIDDEN = {
    f"{one['person']}-{one['id']}": one["hidden"] for one in PAIRS["pairs"] if one["label"] != "S9"
}
IN_PERSON = {"marcus-bellweather": "Darunavir with ritonavir", "rowan-ashdown": "Testosterone"}
"""H01 and H02, and H17: they lie in the persons' own files."""

CONTROLS = [
    f"{one['person']}-c{one['id']}"
    for one in (*PAIRS["controls"], *PAIRS["pairs"])
    if one.get("label") != "S9"
]
METHADONE = {
    f"{one['person']}-{one['id']}": one["visible"] for one in PAIRS["pairs"] if one["label"] == "S9"
}
CLINICS = ("sexual", "fertility", "gender", "advisory", "substance", "clinic")


@pytest.fixture(scope="module")
def at(northmere10: Day10) -> Iterator[Readers]:
    with readers(northmere10) as found:
        yield found


def printed(shown: ShownPerson) -> str:
    """All that pages print of the medicines: the section, the table, and every other section."""
    sections = [section(NAMED[heading].slug, shown, MAKING) for heading in Heading]
    return f"{sections!r} {reconciliation(shown, MAKING)!r}"


def test_there_are_20_pairs_and_20_controls():
    assert len(HIDDEN) + 3 == 20
    assert len(CONTROLS) == 20
    assert len(METHADONE) == 3


@pytest.mark.parametrize("key", sorted(HIDDEN | IN_PERSON))
def test_a_hidden_medicine_warns_with_severity_action_and_contact_alone(at, key):
    shown = at.see(key, Role.PH)
    (alert,) = shown.interactions.found
    assert alert.severity in {"severe", "moderate"}
    assert alert.action
    assert (alert.contact, alert.telephone) == ("Northmere on-call pharmacist", "01632 960155")
    assert alert.medicines == ()
    assert alert.effect == ""
    (caution,) = reconciliation(shown, MAKING).warnings
    assert caution.text == "Interaction with a medicine that is not shown to you"


@pytest.mark.attack(66)
@pytest.mark.parametrize("key", sorted(HIDDEN | IN_PERSON))
def test_nothing_printed_names_what_is_hidden_its_class_its_clinic_or_its_time(at, key):
    hidden = (HIDDEN | IN_PERSON)[key]
    text = printed(at.see(key, Role.PH)).casefold()
    for word in hidden.casefold().replace(" with ", " ").split():
        assert not re.search(rf"\b{re.escape(word)}\b", text), word
    assert f"demo-{hidden.casefold().replace(' ', '-')}" not in text
    assert not any(word in text for word in CLINICS)
    assert not re.search(r"\bs[1-9]\b|canary", text)
    if key in HIDDEN:
        day = (DAY_10 - timedelta(70)).date()
        assert f"{day:%d-%b-%Y}".casefold() not in text
        assert day.isoformat() not in text


def test_two_pairs_of_one_person_each_warn_by_themselves(northmere10):
    with readers(northmere10) as at:
        every = at.rows(
            "SELECT r.id, convert_from(r.body, 'UTF8') FROM record.resource AS r"
            " JOIN record.subject_person AS p USING (subject) WHERE p.person = %s",
            at.person("marcus-bellweather"),
        )
        of = {
            name: [f"x/{public_id}" for public_id, body in every if f'"demo-{name}' in body]
            for name in ("simvastatin", "fluticasone")
        }
        assert all(of.values())
        at.erase(of["simvastatin"])
        assert len(at.see("marcus-bellweather", Role.PH).interactions.found) == 1
        at.erase(of["fluticasone"])
        assert at.see("marcus-bellweather", Role.PH).interactions.found == ()


@pytest.mark.parametrize("key", CONTROLS)
def test_without_a_hidden_medicine_nobody_is_warned(at, key):
    checked = at.see(key, Role.PH).interactions
    assert checked.is_done
    assert checked.found == ()


@pytest.mark.parametrize("key", sorted(METHADONE))
def test_methadone_is_shown_to_who_dispenses_and_the_warning_names_both(at, key):
    shown = at.see(key, Role.PH)
    (alert,) = shown.interactions.found
    assert set(alert.medicines) == {"Methadone", METHADONE[key]}
    assert alert.effect
    assert "methadone" in printed(shown).casefold()


@pytest.mark.parametrize("role", [Role.CH, Role.SW, Role.PA, Role.CN])
def test_who_does_not_prescribe_or_dispense_learns_nothing_of_what_is_hidden(at, role):
    assert all(one.medicines for one in at.see("marcus-bellweather", role).interactions.found)


@pytest.mark.parametrize("label", [Label.S2, Label.S8])
def test_of_assisted_conception_and_adoption_not_even_a_warning_tells(northmere10, label):
    key = "edna-hartley-h12"
    with readers(northmere10) as at:
        assert at.see(key, Role.PH).interactions.found
        hidden = [
            f"x/{public_id}"
            for public_id, body in at.rows(
                "SELECT r.id, convert_from(r.body, 'UTF8') FROM record.resource AS r"
                " JOIN record.subject_person AS p USING (subject) WHERE p.person = %s",
                at.person(key),
            )
            if '"demo-nevirapine' in body
        ]
        assert hidden
        at.relabel(hidden, label)
        assert at.see(key, Role.PH).interactions.found == ()
