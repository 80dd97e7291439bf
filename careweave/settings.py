"""Every setting, typed: from the environment, then one TOML file, then what is written here."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "CAREWEAVE_"
FILE = "CAREWEAVE_SETTINGS"
"""Names the TOML file, in the environment."""


@dataclass(frozen=True, slots=True)
class _About:
    """What is known of a setting besides its name and default: how it is read, and its meaning."""

    read: "Callable[[str], object]"
    kind: str
    help: str


def _text(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _path(text: str) -> Path:
    return Path(_text(text)).expanduser()


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone of the IANA list") from None


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise ValueError(f"is one of {', '.join(_LEVELS)}")
    return text


_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_LEVELS = ("debug", "info", "warning", "error")


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError("is yes or no")
    return _FLAGS[text.lower()]


_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(f"is a whole number from {low} to {high}")
        return int(text)

    return read


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"is a number from {low:g} to {high:g}")
        return value

    return read


def _about(read: Callable[[str], object], kind: str, meaning: str) -> dict[str, object]:
    return {"about": _About(read, kind, meaning)}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. Each is CAREWEAVE_ and its name in capitals, or a key in TOML."""

    database_url: str | None = field(
        default=None,
        metadata=_about(
            _text,
            "text",
            "Address of a PostgreSQL 18. Without it, the one that comes along is used.",
        ),
    )
    home: Path = field(
        default=Path("~/.local/share/careweave"),
        metadata=_about(
            _path, "path", "Folder for keys, and for the data of the PostgreSQL that comes along."
        ),
    )
    region: Path | None = field(
        default=None,
        metadata=_about(_path, "path", "Folder of the region: value sets, sources, agreements."),
    )
    time_zone: ZoneInfo = field(
        default=ZoneInfo("Europe/London"),
        metadata=_about(_zone, "time zone", "Where a date without a time zone is meant."),
    )
    demonstration_keys: bool = field(
        default=False,
        metadata=_about(
            _flag,
            "yes or no",
            "Whether keys whose secret half is public sign for parties; `serve` never takes them.",
        ),
    )
    host: str = field(
        default="127.0.0.1",
        metadata=_about(_text, "text", "Network address that the doors listen on."),
    )
    port: int = field(
        default=8080, metadata=_about(_whole(1, 65535), "1 to 65535", "Port of the doors.")
    )
    base_url: str | None = field(
        default=None,
        metadata=_about(
            _text, "text", "Address that clients use, if it is not that of host and port."
        ),
    )
    workers: int = field(
        default=2,
        metadata=_about(_whole(1, 256), "1 to 256", "Processes that serve; one for each core."),
    )
    threads: int = field(
        default=8,
        metadata=_about(_whole(1, 256), "1 to 256", "Requests that each process works on at once."),
    )
    connections: int = field(
        default=8,
        metadata=_about(_whole(1, 256), "1 to 256", "Connections to the database of each process."),
    )
    connection_wait_s: float = field(
        default=2.0,
        metadata=_about(
            _number(0.01, 60), "seconds", "How long a request waits for one before it is told busy."
        ),
    )
    urgent_connections: int = field(
        default=3,
        metadata=_about(
            _whole(1, 64),
            "1 to 64",
            "Connections of each process that only emergency cards, emergency access, visit lists and"
            " accounts use, when all others are in use.",
        ),
    )
    sign_ins_per_minute: float = field(
        default=60.0,
        metadata=_about(
            _number(0, 1e6),
            "a minute",
            "Tries to sign in from one address at one process; 0 for no limit.",
        ),
    )
    proxies: int = field(
        default=0,
        metadata=_about(
            _whole(0, 8),
            "0 to 8",
            "Proxies of your own before the doors; each adds to X-Forwarded-For for whom it asks.",
        ),
    )
    body_mib: int = field(
        default=10,
        metadata=_about(_whole(1, 1024), "MiB", "Largest body of a request; larger ones get 413."),
    )
    bundle_mib: int = field(
        default=50, metadata=_about(_whole(1, 1024), "MiB", "Largest body that is a bundle.")
    )
    rate_per_second: float = field(
        default=100.0,
        metadata=_about(
            _number(0, 1e6), "a second", "Requests of one client to one process; 0 for no limit."
        ),
    )
    rate_burst: float = field(
        default=200.0,
        metadata=_about(_number(1, 1e6), "requests", "Requests that a client may make at once."),
    )
    finds_per_hour: float = field(
        default=1000.0,
        metadata=_about(
            _number(0, 1e6),
            "an hour",
            "Searches for a person by one client to one process; 0 for no limit.",
        ),
    )
    token_cache_s: float = field(
        default=5.0,
        metadata=_about(
            _number(0, 5), "seconds", "How long a token is remembered, so how late it is revoked."
        ),
    )
    session_idle_minutes: int = field(
        default=30,
        metadata=_about(
            _whole(1, 30), "1 to 30", "After how long without an act a session of somebody ends."
        ),
    )
    session_hours: int = field(
        default=12,
        metadata=_about(
            _whole(1, 12), "1 to 12", "How long a session lasts at most; then one signs in again."
        ),
    )
    seal_every_s: float = field(
        default=0.5,
        metadata=_about(
            _number(0.01, 1), "seconds", "How often the ledger is sealed; at most one second."
        ),
    )
    seal_key: Path | None = field(
        default=None,
        metadata=_about(
            _path, "path", "Key that signs the ledger, made when absent; else in the home."
        ),
    )
    mllp_host: str = field(
        default="127.0.0.1",
        metadata=_about(_text, "text", "Network address that the doors for HL7 v2 listen on."),
    )
    mllp_shift: int = field(
        default=0,
        metadata=_about(
            _whole(0, 60000),
            "0 to 60000",
            "Added to the port of every source, so that two installations fit on one machine.",
        ),
    )
    mllp_plain: bool = field(
        default=False,
        metadata=_about(
            _flag,
            "yes, no",
            "Whether HL7 v2 without TLS is taken from other machines: something before it must encrypt.",
        ),
    )
    drop: Path | None = field(
        default=None,
        metadata=_about(_path, "path", "Root of the drop folders of sources; else in the home."),
    )
    arrival_workers: int = field(
        default=2,
        metadata=_about(
            _whole(0, 64), "0 to 64", "Processes that bring arrivals into the record; 0 for none."
        ),
    )
    mesh_url: str | None = field(
        default=None,
        metadata=_about(_text, "text", "Address of MESH; without it no mailbox is asked."),
    )
    mesh_mailbox: str | None = field(
        default=None, metadata=_about(_text, "text", "The mailbox of this region in MESH.")
    )
    mesh_password: str | None = field(
        default=None,
        repr=False,
        metadata=_about(_text, "text", "Its password; give it in the environment only."),
    )
    mesh_shared_key: str | None = field(
        default=None,
        repr=False,
        metadata=_about(
            _text, "text", "The shared key of its environment; give it in the environment only."
        ),
    )
    mesh_ca: Path | None = field(
        default=None,
        metadata=_about(_path, "path", "Certificates that vouch for MESH, as PEM."),
    )
    mesh_cert: Path | None = field(
        default=None, metadata=_about(_path, "path", "Our certificate for MESH, as PEM.")
    )
    mesh_key: Path | None = field(
        default=None, metadata=_about(_path, "path", "The key of that certificate, as PEM.")
    )
    mesh_poll_s: float = field(
        default=60.0,
        metadata=_about(
            _number(1, 3600), "seconds", "How often the mailbox is asked for messages."
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_about(_level, ", ".join(_LEVELS), "What is logged; never anybody's data."),
    )

    @property
    def seal_key_path(self) -> Path:
        """Returns where the key that signs the ledger lies."""
        return self.seal_key or self.home / "keys" / "ledger.key"

    @property
    def drop_root(self) -> Path:
        """Returns where the drop folders of sources lie."""
        return self.drop or self.home / "drop"

    @property
    def base(self) -> str:
        """Returns the address that clients use, without a last slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def people_base(self) -> str:
        """Returns the address that people use, without a last slash.

        On this very machine that is the name localhost: to a number browsers give no passkey.
        """
        if self.base_url is None and self.host in _HERE:
            return f"http://localhost:{self.port}"
        return self.base


@dataclass(frozen=True, slots=True)
class Wrong:
    """Settings that cannot be used: one sentence for each fault, naming the setting, no value."""

    problems: tuple[str, ...]


def load(environ: Mapping[str, str], file: Path | None = None) -> Settings | Wrong:
    """Returns the settings of an environment and a TOML file, or everything wrong with them.

    The environment wins. The file is `file`, else the one that CAREWEAVE_SETTINGS names. Names
    that no setting has are refused: they are mostly misspelt.
    """
    problems: list[str] = []
    path = file or (Path(environ[FILE]).expanduser() if environ.get(FILE) else None)
    given = _of_file(path, problems) | _of_environment(environ, problems)
    values: dict[str, object] = {}
    for name, text in given.items():
        try:
            values[name] = _abouts()[name].read(text)
        except ValueError as error:
            problems.append(f"The setting {name} {error}.")
    if problems:
        return Wrong(tuple(problems))
    values.setdefault("home", Settings().home.expanduser())
    return Settings(**values)  # type: ignore[arg-type]  # each was read by its own reader


def reference() -> str:
    """Returns docs/reference/settings.md."""
    lines = [
        "# Settings\n",
        "Each may be given as an environment variable or as a key of one TOML file, which",
        f"`{FILE}` names; the environment wins. An unknown name is refused. Generated by",
        "`./run docs`.\n",
        "| environment | TOML | takes | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for found in fields(Settings):
        about = _abouts()[found.name]
        default = "" if found.default is None else f"`{found.default}`"
        env = f"`{PREFIX}{found.name.upper()}`"
        lines.append(f"| {env} | `{found.name}` | {about.kind} | {default} | {about.help} |")
    return "\n".join(lines) + "\n"


def _abouts() -> dict[str, _About]:
    found = cast(tuple[Field[object], ...], fields(Settings))
    return {each.name: each.metadata["about"] for each in found}


def _of_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    given = {
        name.removeprefix(PREFIX).lower(): text
        for name, text in environ.items()
        if name.startswith(PREFIX) and name != FILE
    }
    return _known(given, "environment", problems)


def _of_file(path: Path | None, problems: list[str]) -> dict[str, str]:
    if path is None:
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        problems.append(f"The settings file {path} cannot be read.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        problems.append(f"The settings file {path} is not TOML.")
        return {}
    plain = {name: str(value) for name, value in table.items() if _is_plain(value)}
    problems += [
        f"The setting {name} of the file has no plain value." for name in table.keys() - plain
    ]
    return _known(plain, "file", problems)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _known(given: dict[str, str], place: str, problems: list[str]) -> dict[str, str]:
    known = _abouts()
    problems += [f"There is no setting {name} ({place})." for name in given if name not in known]
    return {name: text for name, text in given.items() if name in known}
