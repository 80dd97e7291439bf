"""A message is answered once."""

import pytest

from careweave.record import Receipt, expire_receipts, keep_receipt, receipt
from careweave.terms import Conflict
from tests.record.lib import START, minutes


def test_a_kept_receipt_is_given_back_for_its_source_only(session):
    given = Receipt(b"d" * 16, b"answer")
    keep_receipt(session, 1, "m1", given, at=START)

    assert receipt(session, 1, "m1") == given
    assert receipt(session, 2, "m1") is None
    assert receipt(session, 1, "m2") is None


def test_the_second_of_two_is_a_conflict(session):
    keep_receipt(session, 1, "m1", Receipt(b"d", None), at=START)

    with pytest.raises(Conflict):
        keep_receipt(session, 1, "m1", Receipt(b"e", None), at=START)


def test_receipts_from_before_a_time_expire(session):
    for n in range(3):
        keep_receipt(session, 1, f"m{n}", Receipt(b"d", None), at=minutes(n))

    assert expire_receipts(session, minutes(2)) == 2
    assert receipt(session, 1, "m2")
