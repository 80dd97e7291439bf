"""Blocking keys: reference/identity.md section 8."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._keys import BlockKey, keys
from careweave.identity._norm import Norm
from careweave.identity._normalise import normalise
from careweave.identity._rules import rules
from tests.identity.corruptions import SINGLE, Change, corrupted
from tests.identity.people import TODAY, Person, groups, people

SIZE = 3_000
CROWD = people(SIZE, 5)
WHOLE = [
    one for one in CROWD if one.given and one.family and one.home.line and "single name" not in one.labels
]  # fmt: skip


def norm(written: Demographics) -> Norm:
    return normalise(written, rules(), today=TODAY)


def of(person: Person) -> frozenset[int]:
    return frozenset(one.key for one in keys(norm(person.demographics)))


def kinds(found: tuple[BlockKey, ...]) -> dict[int, int]:
    return {kind: sum(one.kind == kind for one in found) for kind in {one.kind for one in found}}


@pytest.mark.parametrize("change", SINGLE, ids=lambda change: change.__name__)
@given(at=st.integers(0, len(WHOLE) - 1), seed=st.integers(0, 2**32))
def test_a_record_shares_a_key_with_itself_after_one_corruption(
    change: Change, at: int, seed: int
) -> None:
    person = WHOLE[at]
    # Without number, phone and e-mail: date, names and postcode alone must do.
    bare = replace(person, nhs="", phone="", email="")
    assert not of(bare).isdisjoint(of(change(bare, Random(seed), SIZE // 22)))


GRACE = Demographics(
    names=(WrittenName("Okonkwo-Reid", ("Grace",)),),
    birth_date="1957-12-09",
    sex="female",
    addresses=(WrittenAddress(("12 High Street",), "Ashgrove", "", "XR1 4AB"),),
    contacts=(WrittenContact("phone", "07700900123"), WrittenContact("email", "g@example.org")),
    numbers=(
        WrittenNumber("https://fhir.nhs.uk/Id/nhs-number", "4505577104", "01"),
        WrittenNumber("https://fhir.nhs.scot/Id/chi-number", "0101901003"),
        WrittenNumber("urn:x", "AB123"),
    ),
    mother="S77",
)


def test_each_kind_of_key_is_there() -> None:
    found = kinds(keys(norm(GRACE)))
    # Kinds with the family name stand three times: whole, and each part.
    assert found == {1: 3, 2: 3, 3: 1, 4: 3, 5: 1, 6: 1, 7: 3, 8: 3, 9: 1, 10: 1, 11: 1, 12: 1} | {
        13: 3,
        14: 1,
    }


def test_a_date_that_exchanging_leaves_as_it_is_has_no_key_for_it() -> None:
    """Two keys of one content would make a pair of hot keys that tells no more than one."""
    assert 4 not in kinds(keys(norm(replace(GRACE, birth_date="1957-01-01"))))


def test_a_particle_is_no_part_of_a_family_name() -> None:
    found = kinds(keys(norm(replace(GRACE, names=(WrittenName("Al-Haddad", ("Mo",)),)))))
    assert found[2] == 2


def test_without_a_birth_date_number_postcode_and_contacts_are_left() -> None:
    assert set(kinds(keys(norm(replace(GRACE, birth_date=""))))) == {1, 6, 9, 10, 13}


def test_with_a_year_of_birth_only_the_names_count() -> None:
    assert set(kinds(keys(norm(replace(GRACE, birth_date="1957"))))) == {1, 6, 7, 9, 10, 13}
    assert set(kinds(keys(norm(replace(GRACE, birth_date="1957-12"))))) == {1, 6, 7, 9, 10, 11, 13}


def test_without_an_address_the_birth_date_alone_is_a_key() -> None:
    assert 15 in kinds(keys(norm(replace(GRACE, addresses=()))))


def test_without_names_there_are_still_keys() -> None:
    assert set(kinds(keys(norm(replace(GRACE, names=()))))) == {1, 5, 10, 12, 14}
    baby = replace(GRACE, names=(WrittenName("Reid", ("Baby Girl",)),), sex="")
    assert set(kinds(keys(norm(baby)))) == {1, 2, 4, 5, 10, 11, 13, 14}


def test_names_without_consonants_have_no_skeleton() -> None:
    assert 11 not in kinds(keys(norm(replace(GRACE, names=(WrittenName("Io", ("Ea",)),)))))


def test_a_forename_alone_has_the_keys_of_forenames() -> None:
    table = replace(rules(), has_single_names=False)
    written = replace(GRACE, names=(WrittenName("", ("Grace",)),))
    found = kinds(keys(normalise(written, table, today=TODAY)))
    assert set(found) == {1, 3, 5, 6, 9, 10, 11, 12, 14}


def test_with_a_district_only_there_is_no_key_of_the_postcode() -> None:
    home = WrittenAddress((), "", "", "XR1")
    assert {5, 6, 13}.isdisjoint(kinds(keys(norm(replace(GRACE, addresses=(home,))))))


def test_keys_of_former_values_are_marked() -> None:
    written = replace(
        GRACE,
        names=(WrittenName("Reid", ("Grace",)), WrittenName("Okonkwo", ("Grace",), "old", True)),
        addresses=(*GRACE.addresses, WrittenAddress((), "", "", "XR2 1AB", "old", True)),
        contacts=(WrittenContact("phone", "07700900123", True),),
    )
    found = keys(norm(written))
    past = {(one.kind, one.is_past) for one in found}
    assert {(2, True), (2, False), (5, True), (5, False), (9, True), (13, True)} <= past
    # The forename is the same in both names: its key is a current one.
    assert (3, True) not in past
    former = keys(replace(norm(written), past_numbers=("4010232137",)))
    assert sum(one.is_past and one.kind == 1 for one in former) == 1


def test_exchanged_names_and_exchanged_days_share_keys() -> None:
    plain = replace(GRACE, names=(WrittenName("Jin", ("Xiaoling",)),), addresses=(), contacts=())
    bare = replace(plain, numbers=(), mother="", birth_date="1962-08-05")
    turned = replace(bare, names=(WrittenName("Xiaoling", ("Jin",)),))
    found = {one.kind for one in set(keys(norm(bare))) & set(keys(norm(turned)))}
    assert {7, 11} <= found
    chin = replace(bare, names=(WrittenName("Chin", ("Hsiaoling",)),))
    assert {one.kind for one in set(keys(norm(bare))) & set(keys(norm(chin)))} >= {11}
    turned_date = replace(bare, birth_date="1962-05-08")
    assert {one.kind for one in set(keys(norm(bare))) & set(keys(norm(turned_date)))} >= {4, 7}


@pytest.mark.slow
def test_blocking_recall_is_high_in_every_group() -> None:
    """Bars of section 17 on the generator: .9975, and .99 in every group with enough people."""
    index: dict[int, set[int]] = {}
    for person in CROWD:
        for key in of(person):
            index.setdefault(key, set()).add(person.number)
    rng = Random(17)
    asked: dict[str, list[bool]] = {"all": []}
    for _ in range(8_000):
        person = rng.choice(CROWD)
        found = any(
            person.number in index.get(key, ()) for key in of(corrupted(person, rng, SIZE // 22))
        )
        for group in ("all", *groups(person)):
            asked.setdefault(group, []).append(found)
    shares = {group: sum(found) / len(found) for group, found in asked.items() if len(found) > 400}
    assert shares.pop("all") >= 0.9975
    assert min(shares.values()) >= 0.99


def test_the_keys_of_a_person_are_few() -> None:
    assert sum(len(of(person)) for person in CROWD) / SIZE <= 13
