"""All that must hold before a test runs: ./run check."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = [
    ("format", ["ruff", "format", "--check", "-q", "."]),
    ("lint", ["ruff", "check", "-q", "."]),
    ("types", ["mypy", "-p", "careweave", "--no-error-summary"]),
    ("contracts", ["lint-imports", "--no-logo"]),
    ("sql", ["sqlfluff", "lint", "-n", "--disable-progress-bar", "careweave"]),
    ("templates", ["djlint", "--lint", "--quiet", "careweave/doors"]),
    ("dead code", ["vulture"]),
    ("dependencies", ["deptry", "."]),
    ("architecture", ["pytest", "-q", "-p", "no:randomly", "tests/architecture"]),
]


def main() -> None:
    """Runs every check, prints what failed, and exits 1 if any did."""
    failed = []
    for name, command in CHECKS:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout[-6000:], done.stderr[-2000:], flush=True)
    if failed:
        sys.exit(f"check: {', '.join(failed)} failed")


if __name__ == "__main__":
    main()
