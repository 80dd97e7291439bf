"""The files in an archive that a source is declared to send, within bounds.

Source: reference/attacks.md 43.
"""

import io
import re
import stat
import zipfile
import zlib

from careweave.terms import Incorrect

MOST_MEMBERS = 100
MOST_BYTES = 256 * 1024 * 1024
MOST_RATIO = 200
"""How many times as large as itself what is in an archive may be."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._+,()@=-]{0,199}")
_ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".7z")
_ENCRYPTED = 0x1


def members(data: bytes) -> list[tuple[str, bytes]]:
    """Returns the files of an archive by name; raises Incorrect if any of them breaks a rule.

    No folders, links, passwords or archives in it; nothing is ever written to a disk.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            _check(listed, len(data))
            return [(each.filename, _read(archive, each)) for each in sorted(listed, key=_name)]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Incorrect("The archive cannot be read; send it again.", code="archive") from error


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename


def _check(listed: list[zipfile.ZipInfo], size: int) -> None:
    """Looks at what the archive says of itself, before anything of it is unpacked."""
    total = sum(member.file_size for member in listed)
    if not listed or len(listed) > MOST_MEMBERS:
        message = f"The archive must hold 1 to {MOST_MEMBERS} files."
    elif total > MOST_BYTES:
        message = f"What is in the archive has more than {MOST_BYTES} bytes; divide it."
    elif total > MOST_RATIO * size:
        message = f"What is in the archive is more than {MOST_RATIO} times as large as it is."
    elif len({member.filename for member in listed}) != len(listed):
        message = "The archive holds two files of one name."
    elif not all(_is_plain(member) for member in listed):
        message = "The archive holds a folder, a link, a password or an archive; send files only."
    else:
        return
    raise Incorrect(message, code="archive")


def _is_plain(member: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(member.external_attr >> 16)
    return (
        _PLAIN.fullmatch(member.filename) is not None
        and not member.filename.lower().endswith(_ARCHIVES)
        and not member.flag_bits & _ENCRYPTED
        and kind in (0, stat.S_IFREG)
    )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # An entry that lies of its size ends at what it said, and its check sum then fails.
    with archive.open(member) as file:
        return file.read(member.file_size + 1)
