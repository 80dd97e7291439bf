"""The views of the region in force, compiled once for each version of the configuration."""

from careweave.db import Session
from careweave.disclosure import region_files
from careweave.doors.workspace._call import Call
from careweave.terms import Forbidden
from careweave.views import FOLDERS, Definition, Views, read_views


class _Kept:
    """The views of one version, as this process remembers them."""

    def __init__(self, version: int, views: Views) -> None:
        self.version = version
        self.views = views


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
    with call.parts.database.reading() as session:
        return _views(session, call)


def _views(session: Session, call: Call) -> Views:
    found = [region_files(session, call.at, folder) for folder in FOLDERS]
    version = found[0].version

    def compiled(_: Session) -> _Kept:
        return _Kept(version, read_views({k: v for one in found for k, v in one.files.items()}))

    kept = session.memo(_Kept, compiled)
    if kept.version != version:
        session.forget(_Kept)
        kept = session.memo(_Kept, compiled)
    return kept.views
