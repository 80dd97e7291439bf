"""The views of the region in force, compiled once for each version of the configuration."""

from datetime import datetime

from careweave.db import Database, Session
from careweave.disclosure import region_files
from careweave.views import FOLDERS, Views, read_views


class _Kept:
    """The views of one version, as this process remembers them."""

    def __init__(self, version: int, views: Views) -> None:
        self.version = version
        self.views = views


def views_in_force(database: Database, at: datetime) -> Views:
    """Returns all views in force, and the words that they print by."""
    with database.reading() as session:
        return _views(session, at)


def _views(session: Session, at: datetime) -> Views:
    found = [region_files(session, at, folder) for folder in FOLDERS]
    version = found[0].version

    def compiled(_: Session) -> _Kept:
        return _Kept(version, read_views({k: v for one in found for k, v in one.files.items()}))

    kept = session.memo(_Kept, compiled)
    if kept.version != version:
        session.forget(_Kept)
        kept = session.memo(_Kept, compiled)
    return kept.views
