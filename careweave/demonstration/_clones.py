"""Copies of people who have a hidden and a visible medicine and nothing else, and their controls.

Source: reference/people.md 7.
"""

from typing import cast

from careweave.demonstration._numbers import check_digit
from careweave.terms import Json

Raw = dict[str, Json]
_NO_NUMBER = 10
_FIRST_STEM = 999_719_000
_FIRST_INDEX = 70
_PHARMACY = "CWP01"
# Which clinic knows the hidden medicine of a class; `choice` is the person's own dissent.
_CLINICS = {
    "S1": "ACU.sexual",
    "S3": "ACU.advisory",
    "S4": "ACU.gender",
    "S9": "MEN.substance",
    "choice": "ACU",
}


def clones(pairs: Raw, people: list[Raw], shift: int) -> list[Raw]:
    """Returns one copy for each pair and one control for each visible medicine.

    `shift`, below 400, moves the numbers that they get.
    """
    by_key = {str(one["key"]): one for one in people}
    listed = [cast(Raw, one) for one in cast(list[Json], pairs["pairs"])]
    controls = [cast(Raw, one) for one in cast(list[Json], pairs["controls"])]
    controls += [one for one in listed if one["label"] != "S9"]
    made = [_copy(one, by_key[str(one["person"])], "") for one in listed]
    made += [_copy(one, by_key[str(one["person"])], "c") for one in controls]
    for turn, (one, number) in enumerate(zip(made, _free_numbers(shift), strict=False)):
        one |= {"number": _FIRST_INDEX + turn, "nhs": number}
    return made


def _free_numbers(shift: int) -> list[str]:
    stems = (str(_FIRST_STEM + shift + turn) for turn in range(500))
    return [f"{stem}{check_digit(stem)}" for stem in stems if check_digit(stem) != _NO_NUMBER]


def _copy(pair: Raw, person: Raw, control: str) -> Raw:
    key = f"{person['key']}-{control}{pair['id']}"
    visible: Json = {"dispensed": pair["visible"], "dose": "1 mg od", "at": 8}
    held: Raw = {"PHA": {"known": 7, "facts": [visible]}}
    if not control:
        clinic = _CLINICS[str(pair["label"])]
        hidden: Json = {"medicine": pair["hidden"], "dose": "1 mg od", "at": -60}
        facts: list[Json] = [hidden]
        held[clinic] = {"facts": facts}
        if pair["label"] == "choice":
            said = {"legal": "Dissent from sharing a medicine with pharmacies"}
            about: Raw = {"towards": _PHARMACY, "under": "MED"}
            told: Json = {**said, **about, "code": "demo-dissent", "provision": "deny", "at": -60}
            held["COM"] = {"facts": [told]}
    kept: Raw = {part: person[part] for part in ("family", "name", "born", "sex") if part in person}
    return {**kept, "key": key, "held": held, "keeps_birth": bool(person.get("keeps_birth"))}
