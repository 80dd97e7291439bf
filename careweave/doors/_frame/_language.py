"""In which language a page is: as chosen on a page, else as the browser asks, else English.

The choice is a word in a cookie of the browser's session: it says nothing of anybody and serves
nothing but what was asked for, so no consent is needed for it.
"""

from urllib.parse import urlsplit

from flask import Response, request
from flask.globals import request_ctx

from careweave.doors._frame._catalogue import NAMES, preferred
from careweave.doors._frame._page import Language

LANGUAGE = "__Host-cw-language"
"""Where a browser keeps which language was chosen."""
CHOOSE = "/workspace/language"
"""Where the choice is posted, from the pages of every door."""

_LONGEST = 2000


def language_asked() -> str:
    """Returns the language of the request at hand."""
    accepted = request.headers.get("Accept-Language", "")
    return preferred(accepted, request.cookies.get(LANGUAGE, ""))


def languages_of(language: str) -> tuple[Language, ...]:
    """Returns the languages that a page can be had in."""
    return tuple(Language(name, code, code == language) for code, name in NAMES.items())


def set_language(response: Response, language: str) -> Response:
    """Returns the answer that keeps a language for this browser; one that there is not changes nothing."""
    if language in NAMES:
        response.set_cookie(
            LANGUAGE, language, path="/", secure=True, httponly=True, samesite="Lax"
        )
    return response


def here(home: str) -> str:
    """Returns the address of the page at hand, to come back to; `home` where it is an answer alone."""
    adapter = request_ctx.url_adapter
    if adapter is None or not adapter.test(request.path, "GET"):
        return home
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path


def ours(address: str, home: str) -> str:
    """Returns an address that came back in a form, if it is a page of ours; else `home`."""
    parts = urlsplit(address) if len(address) <= _LONGEST and address.isprintable() else None
    is_ours = (
        parts is not None
        and not (parts.scheme or parts.netloc)
        and "\\" not in address
        and parts.path.startswith(("/workspace/", "/console/"))
    )
    return address if is_ours else home
