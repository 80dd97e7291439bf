"""One admitted request, as handlers see it; handlers know nothing of Falcon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from careweave.db import Database
from careweave.disclosure import Asking, Way
from careweave.doors._access import Clients
from careweave.doors.fhir._headers import Form, Prefer, prefer_of
from careweave.doors.fhir._metrics import Metrics
from careweave.doors.fhir._scopes import allows
from careweave.intake import Writer
from careweave.ledger import Recorder
from careweave.terms import Actor, Clock, Incorrect, Issue, Severity

KIB, MIB = 1024, 1024 * 1024

# What the door reads itself; everything else of a query goes to the search.
_OF_THE_DOOR = frozenset({"_format", "_pretty"})
_MOST_PAIRS = 1000

# How the client fhirpy asks for an exact number; R4 has its own word for it.
_OTHER_WORDS = {("_totalMethod", "count"): ("_total", "accurate")}

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost before anything of it is parsed.

    Source: `reference/security.md` section 7. Rates are for one client in one process; 0 is off.
    `finds_per_hour` are searches for a person (`reference/agreements.md` 6.5, budget). A process works on `n_working` requests at once, while one client is sending `n_bodies` more.
    """

    body_bytes: int = 10 * MIB
    bundle_bytes: int = 50 * MIB
    url_bytes: int = 8 * KIB
    header_bytes: int = 32 * KIB
    n_headers: int = 100
    per_second: float = 100.0
    burst: float = 200.0
    finds_per_hour: float = 0.0
    n_working: int = 8
    n_bodies: int = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """What the door is made of; `base` is the address that clients use, without a last slash.

    Without `metrics`, the door counts for itself.
    """

    database: Database
    recorder: Recorder
    writer: Writer
    clients: Clients
    clock: Clock
    new_request_id: Callable[[], str]
    base: str
    limits: Limits = Limits()
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose caller, scope and form are settled.

    `path` holds the names of the address ("type", "id", "version"); `environ` the headers as WSGI
    gives them; `load` reads the body, bounded.
    """

    parts: Parts
    way: Way
    asking: Asking
    method: str
    path: Mapping[str, str]
    query: str
    environ: Mapping[str, str]
    form: Form
    load: Callable[[], bytes]

    @property
    def type(self) -> str:
        """Returns the resource type of the address."""
        return self.path["type"]

    @property
    def actor(self) -> Actor:
        """Returns who asks."""
        return self.asking.actor

    @property
    def prefer(self) -> Prefer:
        """Returns the preferences of the request."""
        return prefer_of(self.header("PREFER"))

    def header(self, name: str) -> str | None:
        """Returns a header by its WSGI name without the HTTP_ in front."""
        return self.environ.get("HTTP_" + name)

    def may(self, type_name: str, letters: str) -> bool:
        """Says whether the token's scopes grant all these letters on a type."""
        return allows(self.actor.scopes, type_name, letters)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Returns the query as pairs, without what the door reads itself."""
        return pairs_of(self.query) if self.query else ()

    @property
    def form_pairs(self) -> tuple[Pair, ...]:
        """Returns how the query asks for the form of the answer; the links of a page repeat it."""
        if "_format=" not in self.query and "_pretty=" not in self.query:
            return ()
        parts = (part.partition("=") for part in self.query.split("&"))
        return tuple((name, _decoded(value)) for name, _, value in parts if name in _OF_THE_DOOR)


def pairs_of(text: str) -> tuple[Pair, ...]:
    """Returns the pairs of a query or form, decoded, in order; refuses what is not UTF-8."""
    parts = [part for part in text.split("&") if part]
    if len(parts) > _MOST_PAIRS:
        raise Incorrect("There are too many parameters.", code="too-costly")
    pairs = (_pair(part) for part in parts)
    return tuple(pair for pair in pairs if pair[0] not in _OF_THE_DOOR)


def _pair(part: str) -> Pair:
    name, _, value = part.partition("=")
    try:
        pair = _decoded(name), _decoded(value)
    except UnicodeDecodeError:
        raise Incorrect(
            "The address has percent signs that do not stand for UTF-8; encode it anew."
        ) from None
    if "\0" in pair[0] or "\0" in pair[1]:
        raise Incorrect("A parameter holds the character NUL, which no text has.", code="value")
    return _OTHER_WORDS.get(pair, pair)


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def only(pairs: tuple[Pair, ...], known: frozenset[str], *, lenient: bool) -> dict[str, str]:
    """Returns single-valued parameters by name; unknown or repeated ones are one issue each."""
    faults = []
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            faults.append(_fault(name, "not-supported", "This parameter is not offered here."))
        elif name in found:
            faults.append(_fault(name, "invalid", "This parameter may be given once."))
        else:
            found[name] = value
    if faults and not lenient:
        raise Incorrect(faults[0].message, where=faults[0].where, issues=tuple(faults))
    return found


def _fault(name: str, code: str, message: str) -> Issue:
    return Issue(Severity.ERROR, code, message, name)
