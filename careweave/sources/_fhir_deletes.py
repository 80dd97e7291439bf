"""A deletion by a source, as the status that its entry then has: nothing is ever taken away.

Source: reference/interop.md 5.4 (A23, A29).
"""

from functools import cache
from typing import Any

from careweave.formats import is_type, members
from careweave.sources._reading import Mapped, Write

_VERIFIED = {
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}
_CODE = "entered-in-error"
_NO_SUCH_CODE = {"Appointment": "entered-in-error", "ImagingStudy": "cancelled", "Media": _CODE}


def deletion(type_name: str, public_id: str) -> Mapped | None:
    """Returns what a deletion leaves of an entry; None for a type that has no word for it."""
    value = _left(type_name)
    if value is None:
        return None
    return Mapped(
        type_name,
        public_id,
        {"resourceType": type_name, **value},
        write=Write.MERGE,
        nulls=("clinicalStatus",) if type_name in _VERIFIED else (),
        forces_status=True,
    )


@cache
def _left(type_name: str) -> dict[str, Any] | None:
    if not is_type(type_name):
        return None
    system = _VERIFIED.get(type_name)
    if system is not None:
        return {"verificationStatus": {"coding": [{"system": system, "code": _CODE}]}}
    known = members(type_name)
    if "active" in known and known["active"].type == "boolean":
        return {"active": False}
    if "status" in known and known["status"].type == "code":
        return {"status": _NO_SUCH_CODE.get(type_name, _CODE)}
    return None
