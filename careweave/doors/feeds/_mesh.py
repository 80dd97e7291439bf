"""MESH: a mailbox is emptied, each message stored before MESH is told that it has come.

Source: reference/interop.md 10.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from mesh_client import MeshClient

from careweave.db import Database, Session
from careweave.doors.feeds._books import QUERIES, FileState
from careweave.doors.feeds._desk import Desk
from careweave.doors.feeds._mail import Mail, download, is_same, keep_mail
from careweave.doors.feeds._taken import Coming, Taken
from careweave.doors.feeds._taking import Taker
from careweave.doors.feeds._trouble import fault_line
from careweave.sources import Channel, FeedNote, Reason, Source, Sources, note_feeds
from careweave.terms import Busy, Clock, Incorrect, Unavailable

_LOG = logging.getLogger("careweave.doors.feeds")
_HANDSHAKE = timedelta(hours=6)
_ALARM = timedelta(hours=20)
_TIMEOUT_S = 60.0
_MOST_TIMES = 5
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._+,()@=-]{0,199}")


@dataclass(frozen=True, slots=True)
class MeshAccess:
    """How a mailbox is reached. `authority` is a file of certificates; `certificate` and `key` ours.

    Look every `poll_s` seconds; up to five times as rarely while nothing comes.
    """

    url: str
    mailbox: str
    password: str = field(repr=False)
    shared_key: str = field(repr=False)
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    poll_s: float = 60.0


class Postman:
    """Empties one mailbox."""

    def __init__(
        self,
        database: Database,
        taker: Taker,
        sources: Callable[[], Sources],
        access: MeshAccess,
        clock: Clock,
    ) -> None:
        """Takes the way in and the way to the mailbox; Incorrect for one in the clear."""
        address = urlsplit(access.url)
        if address.scheme != "https" and address.hostname not in _LOOPBACK:
            message = "MESH is reached by https alone; its password would be read on the way."
            raise Incorrect(message, where="mesh_url")
        self._database = database
        self._taker = taker
        self._sources = sources
        self._access = access
        self._clock = clock
        self._pause_s = access.poll_s
        self._next = time.monotonic()

    def once(self) -> tuple[Taken, ...]:
        """Empties the mailbox if it is time; what MESH does wrong is noted at its feeds.

        Unavailable and Busy of our own database come out as they are.
        """
        if time.monotonic() < self._next:
            return ()
        taken: list[Taken] = []
        try:
            with self._client() as client:
                self._shake(client)
                n_listed = self._empty(client, taken)
            self._note("")
            self._pause_s = self._access.poll_s if n_listed else self._rarer()
        except (Unavailable, Busy):
            raise
        except Exception as error:  # noqa: BLE001  a door: the network and its library fail in many ways
            _LOG.warning(fault_line("mesh", error))
            self._pause_s = self._rarer()
            self._note(self._failed())
        self._next = time.monotonic() + self._pause_s
        return tuple(taken)

    def _rarer(self) -> float:
        return min(self._pause_s * 2, self._access.poll_s * _MOST_TIMES)

    def _client(self) -> MeshClient:
        access = self._access
        pair = (str(access.certificate), str(access.key)) if access.certificate else None
        return MeshClient(
            access.url,
            access.mailbox,
            access.password,
            shared_key=access.shared_key.encode(),
            cert=pair,
            verify=str(access.authority) if access.authority else None,
            timeout=_TIMEOUT_S,
            application_name="careweave",
        )

    def _shake(self, client: MeshClient) -> None:
        """Validates the access when it was not for six hours: MESH wants it once a day."""
        now, name = self._clock(), self._access.mailbox
        with self._database.reading() as session:
            row = session.row(QUERIES["shaken"], name=name)
        if row is None or now - row[0] >= _HANDSHAKE:
            client.handshake()  # type: ignore[no-untyped-call]  # the library says no types
            with self._database.session() as session:
                session.run(QUERIES["shake"], name=name, now=now)

    def _empty(self, client: MeshClient, taken: list[Taken]) -> int:
        """Takes every message that is listed, and returns how many they were."""
        listed = client.list_messages()
        with self._database.reading() as session:
            rows = session.rows(
                QUERIES["known_mail"], mailbox=self._access.mailbox, message_ids=listed
            )
        known = {row[0] for row in rows}
        n_stuck = 0
        for message_id in listed:
            try:
                if message_id not in known:
                    taken += self._store(download(client, self._access.mailbox, message_id))
            except Incorrect as error:
                # It stays in the mailbox until somebody acts; those behind it do not wait.
                _LOG.warning(fault_line("mesh", error))
                n_stuck += 1
                continue
            # Told only after the commit: killed in between, we see it again and know it.
            client.acknowledge_message(message_id)
            self._acknowledged(message_id)
        if n_stuck:
            raise Incorrect(f"{n_stuck} messages of the mailbox cannot be stored.")
        return len(listed)

    def _store(self, mail: Mail) -> list[Taken]:
        """Stores a message; Incorrect where no source takes it and none is there for the rest."""
        if mail.is_report:
            self._keep_report(mail)
            return []
        source = self._source_of(mail)
        if source is None:
            message = "No source takes this workflow, and none is there for unknown ones."
            raise Incorrect(message, where="Mex-WorkflowID")
        coming = Coming(source, _name(mail, source), mail.data, self._clock(), channel="mesh")
        if coming.has_rows:
            # Of as many transactions as it needs: seen again, the file itself is known.
            taken = self._taker.take(coming)
            with self._database.session() as session:
                self._keep(session, mail, taken)
            return [taken]
        with self._database.session(bulk=True) as session:
            return [self._take(session, mail, coming)]

    def _take(self, session: Session, mail: Mail, coming: Coming) -> Taken:
        source = coming.source
        if not source.transport.workflow:
            taken = self._unknown(session, coming)
        elif is_same(session, mail, source.name):
            taken = Taken(source.name, coming.name, FileState.REPEATED)
        else:
            taken = self._taker.take_in(session, coming)
        self._keep(session, mail, taken)
        return taken

    def _unknown(self, session: Session, coming: Coming) -> Taken:
        desk = Desk(session, coming, self._sources())
        about = "No source takes this workflow id; describe one, then replay."
        reason = Reason.TYPE_NOT_MAPPED
        number = desk.store(about, reason)
        name = coming.source.name
        taken = Taken(name, coming.name, FileState.REJECTED, reason, about, number)
        return desk.note(taken, failed=about)

    def _keep(self, session: Session, mail: Mail, taken: Taken) -> None:
        keep_mail(session, mail, source=taken.source, message=taken.message, now=self._clock())

    def _keep_report(self, mail: Mail) -> None:
        with self._database.session() as session:
            keep_mail(session, mail, source="", message=None, now=self._clock())
        _LOG.warning('{"event": "mesh-report", "door": "feeds"}')

    def _acknowledged(self, message_id: str) -> None:
        with self._database.session() as session:
            session.run(
                QUERIES["acknowledge_mail"],
                mailbox=self._access.mailbox,
                message_id=message_id,
                now=self._clock(),
            )

    def _source_of(self, mail: Mail) -> Source | None:
        """Returns the source of a workflow, else the one for unknown ones, else None."""
        mine = {source.transport.workflow: source for source in self._mine()}
        return mine.get(mail.workflow) or mine.get("")

    def _mine(self) -> list[Source]:
        boxes = ("", self._access.mailbox)
        return [
            source
            for source in self._sources()
            if source.transport.kind is Channel.MESH and source.transport.mailbox in boxes
        ]

    def _note(self, failed: str) -> None:
        """Notes at every feed of the mailbox that it was looked into, or why not."""
        now = self._clock()
        notes = [
            FeedNote(source.name, source.feed, now, answered=not failed, failed=failed)
            for source in self._mine()
        ]
        with self._database.session() as session:
            note_feeds(session, notes)

    def _failed(self) -> str:
        with self._database.reading() as session:
            row = session.row(QUERIES["shaken"], name=self._access.mailbox)
        if row is not None and self._clock() - row[0] >= _ALARM:
            return "The mailbox was not validated for 20 hours; MESH closes it after 24."
        return "The mailbox could not be emptied; the log says where it failed."


def _name(mail: Mail, source: Source) -> str:
    """Returns the name of the file in a message where that tells something, else its id."""
    has_name = source.file.is_snapshot or source.file.sequence
    return mail.name if has_name and _PLAIN.fullmatch(mail.name) else mail.message_id
