"""One request as the pages see it; who asks is settled before a page is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from careweave.disclosure import Outlet
from careweave.doors.workspace._parts import Parts


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of anybody: the names of its address, its query and its form, single-valued.

    `is_fragment` says that htmx asks for a part of a page.
    """

    parts: Parts
    at: datetime
    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    is_fragment: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who is signed in."""

    visit: Visit

    @property
    def way(self) -> Outlet:
        """Returns the way by which an answer leaves: accounted for before it is given."""
        return Outlet(self.visit.parts.database, self.visit.parts.recorder)
