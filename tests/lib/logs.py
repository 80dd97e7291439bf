"""All that a test's own requests left in the log, with proof that it was listened to."""

import logging

import pytest

_CONTROL = "this line shows that the log is heard"


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Returns every line with all that it carries, in small letters; it includes one of our own."""
    logging.getLogger("careweave.doors").warning(_CONTROL)
    told = [f"{one.getMessage()} {vars(one)}".casefold() for one in caplog.records]
    assert any(_CONTROL in one for one in told)
    return told
