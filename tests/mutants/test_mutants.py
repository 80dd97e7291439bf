"""Each way in which disclosure could be wrong, kept as a patch, is found by some test.

A patch is applied to a copy of the package; the test that it names must then fail, and passes
without it. Its lines are looked for by what they are, not by their number, so that a patch outlives
changes elsewhere in its file. Source: `reference/agreements.md` section 11.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from careweave.db import Embedded
from tests.lib.lending import lending

REPO = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PATCHES = sorted(HERE.glob("*.patch"))
_LINKED = ("tests", "region", "docs", "pyproject.toml", "bench", "tools", "run")

_PLUGINS = ("-p", "_hypothesis_pytestplugin", "-p", "pytest_timeout")
"""All that the tests of mutants need: loading the others takes a third of such a run."""

WAITING: dict[int, str] = {}
"""Mutants of parts that do not exist yet, with the issue that brings them; may only shrink."""

NUMBERS = range(1, 40)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of one file that are there, and what stands in their place afterwards."""

    file: str
    old: str
    new: str


def killers_of(patch: Path) -> list[str]:
    """The tests that the patch names in its head."""
    return re.findall(r"^# killed by: (.+)$", patch.read_text(), re.MULTILINE)


def hunks_of(patch: Path) -> list[Hunk]:
    """The hunks of a unified diff, without their line numbers."""
    found: list[Hunk] = []
    file, old, new = "", [], []
    for line in [*patch.read_text().splitlines(), "@@"]:
        if line.startswith(("--- ", "# ", "@@")) and (old or new):
            found.append(Hunk(file, "\n".join(old), "\n".join(new)))
            old, new = [], []
        if line.startswith("+++ b/"):
            file = line.removeprefix("+++ b/")
        elif line.startswith((" ", "-", "+")) and not line.startswith(("--- ", "+++ ")):
            if line[0] in " -":
                old.append(line[1:])
            if line[0] in " +":
                new.append(line[1:])
    return found


def mutated(patch: Path, into: Path) -> None:
    """Makes a copy of the package with the patch in it, beside links to all that tests need."""
    # What was compiled goes along; not what is just being written by another process.
    shutil.copytree(
        REPO / "careweave", into / "careweave", ignore=shutil.ignore_patterns("*.pyc.*")
    )
    for name in _LINKED:
        (into / name).symlink_to(REPO / name)
    for hunk in hunks_of(patch):
        path = into / hunk.file
        text = path.read_text()
        assert text.count(hunk.old) == 1, f"{patch.name}: its lines stand not once in {hunk.file}"
        path.write_text(text.replace(hunk.old, hunk.new))


def run(where: Path, tests: list[str], server: Embedded) -> subprocess.CompletedProcess[str]:
    """Runs tests in a copy, on the server and from the migrated database of this run."""
    settings = {
        **os.environ,
        "PYTHONPATH": str(where),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "mutants",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **lending(server),
    }
    options = ("-q", "-x", "-p", "no:cacheprovider", *_PLUGINS)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--no-header", "--tb=line", *tests],
        cwd=where,
        env=settings,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_test_fails_for_the_mutant(patch, tmp_path, server, template) -> None:
    mutated(patch, tmp_path)
    done = run(tmp_path, killers_of(patch), server)
    told = done.stdout[-2000:] + done.stderr[-500:]
    # 1: a test failed. Anything else is a test that was not found, or did not even begin.
    assert done.returncode == 1, told
    assert "failed" in done.stdout, told
    assert "error" not in done.stdout.splitlines()[-1], told


# The same tests run in every whole run, with the same examples: by night it is asked once more.
@pytest.mark.night
@pytest.mark.timeout(600)
def test_every_test_that_kills_passes_without_a_mutant(tmp_path, server, template) -> None:
    killers = sorted({name for patch in PATCHES for name in killers_of(patch)})
    empty = tmp_path / "none.patch"
    empty.write_text("")
    where = tmp_path / "copy"
    where.mkdir()
    mutated(empty, where)
    done = run(where, killers, server)
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_mutant_of_the_sheet_is_kept_or_waits_for_its_part() -> None:
    kept = {int(patch.name[:2]) for patch in PATCHES}
    assert kept | set(WAITING) == set(NUMBERS)
    assert not kept & set(WAITING)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_mutant_says_what_it_is_and_changes_the_package_alone(patch) -> None:
    assert patch.read_text().startswith("# ")
    assert killers_of(patch)
    hunks = hunks_of(patch)
    assert hunks
    assert all(one.file.startswith("careweave/") and one.old != one.new for one in hunks)
    # Who moves a line that a mutant speaks of moves the patch too.
    assert all((REPO / one.file).read_text().count(one.old) == 1 for one in hunks)
