"""A number that its source deleted may come again for somebody else."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from careweave.identity import By, Leaving, retire, unfreeze
from careweave.identity._resolve import resolve
from tests.identity.resolving import ANNE, NOW, Feed, means, named, nhs

ANN = replace(ANNE, numbers=nhs("4010232137"))
TWIN = replace(ANNE, names=named("Okafor", "Ngozi"), numbers=nhs("4505577104"))


def _deleted(session, ours):
    """Ann at her practice and at the hospital, whose record of her is deleted."""
    first, second = resolve(session, [Feed("gp")(1, ANN), Feed("acu")(2, ANN)], means=ours)
    assert first.person == second.person
    later = NOW + timedelta(hours=1)
    retire(session, [Leaving(2, "acu", "message", later)], new_group=uuid4)
    return first.person


def test_whoever_has_it_now_is_not_linked_by_what_it_said_of_another(session):
    """The twin at the same home: the number of the sister would have been a former one of hers."""
    ours = means()
    ann = _deleted(session, ours)
    later = NOW + timedelta(hours=2)
    (twin,) = resolve(session, [Feed("acu")(2, TWIN, at=later)], means=ours)
    (other,) = resolve(session, [Feed("den")(3, TWIN, at=later)], means=ours)
    (again,) = resolve(session, [Feed("eye")(4, ANN, at=later)], means=ours)
    assert twin.person != ann
    assert (other.person, again.person) == (twin.person, ann)


def test_the_same_person_is_linked_again(session):
    ours = means()
    ann = _deleted(session, ours)
    later = NOW + timedelta(hours=2)
    (back,) = resolve(session, [Feed("acu")(2, ANN, at=later)], means=ours)
    assert (back.person, back.method) == (ann, "verified_number")


@pytest.mark.parametrize("is_twin", [True, False])
def test_a_number_that_was_put_right_proves_nothing_of_whose_it_is(session, is_twin):
    """Ann was registered under another's number, of one birth date, and it was corrected."""
    ours, acu = means(), Feed("acu")
    stranger = replace(TWIN, names=named("Pike", "Ngozi"), addresses=(), contacts=())
    other = TWIN if is_twin else stranger
    wrong = replace(ANN, numbers=other.numbers)
    (ann,) = resolve(session, [acu(1, wrong)], means=ours)
    (frozen,) = resolve(session, [acu(1, ANN)], means=ours)
    assert frozen.verdict == "frozen"
    unfreeze(session, 1, by=By("officer", NOW), means=ours)
    (owner,) = resolve(session, [Feed("gp")(2, other)], means=ours)
    (kept,) = resolve(session, [acu(1, replace(ANN, practice="B2"))], means=ours)
    assert (kept.person, owner.verdict) == (ann.person, "new")
    assert owner.person != ann.person


def test_a_number_that_took_the_place_of_another_is_that_of_the_same_person(session):
    ours = means()
    both = replace(ANN, numbers=(*nhs("4505577104"), *_former("4010232137")))
    (old,) = resolve(session, [Feed("gp")(1, ANN)], means=ours)
    (new,) = resolve(session, [Feed("acu")(2, replace(both, addresses=()))], means=ours)
    assert (new.person, new.method) == (old.person, "verified_number")


def _former(digits):
    return tuple(replace(one, is_past=True) for one in nhs(digits))
