"""What holds of somebody holds by whichever record states it, and never by an entry's own labels."""

from collections.abc import Iterator

import pytest

from careweave.db import Embedded
from careweave.terms import Role
from tests.lib.staff import NHS, PRACTICE, Staffed, family, number, someone, staffed_door

ACUTE = "nm-acute"
PLACE = "LA12"
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


def _found(staffed: Staffed) -> str:
    answer = staffed.door.get(f"/Patient?identifier={NHS}|{number(87)}", by=staffed.as_(Role.CN))
    assert answer.status_code == 200, answer.text
    assert answer.json.get("entry")
    return answer.text


@pytest.mark.attack(11, 83)
def test_an_address_is_protected_by_whichever_record_says_so(staffed: Staffed) -> None:
    staffed.door.made(someone(family(87), number(87)), by=staffed.system(PRACTICE))
    assert PLACE in _found(staffed)
    hidden = someone(family(87), number(87), **RESTRICTED)
    staffed.door.made(hidden, by=staffed.system(ACUTE))
    assert PLACE not in _found(staffed)
