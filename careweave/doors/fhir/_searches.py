"""Search by GET and by POST, and everything of one patient."""

from careweave import disclosure
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import kind_of, parameters_of
from careweave.doors.fhir._call import Call, Pair, only, pairs_of
from careweave.doors.fhir._reads import page_of
from careweave.doors.fhir._render import Links, address, page_bundle, search_bundle
from careweave.formats import is_type
from careweave.terms import Incorrect, UnsupportedMedia

_EVERYTHING = frozenset({"_since", "_type", "_count", "_cursor"})
_PAGE = 50


def search(call: Call) -> Answer:
    """Answers one page of a search. Source: FHIR R4 4.0.1, http.html section 3.1.0.9."""
    return _search(call, call.pairs)


def search_by_post(call: Call) -> Answer:
    """Answers as a search by GET would; the parameters may come in the body and the address."""
    if call.environ.get("CONTENT_TYPE") and kind_of(call) != "form":
        raise UnsupportedMedia(
            "Send the parameters as application/x-www-form-urlencoded.", where="Content-Type"
        )
    try:
        text = call.load().decode()
    except UnicodeDecodeError:
        raise Incorrect("The body is not UTF-8.") from None
    return _search(call, (*call.pairs, *pairs_of(text)))


def _search(call: Call, pairs: tuple[Pair, ...]) -> Answer:
    found = disclosure.search(call.way, call.asking, call.type, pairs, lenient=call.prefer.lenient)
    base = call.parts.base
    place = f"{base}/{call.type}"
    return Answer(200, search_bundle(found, place, call.form_pairs, base, call.asking.request_id))


def everything(call: Call) -> Answer:
    """Answers a page of all that is held about one Patient.

    Source: FHIR R4 4.0.1, operation Patient-everything; `start` and `end` are not offered.
    """
    pairs = call.pairs
    if call.method == "POST":
        pairs = (*pairs, *parameters_of(call))
    types = frozenset(name for key, value in pairs if key == "_type" for name in value.split(","))
    single = tuple(pair for pair in pairs if pair[0] != "_type")
    asked = only(single, _EVERYTHING, lenient=call.prefer.lenient)
    for name in types:
        if not is_type(name):
            raise Incorrect("FHIR R4 has no such type.", where="_type", code="value")
    found = disclosure.everything(
        call.way, call.asking, call.path["id"], types=types, page=page_of(asked, _PAGE)
    )
    here = f"{call.parts.base}/Patient/{call.path['id']}/$everything"
    kept = asked | ({"_type": ",".join(sorted(types))} if types else {}) | dict(call.form_pairs)
    links: Links = [("self", address(here, kept.items()))]
    if found.next is not None:
        links.append(("next", address(here, (kept | {"_cursor": found.next}).items())))
    return Answer(200, page_bundle(found, call.parts.base, links))
