"""The view of a session's role, of the region in force."""

from careweave.doors._frame import views_in_force
from careweave.doors.workspace._call import Call
from careweave.terms import Forbidden
from careweave.views import Definition, Views


def view_of(call: Call) -> Definition:
    """Returns the view for the role, setting and team of the session.

    Raises Forbidden for an office: it opens nobody's record.
    """
    posting = call.signed_in.posting
    if posting.role is None:
        raise Forbidden("Your role opens nobody's record. Change to another, if you have one.")
    return views_of(call).definition(posting.role, posting.setting, posting.team)


def views_of(call: Call) -> Views:
    """Returns all views in force, and the words that they print by."""
    return views_in_force(call.parts.database, call.at)
