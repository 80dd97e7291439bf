"""What a document holds, made safe to read: text as text, nothing active, the rest as files.

Source: `reference/interface.md` 3 (received HTML, SVG and PDF are never active on our pages).
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from careweave.disclosure import Row
from careweave.formats import read_json
from careweave.terms import Json
from careweave.views import _fhir as fhir
from careweave.views._making import Making
from careweave.views._record_context import DocumentPart

_MOST_CHARACTERS = 200_000
_KIB = 1024
_PLAIN = frozenset({"text/plain", "text/markdown", "text/csv"})
_MARKED = frozenset(
    {"text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/hl7-cda+xml"}
)
_IMAGES: Mapping[str, bytes] = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_KINDS: Mapping[str, str] = {
    "application/pdf": "PDF",
    "application/rtf": "RTF",
    "text/rtf": "RTF",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "image/svg+xml": "SVG",
    "image/tiff": "TIFF",
    "application/dicom": "DICOM",
}
_ENDINGS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "application/dicom": ".dcm",
    **dict.fromkeys(sorted(_PLAIN | _MARKED), ".txt"),
}
_BLOCKS = frozenset(
    {
        *("address", "article", "blockquote", "br", "caption", "dd", "div", "dl", "dt"),
        *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "item", "li", "list"),
        *("ol", "p", "paragraph", "pre", "section", "table", "title", "tr", "ul"),
    }
)
_CELLS = frozenset({"td", "th"})
_UNREAD = frozenset(
    {"script", "style", "template", "iframe", "object", "embed", "svg", "math", "noscript"}
)
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """One attachment as it was received; `data` None where it is not held here."""

    type: str
    charset: str
    title: str
    data: bytes | None

    @property
    def is_image(self) -> bool:
        """Says whether it is an image that a browser may draw: by its first bytes, too."""
        first = _IMAGES.get(self.type)
        return first is not None and (self.data or b"").startswith(first)

    @property
    def ending(self) -> str:
        """Returns how the name of its file ends; nothing that a machine runs."""
        return _ENDINGS.get(self.type, ".bin")

    @property
    def is_text(self) -> bool:
        """Says whether it can be shown as text."""
        return self.data is not None and self.type in _PLAIN | _MARKED


def contents(row: Row, beside: Mapping[str, Row]) -> tuple[Content, ...]:
    """Returns the attachments of an entry in order; content held apart is taken from `beside`."""
    if row.body is None:
        return ()
    value = read_json(row.body).value
    if row.type == "Binary":
        return (_content({**value, "contentType": value.get("contentType")}, beside),)
    return tuple(_content(one, beside) for one in _attachments(value))


def _attachments(value: fhir.Value) -> Iterator[dict[str, Json]]:
    for one in fhir.items(value.get("content")):
        yield from fhir.items(one.get("attachment"))
    yield from fhir.items(value.get("presentedForm"))


def _content(attachment: dict[str, Json], beside: Mapping[str, Row]) -> Content:
    named = fhir.words(attachment.get("contentType"))
    data = _data(attachment.get("data"))
    if data is None:
        held = beside.get(fhir.words(attachment.get("url")))
        inner = {} if held is None or held.body is None else read_json(held.body).value
        named = named or fhir.words(inner.get("contentType"))
        data = _data(inner.get("data"))
    charset = _CHARSET.search(named)
    return Content(
        type=named.partition(";")[0].strip().lower(),
        charset=charset.group(1) if charset else "utf-8",
        title=fhir.words(attachment.get("title")),
        data=data,
    )


def _data(value: Json) -> bytes | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return None


def document_parts(found: tuple[Content, ...], making: Making) -> tuple[DocumentPart, ...]:
    """Returns the attachments as a page prints them: no markup of a sender is ever kept."""
    return tuple(_part(n, one, making) for n, one in enumerate(found, start=1))


def _part(n: int, one: Content, making: Making) -> DocumentPart:
    kind_text = _kind_text(one, making)
    text = text_of(one) if one.is_text else ""
    shown = text[:_MOST_CHARACTERS]
    return DocumentPart(
        n=n,
        title=one.title or kind_text,
        kind="text" if one.is_text else "image" if one.is_image else "file",
        kind_text=kind_text,
        size="" if one.data is None else size_of(len(one.data)),
        paragraphs=tuple(line for line in shown.splitlines() if line.strip()),
        is_cut=len(text) > len(shown),
        is_held=one.data is not None,
    )


def _kind_text(one: Content, making: Making) -> str:
    if one.is_image:
        return making.say("Image")
    if one.type in _PLAIN | _MARKED:
        return making.say("Text")
    return _KINDS.get(one.type) or making.say("File")


def size_of(n_bytes: int) -> str:
    """Returns a size as people read it: 12 kB, 1.4 MB."""
    if n_bytes < _KIB:
        return f"{n_bytes}\N{NO-BREAK SPACE}bytes"
    if n_bytes < _KIB * _KIB:
        return f"{n_bytes / _KIB:.0f}\N{NO-BREAK SPACE}kB"
    return f"{n_bytes / _KIB / _KIB:.1f}\N{NO-BREAK SPACE}MB"


def text_of(one: Content) -> str:
    """Returns the text of an attachment without any markup; what is not in its charset is marked."""
    try:
        text = (one.data or b"").decode(one.charset, errors="replace")
    except LookupError:
        text = (one.data or b"").decode("utf-8", errors="replace")
    text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\r\t")
    if one.type not in _MARKED:
        return text
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.text


class _Reader(HTMLParser):
    """Keeps the words of a marked-up text, one line for each block, and nothing else of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._depth = 0

    @property
    def text(self) -> str:
        """Returns the words in lines."""
        return "\n".join(" ".join(line.split()) for line in self._lines)

    def handle_starttag(  # type: ignore[explicit-override]
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Begins a line at a block; skips what is not for reading."""
        del attrs
        if tag in _UNREAD:
            self._depth += 1
        elif tag in _BLOCKS:
            self._lines.append("")
        elif tag in _CELLS:
            self._lines[-1] += "  "

    def handle_endtag(self, tag: str) -> None:  # type: ignore[explicit-override]
        """Ends a line at the end of a block."""
        if tag in _UNREAD:
            self._depth = max(0, self._depth - 1)
        elif tag in _BLOCKS:
            self._lines.append("")

    def handle_data(self, data: str) -> None:  # type: ignore[explicit-override]
        """Keeps words that are for reading."""
        if not self._depth:
            self._lines[-1] += data
