"""What holds of somebody holds by whichever record states it, and never by an entry's own labels."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from careweave.db import Embedded
from careweave.terms import Role
from tests.lib.staff import NOW, PRACTICE, Staffed, family, number, someone, staffed_door

ACUTE = "nm-acute"
PLACE = "Quarry"
RESTRICTED = {
    "meta": {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
        ]
    }
}


@pytest.fixture
def staffed(server: Embedded, template: str) -> Iterator[Staffed]:
    with staffed_door(server, template) as made:
        yield made


@pytest.mark.attack(11, 83)
def test_an_address_is_protected_by_whichever_record_says_so(staffed: Staffed) -> None:
    made = staffed.door.made(someone(family(87), number(87)), by=staffed.system(ACUTE))
    who = made["id"]
    # Within the grace of a tie the record is still read; where somebody lives asks for a living one.
    staffed.tie(Role.HC, who, until=NOW - timedelta(days=3))
    seen = staffed.door.get(f"/Patient/{who}", by=staffed.as_(Role.HC))
    assert seen.status_code == 200
    assert PLACE in seen.text
    hidden = someone(family(87), number(87), **RESTRICTED)
    staffed.door.made(hidden, by=staffed.system(PRACTICE))
    masked = staffed.door.get(f"/Patient/{who}", by=staffed.as_(Role.HC))
    assert masked.status_code == 200
    assert PLACE not in masked.text
