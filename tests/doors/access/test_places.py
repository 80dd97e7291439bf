"""Places for each kind of request: bodies first and in time, each lane its own, refused at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest

from careweave.doors._access import CLIENT, REFUSAL, Lane, Places, Rates, Width, address_of, lane_of
from careweave.doors._access._bodies import Bodies, Few
from careweave.terms import Busy, CareweaveError, Crowded, Incorrect, TooLong


class Silent:
    """A sender that says nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def read(self, _size: int, /) -> bytes:
        self.go.wait(5)
        return b""


def bodies(within_s: float = 0.05, n: int = 4, n_open: int = 6) -> Bodies:
    return Bodies(1000, within_s, Few(n, n), Few(n_open, n_open))


def test_a_body_is_read_whole_and_no_further() -> None:
    assert bodies().read(BytesIO(b"a" * 1000 + b"next"), "1000", "a") == b"a" * 1000
    assert bodies().read(BytesIO(b"chunks"), "", "a") == b"chunks"
    assert bodies().read(BytesIO(b""), "0", "a") == b""


@pytest.mark.parametrize("length", ["1001", "9" * 5000, ""])
def test_a_body_that_is_too_long_is_refused(length: str) -> None:
    with pytest.raises(TooLong):
        bodies().read(BytesIO(b"a" * 1002), length, "a")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "12 "])
def test_a_length_is_a_number(length: str) -> None:
    with pytest.raises(Incorrect):
        bodies().read(BytesIO(b"a"), length, "a")


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(Incorrect):
        bodies().read(BytesIO(b"short"), "10", "a")


@pytest.mark.attack(82)
def test_a_body_that_does_not_come_is_given_up_and_its_sender_has_only_so_many() -> None:
    reader, silent = bodies(n_open=3), Silent()
    for _ in range(3):
        with pytest.raises(Busy):
            reader.read(silent, "10", "a")
    with pytest.raises(Crowded):
        reader.read(silent, "10", "a")
    silent.go.set()
    assert any(_is_read(reader) for _ in range(100))


def _is_read(reader: Bodies) -> bool:
    try:
        return reader.read(BytesIO(b"0123456789"), "10", "a") == b"0123456789"
    except Crowded:
        threading.Event().wait(0.02)
        return False


def test_one_client_takes_not_all_places() -> None:
    few = Few(3, 2)
    with few.let_in("a"), few.let_in("a"):
        with pytest.raises(Crowded):
            few.enter("a")
        with few.let_in("b"), pytest.raises(Crowded):
            few.enter("c")
    with few.let_in("a"):
        pass


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/workspace/r/x/card", Lane.URGENT),
        ("GET", "/workspace/r/x/emergency", Lane.URGENT),
        ("POST", "/workspace/r/x/emergency", Lane.URGENT),
        ("POST", "/workspace/r/x/emergency/end", Lane.URGENT),
        ("POST", "/workspace/r/x/visit", Lane.URGENT),
        ("GET", "/workspace/visits", Lane.URGENT),
        ("POST", "/workspace/visits/sync", Lane.URGENT),
        ("GET", "/workspace/r/x/live", Lane.LIVE),
        ("GET", "/workspace/r/x", Lane.PAGES),
        ("GET", "/workspace/sign-in", Lane.PAGES),
        ("POST", "/workspace/sign-in", Lane.SIGNING),
        ("POST", "/workspace/sign-in/example", Lane.SIGNING),
        ("POST", "/workspace/recover", Lane.SIGNING),
        ("POST", "/workspace/launch", Lane.LAUNCH),
        ("GET", "/workspace/launch/x", Lane.LAUNCH),
        ("GET", "/workspace/launch/ward/x", Lane.LAUNCH),
        ("GET", "/console/", Lane.PAGES),
        ("GET", "/fhir/Patient", Lane.SYSTEMS),
        ("POST", "//workspace/recover", Lane.SIGNING),
        ("POST", "///workspace/find", Lane.PAGES),
        ("GET", "//workspace/r/x/card", Lane.URGENT),
        ("POST", "/elsewhere", Lane.SYSTEMS),
        ("GET", "/", None),
        ("GET", "/health", None),
        ("GET", "/static/cw.css", None),
    ],
)
def test_each_kind_of_request_has_its_places(method: str, path: str, lane: Lane | None) -> None:
    assert lane_of(method, path) is lane


class Held:
    """An application that holds its requests until it is let go, and notes what it was asked."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.n_first = 0
        self.seen: list[dict[str, object]] = []

    @contextmanager
    def first(self) -> Iterator[None]:
        self.n_first += 1
        yield

    def __call__(self, environ, _start):
        self.seen.append(environ)
        if REFUSAL not in environ:
            self.go.wait(5)
        return [b""]


def ask(places: Places, path: str, method: str = "GET", body: bytes = b"", **more: str) -> None:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": "192.0.2.7", **more}
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    places(environ, lambda *_: lambda _: None)


@pytest.mark.attack(82)
def test_pages_that_hang_leave_places_for_the_card() -> None:
    held = Held()
    places = Places(held, Width(n_systems=2), held.first)
    threads = [
        threading.Thread(target=ask, args=(places, path), kwargs={"REMOTE_ADDR": f"192.0.2.{n}"})
        for n, path in enumerate(["/workspace/find"] * 40 + ["/fhir/Patient"] * 5)
    ]
    for one in threads:
        one.start()
    for _ in range(200):
        if sum(REFUSAL in one for one in held.seen) >= 19:
            break
        threading.Event().wait(0.02)
    refused = [one for one in held.seen if REFUSAL in one]
    working = [one for one in held.seen if REFUSAL not in one]
    assert all(isinstance(one[REFUSAL], Crowded) for one in refused)
    assert len(refused) >= 19
    assert len(working) <= 14
    held.go.set()
    ask(places, "/workspace/r/x/card")
    assert REFUSAL not in held.seen[-1]
    assert held.n_first == 1
    for one in threads:
        one.join()


def test_tries_to_sign_in_are_limited_by_address() -> None:
    held = Held()
    held.go.set()
    places = Places(held, Width(n_systems=2, sign_ins=3), held.first)
    for _ in range(4):
        ask(places, "/workspace/recover", "POST", b"x=y")
    assert [isinstance(one.get(REFUSAL), Busy) for one in held.seen] == [False] * 3 + [True]
    ask(places, "//workspace/sign-in", "POST", b"x=y")
    assert isinstance(held.seen.pop()[REFUSAL], Busy)
    ask(places, "/workspace/recover", "POST", b"x=y", REMOTE_ADDR="192.0.2.8")
    ask(places, "/workspace/find", "POST", b"x=y")
    assert REFUSAL not in held.seen[-2]
    assert REFUSAL not in held.seen[-1]
    assert held.seen[-1]["wsgi.input"].read() == b"x=y"
    assert held.seen[-1][CLIENT] == "192.0.2.7"


def test_a_proxy_that_is_not_counted_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()
    held.go.set()
    for n_proxies in (1, 0):
        places = Places(held, Width(n_systems=2, n_proxies=n_proxies), held.first)
        for _ in range(2):
            ask(places, "/workspace/", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert caplog.messages == ['{"event": "proxy-not-counted"}']


def test_an_error_of_an_application_is_not_taken_for_a_refusal() -> None:
    def broken(_environ, _start):
        raise CareweaveError

    with pytest.raises(CareweaveError):
        ask(Places(broken, Width(n_systems=2), Held().first), "/workspace/")


@pytest.mark.parametrize(
    ("said", "n_proxies", "address"),
    [
        ("", 0, "198.51.100.1"),
        ("203.0.113.9", 0, "198.51.100.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("invented, 203.0.113.9", 1, "203.0.113.9"),
        ("203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("10.0.0.1", 2, "198.51.100.1"),
        ("nonsense", 1, ""),
        ("2001:db8:1:2:3:4:5:6", 1, "2001:db8:1:2::"),
    ],
)
def test_an_address_is_that_of_the_proxies_of_one_s_own(
    said: str, n_proxies: int, address: str
) -> None:
    environ = {"REMOTE_ADDR": "198.51.100.1", "HTTP_X_FORWARDED_FOR": said}
    assert address_of(environ, n_proxies) == address


def test_who_was_not_seen_for_long_is_forgotten_and_loses_nothing() -> None:
    now = [0.0]
    rates = Rates(1.0, 2.0, lambda: now[0])
    for n in range(10_001):
        rates.take(f"client {n}")
    now[0] = 100.0
    rates.take("one more")
    assert len(rates._buckets) == 1
