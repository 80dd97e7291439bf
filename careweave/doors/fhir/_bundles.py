"""Batch and transaction: many requests in one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus

from careweave.db import Session
from careweave.disclosure import Inside, refuse
from careweave.doors.fhir import _reads, _searches
from careweave.doors.fhir._answer import Answer, etag
from careweave.doors.fhir._body import kind_of, resource_of
from careweave.doors.fhir._call import Call
from careweave.doors.fhir._faults import outcome_bytes
from careweave.doors.fhir._headers import Form, Return
from careweave.doors.fhir._writes import representation, writing_of
from careweave.formats import (
    Bundle,
    BundleEntry,
    bundle_bytes,
    entry_bytes,
    instant,
    is_type,
    read_bundle,
    references,
)
from careweave.intake import Outcome
from careweave.terms import CareweaveError, Forbidden, Incorrect, NotFound

_LETTERS = {"GET": "r", "HEAD": "r", "POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}

_READING = frozenset({"GET", "HEAD"})

# By how many parts the address has, and the one part that is no id.
_READS: dict[tuple[str, str], Callable[[Call], Answer]] = {
    ("2", ""): _reads.read,
    ("2", "_history"): _reads.type_history,
    ("3", "_history"): _reads.history,
    ("3", "$everything"): _searches.everything,
    ("4", "_history"): _reads.vread,
}


def bundle(call: Call) -> Answer:
    """Answers a batch or a transaction. Source: FHIR R4 4.0.1, http.html section 3.1.0.11."""
    if call.header("IDEMPOTENCY_KEY") is not None:
        raise Incorrect(
            "A bundle takes no key; give its entries conditions.",
            where="Idempotency-Key",
            code="not-supported",
        )
    sent = _bundle_of(call)
    if sent.type == "transaction":
        return _transaction(call, sent)
    if sent.type == "batch":
        return _batch(call, sent)
    raise Incorrect(
        "Send a bundle of type transaction or batch.", where="Bundle.type", code="value"
    )


def _bundle_of(call: Call) -> Bundle:
    if kind_of(call) == "json":
        return read_bundle(call.load())
    return read_bundle(resource_of(call).body)


def _transaction(call: Call, sent: Bundle) -> Answer:
    for entry in sent.entries:
        _check_reach(call, entry)
    try:
        outcomes = call.parts.writer.transact(sent, writing_of(call), reads=_reader(call))
    except CareweaveError as error:
        if any(entry.method in _READING for entry in sent.entries):
            # Accounts of what was read go with what was written; that it was tried stays.
            refuse(call.way, call.asking, "transaction", "Bundle", error.code)
        raise
    return _answer(call, "transaction-response", iter(outcomes))


def _batch(call: Call, sent: Bundle) -> Answer:
    refused: dict[int, Outcome] = {}
    allowed: list[BundleEntry] = []
    for at, entry in enumerate(sent.entries):
        try:
            _check_reach(call, entry)
            allowed.append(entry)
        except CareweaveError as error:
            refused[at] = Outcome(error.status, error=error)
    rest = replace(sent, entries=tuple(allowed))
    done = iter(call.parts.writer.batch(rest, writing_of(call), reads=_lenient_reader(call)))
    whole = (refused[at] if at in refused else next(done) for at in range(len(sent.entries)))
    return _answer(call, "batch-response", whole)


def _check_reach(call: Call, entry: BundleEntry) -> None:
    """Raises Forbidden, accounted for, where the token does not reach what an entry asks."""
    if call.may("*", "cruds"):
        return
    for name, letters in _needs(entry):
        if is_type(name) and not call.may(name, letters):
            refuse(call.way, call.asking, "transaction", name, "scope")
            raise Forbidden("The scopes of the token do not allow this.", where=entry.where)


def _needs(entry: BundleEntry) -> Iterator[tuple[str, str]]:
    """Yields types with the scope letters that an entry needs on them."""
    path, _, query = (entry.url or "").partition("?")
    letters = _LETTERS.get(entry.method or "", "")
    if query or entry.if_none_exist or (entry.method == "GET" and "/" not in path):
        letters += "s"
    if query and entry.method == "PUT":
        letters += "c"
    yield path.partition("/")[0], letters
    if entry.resource is not None:
        # A conditional reference is a search, whatever it is written in.
        for reference in references(entry.resource):
            name, mark, _ = reference.partition("?")
            if mark:
                yield name, "s"


def _reader(call: Call) -> Callable[[Session, BundleEntry], Outcome]:
    """Returns what answers the GET entries of a transaction; one that fails fails the whole."""

    def read(session: Session, entry: BundleEntry) -> Outcome:
        inner = _inner(call, session, entry)
        answer = _route(inner)(inner)
        return Outcome(answer.status, body=answer.body or None)

    return read


def _lenient_reader(call: Call) -> Callable[[Session, BundleEntry], Outcome]:
    """Returns what answers the GET entries of a batch, each by itself."""
    strict = _reader(call)

    def read(session: Session, entry: BundleEntry) -> Outcome:
        try:
            return strict(session, entry)
        except CareweaveError as error:
            return Outcome(error.status, error=error)

    return read


def _inner(call: Call, session: Session, entry: BundleEntry) -> Call:
    path, _, query = (entry.url or "").removeprefix(f"{call.parts.base}/").partition("?")
    environ: dict[str, str] = {}
    if entry.if_none_match is not None:
        environ["HTTP_IF_NONE_MATCH"] = entry.if_none_match
    if entry.if_modified_since is not None:
        environ["HTTP_IF_MODIFIED_SINCE"] = entry.if_modified_since
    names = dict(zip(("type", "id", "history", "version"), path.split("/"), strict=False))
    names["n"] = str(path.count("/") + 1)
    return replace(
        call,
        way=Inside(session),
        method="GET",
        path=names,
        query=query,
        environ=environ,
        form=Form.JSON,
        load=bytes,
    )


def _route(call: Call) -> Callable[[Call], Answer]:
    path = call.path
    if not is_type(path["type"]):
        raise NotFound("FHIR R4 has no such type.", code="not-supported")
    if path["n"] == "1":
        return _searches.search
    named = path["id"] if path["id"] == "_history" else path.get("history", "")
    handler = _READS.get((path["n"], named))
    if handler is None or (named == "$everything" and path["type"] != "Patient"):
        raise NotFound("There is no such address here.", code="not-supported")
    return handler


def _answer(call: Call, kind: str, outcomes: Iterator[Outcome]) -> Answer:
    whole = call.prefer.give is Return.REPRESENTATION
    entries = [_entry(call, outcome, whole=whole) for outcome in outcomes]
    return Answer(200, bundle_bytes(kind, entries=entries))


def _entry(call: Call, outcome: Outcome, *, whole: bool) -> bytes:
    response: dict[str, str | bytes] = {"status": _status(outcome.status)}
    if outcome.error is not None:
        issues, request_id = outcome.error.issues, call.asking.request_id
        response["outcome"] = outcome_bytes(issues, request_id)
        return entry_bytes(None, None, response=response)
    written = outcome.written
    if written is None or written.status == 204:
        return entry_bytes(None, outcome.body, response=response)
    place = f"{call.parts.base}/{written.type}/{written.id}"
    response["location"] = f"{place}/_history/{written.version}"
    response["etag"] = etag(written.version)
    response["lastModified"] = instant(written.updated)
    body = representation(call, written) if whole and call.may(written.type, "r") else None
    return entry_bytes(place, body or None, response=response)


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
