"""Answers as bytes on the wire: XML, indented or packed where that was asked for."""

import gzip

import falcon

from careweave.doors.fhir._admission import form_in
from careweave.doors.fhir._answer import FHIR_JSON, FHIR_XML, SECURITY_HEADERS, Answer
from careweave.doors.fhir._headers import Form, packs
from careweave.doors.fhir._render import as_xml, indented
from careweave.terms import NotAcceptable

_PACK_FROM = 2048
_PACK_LEVEL = 1


def send(
    request: falcon.Request, response: falcon.Response, answer: Answer, request_id: str
) -> None:
    """Puts the answer into Falcon's response."""
    response.status = answer.status
    response.set_headers(SECURITY_HEADERS)
    response.set_header("x-request-id", request_id)
    if answer.headers:
        response.set_headers(answer.headers)
    if not answer.body:
        return
    body, media = _formed(request, answer)
    response.content_type = media
    if len(body) > _PACK_FROM:
        response.set_header("vary", "Accept, Accept-Encoding")
        if packs(request.env.get("HTTP_ACCEPT_ENCODING")):
            body = gzip.compress(body, _PACK_LEVEL, mtime=0)
            response.set_header("content-encoding", "gzip")
    response.data = body


def _formed(request: falcon.Request, answer: Answer) -> tuple[bytes, str]:
    if answer.media is not FHIR_JSON:
        return answer.body, answer.media
    try:
        form = form_in(request.env)
    except NotAcceptable:
        form = Form.JSON
    if form is Form.XML:
        return as_xml(answer.body), FHIR_XML
    if "_pretty=true" in request.query_string:
        return indented(answer.body), FHIR_JSON
    return answer.body, FHIR_JSON
