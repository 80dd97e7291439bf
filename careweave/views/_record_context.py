"""What pages about one entry and one document print: texts ready, links opaque."""

from dataclasses import dataclass, field

from careweave.views._context import Detail, Fact, When


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of an entry: what it was, and when it was received."""

    number: int = field(metadata=_help("Number of the version, from 1."))
    received: When = field(metadata=_help("When this version was received."))
    text: str = field(metadata=_help("First received, replaced the one before, deleted."))
    is_current: bool = field(metadata=_help("Whether it is the version that is shown."))
    when: str = field(default="", metadata=_help("The date that it gives of itself."))
    author: str = field(default="", metadata=_help("Who wrote it, where that is said."))
    changes: tuple[str, ...] = field(
        default=(), metadata=_help("What it says otherwise than the version before it.")
    )


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry and where it comes from."""

    fact: Fact = field(metadata=_help("The entry as its section shows it."))
    heading: str = field(metadata=_help("The heading in words."))
    section: str = field(metadata=_help("Slug of the section that it stands in."))
    origin: tuple[Detail, ...] = field(
        metadata=_help("Who wrote it, where, when, in which system, when received, why shown.")
    )
    versions: tuple[VersionLine, ...] = field(metadata=_help("Its versions, newest first."))
    document: str = field(
        default="", metadata=_help("Handle of the document to read; empty if it is none.")
    )


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """One attachment of a document: its text, or a file to take away."""

    n: int = field(metadata=_help("Its place in the document, from 1: its address."))
    title: str = field(metadata=_help("Its title, or what kind of file it is."))
    kind: str = field(metadata=_help("text, image or file."))
    kind_text: str = field(metadata=_help("The kind of file in words: PDF, image, text."))
    size: str = field(metadata=_help("How large it is; empty when it is not here."))
    paragraphs: tuple[str, ...] = field(default=(), metadata=_help("The text, by paragraph."))
    is_cut: bool = field(
        default=False, metadata=_help("Whether the text goes on in the file alone.")
    )
    is_held: bool = field(default=True, metadata=_help("Whether its content may be opened here."))
