"""The choice of a language: for the pages of every door, before sign-in and after."""

from flask import Response

from careweave.doors._frame import CHOOSE, ours, set_language
from careweave.doors.workspace._call import PREFIX, Visit
from careweave.doors.workspace._framing import HOME
from careweave.doors.workspace._route import OpenRoute
from careweave.doors.workspace._signing import onwards


def choose(visit: Visit) -> Response:
    """Keeps the language that was chosen, and leads back to the page on which it was."""
    back = onwards(ours(visit.form.get("back", ""), HOME))
    return set_language(back, visit.form.get("language", ""))


OPEN_ROUTES = (OpenRoute(CHOOSE.removeprefix(PREFIX), "language", choose, "POST"),)
