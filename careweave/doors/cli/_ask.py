"""A few questions to our own doors over HTTP, as a client would ask them."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from careweave.terms import Unavailable

_WAIT_S = 60.0


def wait_ready(address: str, has_ended: Callable[[], bool], stop: threading.Event) -> None:
    """Waits until the address answers 200; Unavailable when that takes a minute, or it ended."""
    until = time.monotonic() + _WAIT_S
    while not stop.wait(0.05):
        if _answers(address):
            return
        if time.monotonic() > until or has_ended():
            message = "The server did not start; its log in the folder log says why."
            raise Unavailable(message)


def wait_open(host: str, port: int, has_ended: Callable[[], bool], stop: threading.Event) -> None:
    """Waits until somebody listens on a port; Unavailable when that takes a minute, or it ended."""
    until = time.monotonic() + _WAIT_S
    while not stop.is_set():
        try:
            socket.create_connection((host, port), timeout=2).close()
        except OSError:
            stop.wait(0.05)
        else:
            return
        if time.monotonic() > until or has_ended():
            message = "A door did not open; its log in the folder log says why."
            raise Unavailable(message)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (URLError, HTTPException, OSError):
        return False


class Asker:
    """Asks the door for systems with one token."""

    def __init__(self, base: str, token: str) -> None:
        """Takes the base address and the token."""
        self._base = base
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}

    def first_id(self, kind: str) -> str:
        """Returns the id of one resource of a type; "" where there is none."""
        request = Request(f"{self._base}/{kind}?_count=1", headers=self._headers)  # noqa: S310
        with urlopen(request, timeout=10) as answer:  # noqa: S310  our own address
            entries = json.load(answer).get("entry", [])
        return str(entries[0]["resource"]["id"]) if entries else ""

    def person_of(self, number: str, born: str) -> str:
        """Returns the id of the one person of a number and a birth date; "" where nobody is found."""
        body = urlencode({"identifier": number, "birthdate": f"eq{born}", "_max-results": "1"})
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        request = Request(f"{self._base}/Patient/$find", body.encode(), headers)  # noqa: S310
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310  our own address
                entries = json.load(answer).get("entry", [])
        except OSError:
            return ""
        found = [one["resource"] for one in entries]
        return str(found[0]["id"]) if found and found[0]["resourceType"] == "Patient" else ""

    def wait_for(self, kind: str, stop: threading.Event) -> str:
        """Returns the id of one resource of a type as soon as there is one; "" after a minute."""
        until = time.monotonic() + _WAIT_S
        found = ""
        while not found and not stop.wait(0.1) and time.monotonic() < until:
            found = self.first_id(kind)
        return found
