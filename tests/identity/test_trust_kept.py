"""A source whose numbers nobody has checked verifies none by a human's answer to something else."""

from dataclasses import replace

import pytest

from careweave.identity import By, NumberTrust, SourcePolicy, unfreeze
from careweave.identity._held import held
from careweave.identity._resolve import resolve
from tests.identity.resolving import ANNE, NOW, Feed, means, named, nhs

NUMBERED = replace(ANNE, numbers=nhs("4010232137"))
OTHER = replace(
    ANNE, names=named("Quillfeather", "Bob"), birth_date="1999-12-30", sex="male", addresses=()
)


@pytest.mark.parametrize(
    ("trust", "verified"),
    [(NumberTrust.UNVERIFIED, set()), (NumberTrust.STATED, {"nhs"})],
)
def test_what_is_taken_up_of_a_frozen_record_is_verified_as_far_as_its_source(
    session, trust, verified
):
    ours, gpa = means(), Feed(policy=SourcePolicy(numbers=trust))
    resolve(session, [gpa(1, NUMBERED)], means=ours)
    told = replace(OTHER, numbers=nhs("4505577104"), contacts=())
    (frozen,) = resolve(session, [gpa(1, told)], means=ours)
    assert frozen.verdict == "frozen"
    unfreeze(session, 1, by=By("officer", NOW), means=ours)
    session.flush()
    norm = held(session, [1])[1].norm
    assert norm.nhs == "4505577104"
    assert norm.verified == verified
