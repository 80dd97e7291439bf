"""Asking live sources: bounded, one by one, and only where they said to be asked."""

import threading
from time import monotonic

import pytest

from careweave.sources import (
    Answered,
    Channel,
    LiveClients,
    LiveQuestion,
    Silent,
    Source,
    Transport,
    Why,
    ask_live,
)
from careweave.sources._live_http import checked_base, fetch
from careweave.sources._live_questions import may_answer, queries_of
from careweave.terms import Heading, Incorrect, Unavailable
from tests.lib.live_server import dead_base, dripping, fixed, flooding, held, serving

WHO = "https://fhir.nhs.uk/Id/nhs-number|9990000018"


def question(base: str, name: str = "nm-hospice", heading: Heading = Heading.ALG) -> LiveQuestion:
    """A question to a source at a base."""
    source = Source(
        name, name, "fhir", Transport(Channel.FHIR), live=frozenset({heading}), live_base=base
    )
    return LiveQuestion(source, heading, WHO)


@pytest.fixture
def clients():
    made = LiveClients(patience_s=0.4)
    yield made
    made.close()


def get(base: str, *, total_s: float = 5.0, most_bytes: int = 100_000) -> bytes:
    """The answer of a server."""
    return fetch(base, "A?b=c", connect_s=1.5, total_s=total_s, most_bytes=most_bytes)


def test_a_good_source_answers_each_search_of_the_heading(clients) -> None:
    with serving(fixed(b"{}")) as server:
        (answer,) = ask_live(clients, [question(server.base, heading=Heading.EOL)])
    assert answer == Answered("nm-hospice", Heading.EOL, (b"{}",) * 3)
    assert all("9990000018" in path for path in server.asked)


def test_every_heading_has_its_searches_and_their_types_may_come() -> None:
    lacking = {heading for heading in Heading if not queries_of(heading, WHO)}
    assert lacking == set()
    assert queries_of(Heading.ALG, "urn:x|1&y=2") == (
        "AllergyIntolerance?patient.identifier=urn%3Ax%7C1%26y%3D2",
    )
    assert "AllergyIntolerance" in may_answer(Heading.ALG)
    assert "Condition" not in may_answer(Heading.ALG)


@pytest.mark.attack(84)
def test_one_slow_source_keeps_nobody_waiting_longer_than_the_deadline() -> None:
    gate = threading.Event()
    clients = LiveClients()
    with serving(held(gate, fixed(b"{}"))) as slow, serving(fixed(b"{}")) as quick:
        begun = monotonic()
        asked = [question(slow.base, "slow"), question(quick.base, "quick")]
        answers = ask_live(clients, asked, within=0.3)
        assert monotonic() - begun < 1.5
        gate.set()
    assert answers[0] == Silent("slow", Heading.ALG, Why.LATE)
    assert isinstance(answers[1], Answered)
    clients.close()


@pytest.mark.attack(84)
@pytest.mark.parametrize("in_headers", [True, False])
def test_a_source_that_drips_is_cut_off_when_its_time_is_over(in_headers: bool) -> None:
    stop = threading.Event()
    with serving(dripping(stop, in_headers=in_headers)) as server:
        begun = monotonic()
        with pytest.raises(Unavailable):
            get(server.base, total_s=0.3)
        assert monotonic() - begun < 2
        stop.set()


@pytest.mark.attack(84)
def test_a_source_that_floods_is_cut_off_at_the_limit() -> None:
    with serving(flooding) as server, pytest.raises(Unavailable):
        get(server.base, most_bytes=200_000)


def test_a_dead_source_is_silent_at_once(clients) -> None:
    (answer,) = ask_live(clients, [question(dead_base())])
    assert answer == Silent("nm-hospice", Heading.ALG, Why.FAILED)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (302, {"Location": "http://127.0.0.1:1/"}),
        (301, {"Location": "/fhir/A"}),
        (204, {}),
        (401, {}),
        (500, {}),
        (200, {"Content_Encoding": "gzip"}),
    ],
)
def test_only_a_plain_answer_counts_and_no_redirect_is_followed(status, headers) -> None:
    with serving(fixed(b"{}", status, **headers)) as server:
        with pytest.raises(Unavailable):
            get(server.base)
        assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_none() -> None:
    def half(on, _kind, _query) -> None:
        on.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        on.close_connection = True

    with serving(half) as server, pytest.raises(Unavailable):
        get(server.base)


@pytest.mark.parametrize(
    "base",
    [
        "http://hospice.example/fhir",
        "https://user:word@hospice.example/fhir",
        "https://hospice.example/fhir?x=1",
        "file:///etc/passwd",
        "https://",
        "",
        "https://hospice.example:x/",
        "ftp://127.0.0.1/",
    ],
)
def test_only_a_safe_base_is_asked(base: str) -> None:
    with pytest.raises(Incorrect):
        checked_base(base)


def test_after_five_failures_one_try_a_minute_is_made() -> None:
    now = [0.0]
    clients = LiveClients(elapsed=lambda: now[0])
    dead = question(dead_base())
    whys = [ask_live(clients, [dead])[0].why for _ in range(7)]
    assert whys == [Why.FAILED] * 5 + [Why.RESTING] * 2
    now[0] = 61.0
    assert [ask_live(clients, [dead])[0].why for _ in range(2)] == [Why.FAILED, Why.RESTING]
    with serving(fixed(b"{}")) as server:
        now[0] = 122.0
        alive = question(server.base)
        assert all(isinstance(ask_live(clients, [alive])[0], Answered) for _ in range(2))
    clients.close()


def test_a_source_that_hangs_takes_no_more_than_its_share() -> None:
    gate = threading.Event()
    clients = LiveClients()
    with serving(held(gate, fixed(b"{}"))) as slow, serving(fixed(b"{}")) as quick:
        many = [question(slow.base, "slow")] * 12
        answers = ask_live(clients, [*many, question(quick.base, "quick")], within=0.3)
        gate.set()
    assert [one.why for one in answers[:-1]] == [Why.LATE] * 4 + [Why.BUSY] * 8
    assert isinstance(answers[-1], Answered)
    clients.close()
