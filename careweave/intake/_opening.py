"""Opening sources, for those who register the systems of organisations."""

from careweave import record
from careweave.db import Session
from careweave.terms import SourceId


def open_source(session: Session, organisation: str, system: str, feed: str) -> SourceId:
    """Returns the number of this feed of a system, registered when it is new."""
    return record.open_source(session, organisation, system, feed)
