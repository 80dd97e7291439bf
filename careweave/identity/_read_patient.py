"""The demographics of a Patient of FHIR R4."""

from collections.abc import Iterator, Mapping

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenLink,
    WrittenName,
    WrittenNumber,
)
from careweave.terms import Json

# Source: UK Core, extension NHSNumberVerificationStatus.
_STATUS = "NHSNumberVerificationStatus"
_BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_ESTIMATED = frozenset({"EST", "estimated", "approximate"})
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_RESTRICTED = frozenset({"R", "V"})
_KINDS = {"phone": "phone", "sms": "phone", "email": "email"}

_Object = Mapping[str, Json]


def demographics(
    patient: Mapping[str, Json], *, is_sealed: bool = False, mother: str = ""
) -> Demographics:
    """Returns the demographics of a Patient as its source wrote them.

    `mother` is the number of the mother where the source tells it elsewhere. What has ended, or
    is marked as old, is a former value.
    """
    order = patient.get("multipleBirthInteger")
    return Demographics(
        names=tuple(_name(one) for one in _objects(patient, "name")),
        birth_date=_text(patient, "birthDate"),
        is_birth_estimated=_is_birth_estimated(patient),
        sex=_text(patient, "gender"),
        addresses=tuple(_address(one) for one in _objects(patient, "address")),
        contacts=tuple(_contacts(patient)),
        numbers=tuple(_number(one) for one in _objects(patient, "identifier")),
        died=_died(patient),
        birth_order=order if isinstance(order, int) and not isinstance(order, bool) else None,
        mother=mother,
        practice=_practice(patient),
        is_restricted=_is_restricted(patient),
        is_sealed=is_sealed,
        is_active=patient.get("active") is not False,
        links=tuple(_links(patient)),
        extra=_extra(patient),
    )


def _object(value: Json) -> _Object:
    return value if isinstance(value, dict) else {}


def _objects(value: _Object, name: str) -> Iterator[_Object]:
    listed = value.get(name)
    if isinstance(listed, list):
        yield from (one for one in listed if isinstance(one, dict))


def _text(value: _Object, name: str) -> str:
    text = value.get(name)
    return text if isinstance(text, str) else ""


def _texts(value: _Object, name: str) -> tuple[str, ...]:
    listed = value.get(name)
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _is_past(value: _Object) -> bool:
    return value.get("use") == "old" or bool(_text(_object(value.get("period")), "end"))


def _name(value: _Object) -> WrittenName:
    family, given = _text(value, "family"), _texts(value, "given")
    if not family and not given:
        family, given = _split(_text(value, "text"))
    use = _text(value, "use")
    return WrittenName(family, given, use, _is_past(value) or use == "maiden")


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """Returns family name and given names of `Family, Given` or `Given Family`."""
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), tuple(given.split())
    words = text.split()
    return (words[-1], tuple(words[:-1])) if words else ("", ())


def _address(value: _Object) -> WrittenAddress:
    return WrittenAddress(
        _texts(value, "line"),
        _text(value, "city"),
        _text(value, "district"),
        _text(value, "postalCode"),
        _text(value, "use"),
        _is_past(value),
    )


def _contacts(patient: _Object) -> Iterator[WrittenContact]:
    for one in _objects(patient, "telecom"):
        kind, value = _KINDS.get(_text(one, "system")), _text(one, "value")
        if kind is not None and value:
            yield WrittenContact(kind, value, _is_past(one))


def _number(value: _Object) -> WrittenNumber:
    system = _text(value, "system") or _text(_object(value.get("assigner")), "display")
    return WrittenNumber(system, _text(value, "value"), _status(value), _is_past(value))


def _status(identifier: _Object) -> str:
    for one in _objects(identifier, "extension"):
        if _STATUS in _text(one, "url"):
            concept = _object(one.get("valueCodeableConcept"))
            return next((_text(coding, "code") for coding in _objects(concept, "coding")), "")
    return ""


def _died(patient: _Object) -> str:
    if patient.get("deceasedBoolean") is True:
        return "yes"
    return _text(patient, "deceasedDateTime")


def _is_birth_estimated(patient: _Object) -> bool:
    extensions = _objects(_object(patient.get("_birthDate")), "extension")
    return any(_text(one, "valueCode") in _ESTIMATED for one in extensions)


def _practice(patient: _Object) -> str:
    """Returns the code of the practice, else the reference to it as the source has it."""
    for one in _objects(patient, "generalPractitioner"):
        code = _text(_object(one.get("identifier")), "value")
        if code or (code := _text(one, "reference")):
            return code
    return ""


def _is_restricted(patient: _Object) -> bool:
    return any(
        _text(one, "system") in {_CONFIDENTIALITY, ""} and _text(one, "code") in _RESTRICTED
        for one in _objects(_object(patient.get("meta")), "security")
    )


def _links(patient: _Object) -> Iterator[WrittenLink]:
    for one in _objects(patient, "link"):
        kind, _, target = _text(_object(one.get("other")), "reference").rpartition("/")
        if kind.endswith("Patient") and target:
            yield WrittenLink(_text(one, "type"), target)


def _extra(patient: _Object) -> dict[str, str]:
    for one in _objects(patient, "extension"):
        if _text(one, "url") == _BIRTH_PLACE:
            place = _object(one.get("valueAddress"))
            found = _text(place, "city") or _text(place, "text")
            return {"birth_place": found} if found else {}
    return {}
