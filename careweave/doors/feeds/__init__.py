"""The door for files: drop folders and MESH mailboxes."""

from careweave.doors.feeds._books import (
    FileState,
    ParkedFile,
    accept_file,
    parked_files,
    refuse_file,
)
from careweave.doors.feeds._collector import Collector
from careweave.doors.feeds._mail import Report, reports
from careweave.doors.feeds._mesh import MeshAccess
from careweave.doors.feeds._taken import Taken

__all__ = [
    "Collector",
    "FileState",
    "MeshAccess",
    "ParkedFile",
    "Report",
    "Taken",
    "accept_file",
    "parked_files",
    "refuse_file",
    "reports",
]
