"""The keys of this installation."""

from careweave.db import Session
from careweave.record._keys import Keys


def keys(session: Session) -> Keys:
    """Returns what makes the search keys of this installation, the same for the whole process."""
    return session.memo(Keys, lambda inside: Keys(inside.secret))
