"""Ids and reasons as people type them, for what is decided about who is who."""

from argparse import ArgumentTypeError
from uuid import UUID

from careweave.terms import PersonId


def person(text: str) -> PersonId:
    """Returns the id of a person, for options."""
    try:
        return PersonId(UUID(text))
    except ValueError:
        message = "the id of a person is a UUID"
        raise ArgumentTypeError(message) from None


def group(text: str) -> UUID:
    """Returns the id of a group of decisions, for options."""
    try:
        return UUID(text)
    except ValueError:
        message = "the id of a group is a UUID"
        raise ArgumentTypeError(message) from None
