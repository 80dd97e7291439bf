"""One entry with where it comes from; a document to read; its attachments as safe downloads."""

from dataclasses import dataclass, field, replace

from flask import Response

from careweave.disclosure import OrganisationShown, ShownEntry, ShownPerson, entry
from careweave.doors._frame import as_download
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._person import (
    BANNER,
    Opened,
    answered,
    frame_about,
    moment_asked,
    opened,
)
from careweave.doors.workspace._record_bodies import Where
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import NotFound
from careweave.views import (
    Content,
    DocumentPart,
    EntryPage,
    contents,
    document_parts,
    entry_page,
)

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class EntryBody:
    """One entry of a person, and where it comes from."""

    entry: EntryPage = field(metadata=_help("The entry and its origin."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    here: str = field(metadata=_help("Handle of the entry."))


@dataclass(frozen=True, slots=True)
class DocumentBody:
    """One document of a person: what it says, and where it comes from."""

    entry: EntryPage = field(metadata=_help("The document as an entry."))
    parts: tuple[DocumentPart, ...] = field(metadata=_help("Its attachments in order."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    here: str = field(metadata=_help("Handle of the document."))


def entry_body(call: Call) -> Response:
    """Returns the page of one entry: what it says, who wrote it, by which clause it is shown."""
    one, _, page = _found(call)
    body = EntryBody(page, one.where, call.visit.path["entry"])
    return answered("record-entry.html", frame_about(one, page.heading), body)


def document(call: Call) -> Response:
    """Returns a document to read: text as text, everything else as files to take away."""
    one, found, page = _found(call)
    held = contents(found.row, found.beside)
    if not held:
        raise NotFound
    body = DocumentBody(
        entry=page,
        parts=document_parts(held, one.making),
        where=one.where,
        here=call.visit.path["entry"],
    )
    frame = frame_about(one, call.say("Document"), here="/s/documents")
    return answered("record-document.html", frame, body)


def attachment(call: Call) -> Response:
    """Returns one attachment as a file: never shown by the browser on our own address.

    Source: `reference/security.md` 8; `reference/attacks.md` 53.
    """
    content = _content(call)
    response = Response(content.data, mimetype=_BYTES)
    as_download(response, f"document-{call.visit.path['n']}{content.ending}")
    return response


def image(call: Call) -> Response:
    """Returns an attachment that is a PNG or JPEG by its first bytes, to be drawn in its page."""
    content = _content(call)
    if not content.is_image:
        raise NotFound
    response = Response(content.data, mimetype=content.type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _content(call: Call) -> Content:
    """Returns the attachment of the address; its opening is accounted for as the entry's."""
    person, text = call.person, call.visit.path["n"]
    type_name, id_ = call.entry_of(person)
    found = entry(call.way, call.asking, person, type_name, id_, as_of=moment_asked(call))
    held = contents(found.row, found.beside)
    n = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 1 <= n <= len(held) or held[n - 1].data is None:
        raise NotFound
    return held[n - 1]


def _found(call: Call) -> tuple[Opened, ShownEntry, EntryPage]:
    one = opened(call, BANNER)
    type_name, id_ = call.entry_of(one.person)
    found = entry(call.way, call.asking, one.person, type_name, id_, as_of=one.shown.as_of)
    return one, found, entry_page(found, _with(one.shown, found), one.making)


def _with(shown: ShownPerson, found: ShownEntry) -> ShownPerson:
    """Returns what was shown of a person with the entry among it, as views read them."""
    row = found.row
    named = OrganisationShown(found.slug, found.organisation, found.telephone)
    heading = {} if row.heading is None else {row.heading: (row,)}
    return replace(
        shown,
        rows={**shown.rows, **heading},
        beside={**shown.beside, **found.beside},
        authors={**shown.authors, **found.authors},
        organisations={row.source: named, **shown.organisations},
    )


ROUTES = (
    Route("/r/<person>/e/<entry>", "entry", Kind.DISCLOSES, entry_body),
    Route("/r/<person>/documents/<entry>", "document", Kind.DISCLOSES, document),
    Route("/r/<person>/documents/<entry>/<n>", "attachment", Kind.DISCLOSES, attachment),
    Route("/r/<person>/documents/<entry>/<n>/image", "image", Kind.DISCLOSES, image),
)
