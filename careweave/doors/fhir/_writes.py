"""Creating, changing and deleting one entry, by its id or by a condition."""

from careweave import disclosure
from careweave.disclosure import sight
from careweave.doors.fhir._answer import Answer, etag, http_date
from careweave.doors.fhir._body import kind_of, resource_from, resource_of
from careweave.doors.fhir._call import Call, Pair, pairs_of
from careweave.doors.fhir._faults import outcome_bytes
from careweave.doors.fhir._headers import Return, version_of
from careweave.doors.fhir._render import resource_bytes
from careweave.formats import Resource, read_value, splice
from careweave.intake import Interaction, WriteRequest, Writing, Written
from careweave.terms import Action, Forbidden, Incorrect, Json, NotFound, Role

_LONGEST_KEY = 128


def create(call: Call) -> Answer:
    """Answers a create, conditional where If-None-Exist, or a query, says so.

    Source: FHIR R4 4.0.1, http.html sections 3.1.0.8 and 3.1.0.8.1; the query is how fhirpy and
    others say it, and to pass it over would make doubles.
    """
    return _write(
        call,
        WriteRequest(
            Interaction.CREATE,
            call.type,
            resource=_resource(call),
            condition=_create_condition(call),
            idempotency_key=_idempotency_key(call),
        ),
    )


def _create_condition(call: Call) -> tuple[Pair, ...] | None:
    header = call.header("IF_NONE_EXIST")
    if header is not None:
        _no_query(call)
        return _condition_of(call, header)
    if not call.query or not call.pairs:
        return None
    _must_search(call)
    return call.pairs


def update(call: Call) -> Answer:
    """Answers an update of the entry at this address; If-Match names the version it is based on."""
    _no_query(call)
    _not_only_if_absent(call)
    return _write(
        call,
        WriteRequest(
            Interaction.UPDATE,
            call.type,
            id=call.path["id"],
            resource=_resource(call),
            if_match=version_of(call.header("IF_MATCH")),
        ),
    )


def patch(call: Call) -> Answer:
    """Answers a patch of the entry at this address: JSON Patch, Merge Patch or FHIRPath Patch."""
    _no_query(call)
    return _write(
        call,
        WriteRequest(
            Interaction.PATCH,
            call.type,
            id=call.path["id"],
            patch=_patch(call),
            if_match=version_of(call.header("IF_MATCH")),
        ),
    )


def delete(call: Call) -> Answer:
    """Answers a delete: 204 also where nothing is, or nothing any more."""
    _no_query(call)
    return _write(
        call,
        WriteRequest(
            Interaction.DELETE,
            call.type,
            id=call.path["id"],
            if_match=version_of(call.header("IF_MATCH")),
        ),
    )


def update_where(call: Call) -> Answer:
    """Answers an update of the one entry that the query finds, or a create where it finds none."""
    _not_only_if_absent(call)
    return _write(
        call,
        WriteRequest(
            Interaction.UPDATE,
            call.type,
            resource=_resource(call),
            condition=_query(call),
            if_match=version_of(call.header("IF_MATCH")),
        ),
    )


def patch_where(call: Call) -> Answer:
    """Answers a patch of the one entry that the query finds."""
    return _write(
        call,
        WriteRequest(
            Interaction.PATCH,
            call.type,
            patch=_patch(call),
            condition=_query(call),
            if_match=version_of(call.header("IF_MATCH")),
        ),
    )


def delete_where(call: Call) -> Answer:
    """Answers a delete of the one entry that the query finds."""
    return _write(call, WriteRequest(Interaction.DELETE, call.type, condition=_query(call)))


def writing_of(call: Call) -> Writing:
    """Returns who writes, through which door, and what may be seen while conditions are tried."""
    asking = call.asking
    with call.way.reading() as session:
        view = sight(session, asking.actor, asking.purpose, Action.WRITE, at=asking.at)
        whole = disclosure.whole(session, asking, view)
    return Writing(
        actor=asking.actor,
        sight=view,
        door=asking.door,
        request_id=asking.request_id,
        at=asking.at,
        asks=disclosure.asks(asking, view),
        whole=whole,
    )


def _write(call: Call, request: WriteRequest) -> Answer:
    written = call.parts.writer.write(request, writing_of(call))
    place = f"{call.parts.base}/{written.type}/{written.id}/_history/{written.version}"
    headers = (
        ("etag", etag(written.version)),
        ("last-modified", http_date(written.updated)),
        ("location", place),
    )
    if written.status == 204:
        return Answer(204, headers=headers[:1] if written.version else ())
    return Answer(written.status, _given_back(call, written), headers)


def _given_back(call: Call, written: Written) -> bytes:
    give = call.prefer.give
    if give is Return.MINIMAL:
        return b""
    if give is Return.OUTCOME:
        return outcome_bytes(written.issues, call.asking.request_id)
    if call.method == "PATCH" and not call.may(written.type, "r"):
        # Who may only change does not get to read the rest that way.
        return b""
    return representation(call, written)


def _as_read(call: Call, written: Written) -> bytes:
    """Returns what was changed as its writer may read it; nothing where it may not."""
    try:
        found = disclosure.read(call.way, call.asking, written.type, written.id)
    except NotFound:
        return b""
    return resource_bytes(found.rows[0])


def representation(call: Call, written: Written) -> bytes:
    """Returns what was written, or what was found, as a resource.

    Somebody at work gets it as any other read gives it, in a bundle too: labels that were added
    and elements that were not sent are theirs to know only if they may read them.
    """
    if written.body is None or call.actor.role is not Role.SYSTEM:
        # So does a conditional create that matched: what is there goes out as a read does.
        if not call.may(written.type, "r"):
            return b""
        return _as_read(call, written)
    return splice(
        written.body,
        written.cut,
        id=written.id,
        version=written.version,
        updated=written.updated,
        meta=written.meta,
    )


def _resource(call: Call) -> Resource:
    resource = resource_of(call)
    if resource.type != call.type:
        raise Incorrect(
            f"The address is for {call.type}; the resource is of another type.",
            where="resourceType",
        )
    return resource


def _patch(call: Call) -> Json | Resource:
    kind, data = kind_of(call), call.load()
    if kind in {"json", "json-patch", "merge-patch"} and data:
        value = read_value(data)
        if kind != "json" and isinstance(value, dict) != (kind == "merge-patch"):
            raise Incorrect(
                "A JSON Patch is a list of operations, a merge patch an object.", code="structure"
            )
        if kind != "json" or not isinstance(value, dict) or "resourceType" not in value:
            return value
    return resource_from(kind, data)


def _no_query(call: Call) -> None:
    if call.query and call.pairs and not call.prefer.lenient:
        raise Incorrect(
            "This address takes no parameters.", where=call.pairs[0][0], code="not-supported"
        )


def _not_only_if_absent(call: Call) -> None:
    # Passed over, it would let a client overwrite what it asked not to.
    if call.header("IF_NONE_MATCH") is not None:
        raise Incorrect(
            "An update is guarded by If-Match; to create what is not there yet, send a create "
            "with If-None-Exist.",
            where="If-None-Match",
            code="not-supported",
        )


def _query(call: Call) -> tuple[Pair, ...]:
    if not call.pairs:
        raise Incorrect(
            "Say which entry is meant by search parameters, or use its id.", code="required"
        )
    return call.pairs


def _condition_of(call: Call, header: str) -> tuple[Pair, ...]:
    _must_search(call)
    pairs = pairs_of(header.partition("?")[2] if "?" in header else header)
    if not pairs:
        raise Incorrect("The condition is empty.", where="If-None-Exist", code="required")
    return pairs


def _must_search(call: Call) -> None:
    if not call.may(call.type, "s"):
        raise Forbidden("A condition needs the scope to search.")


def _idempotency_key(call: Call) -> str | None:
    key = call.header("IDEMPOTENCY_KEY")
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isascii()):
        raise Incorrect(
            f"Give 1 to {_LONGEST_KEY} plain characters.", where="Idempotency-Key", code="value"
        )
    return key
