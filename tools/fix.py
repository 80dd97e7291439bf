"""Formats, and mends what can be mended by itself: ./run fix."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main() -> None:
    """Runs the formatter and the safe fixes of the linter over the whole tree."""
    subprocess.run([str(BIN / "ruff"), "check", "--fix", "-q", "."], cwd=ROOT, check=False)
    subprocess.run([str(BIN / "ruff"), "format", "-q", "."], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
