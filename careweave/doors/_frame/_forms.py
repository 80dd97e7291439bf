"""Requests that change something: from our own page, of this session, once, about one person.

A token of the session is masked anew in each answer, so that a compressed page that mirrors input
does not give it away. A form's id is signed for (session, page, person): what was made for one
person is never accepted for another. Spending the id, so that two posts act once, is the act's own.
"""

import base64
import binascii
import hmac
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from careweave.doors._frame._page import Form
from careweave.terms import Conflict, Forbidden, Incorrect

_LENGTH = 32
_ID = 16
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
Bytes = Callable[[int], bytes]
"""Where random bytes come from: `secrets.token_bytes`."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that came back and was made by us: its id, to be spent once, and whom it is about."""

    id: str
    about: str


def check_signs(text: str) -> None:
    """Raises Incorrect for a text with signs that nobody can type: it cannot be kept as it is.

    New lines and tabs are typed; a half of a pair of signs is no text at all.
    """
    if any(_is_bad(one) for one in text if not one.isprintable()):
        raise Incorrect("There is a sign in this text that cannot be kept. Type it anew.")


def _is_bad(sign: str) -> bool:
    return unicodedata.category(sign) in _BAD and sign not in "\t\n\r"


_BAD = frozenset({"Cc", "Cs"})
"""Control signs, and halves of pairs. Marks that steer writing both ways are text."""


def changes(method: str) -> bool:
    """Says whether a request of this method may change something."""
    return method in _CHANGING


def refuse_other_sites(headers: Mapping[str, str], origin: str) -> None:
    """Refuses a request that did not come from a page of ours.

    Our own pages send no referrer, and so browsers say `Origin: null` on their forms: what counts
    is then `Sec-Fetch-Site`, which no page can forge. A browser that sends neither is refused.
    """
    site = headers.get("Sec-Fetch-Site")
    is_ours = site == "same-origin" if site else headers.get("Origin") == origin
    if not is_ours:
        message = "This did not come from a page of this service. Open the page anew and try again."
        raise Forbidden(message)


def csrf_token(secret: bytes, random: Bytes) -> str:
    """Returns the token of the session, masked with fresh bytes."""
    mask = random(_LENGTH)
    masked = bytes(a ^ b for a, b in zip(mask, _proof(secret, "csrf"), strict=True))
    return _text(mask + masked)


def check_csrf(secret: bytes, token: str) -> None:
    """Refuses a token that is not of this session."""
    raw = _bytes(token)
    mask, masked = raw[:_LENGTH], raw[_LENGTH:]
    found = bytes(a ^ b for a, b in zip(mask, masked, strict=False))
    if not hmac.compare_digest(found, _proof(secret, "csrf")):
        message = (
            "This page was made for another session. Nothing was changed; open it anew and try "
            "again."
        )
        raise Forbidden(message)


def new_form(secret: bytes, page: str, about: str, random: Bytes) -> Form:
    """Returns the hidden fields of a form of this page, about the person of this handle."""
    made = random(_ID)
    signed = made + _proof(secret, "form", page, about, made.hex())[:_ID]
    return Form(id=_text(signed), csrf=csrf_token(secret, random), page=page, about=about)


def posted(secret: bytes, fields: Mapping[str, str], page: str, about: str) -> Posted:
    """Returns the form that came back; refuses one made for another page, person or session."""
    raw = _bytes(fields.get("form", ""))
    if len(raw) != 2 * _ID:
        message = "The form has lost its number. Open the page anew; nothing was changed."
        raise Incorrect(message)
    expected = _proof(secret, "form", page, about, raw[:_ID].hex())[:_ID]
    is_named = fields.get("about", "") == about
    if not (is_named and hmac.compare_digest(raw[_ID:], expected)):
        message = (
            "This form was made for another page or another person. Nothing was saved; go back to "
            "the person that you meant."
        )
        raise Conflict(message)
    return Posted(id=_text(raw[:_ID]), about=about)


def _proof(secret: bytes, *parts: str) -> bytes:
    return hmac.new(secret, "\x1f".join(parts).encode(), sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
