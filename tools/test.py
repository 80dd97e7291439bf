"""The tests: ./run test [--quick] [options of pytest]."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Runs pytest; --quick leaves out killed servers, long generators and real clients."""
    options = [word for word in sys.argv[1:] if word != "--quick"]
    quick = len(options) < len(sys.argv) - 1
    if quick:
        options += ["-m", "not slow and not night", "-q"]
    elif "-m" not in options:
        options += ["-m", "not night"]
    # A runtime directory of our own, mode 0700: sockets of test servers lie there.
    with tempfile.TemporaryDirectory(prefix="cw-") as runtime:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", runtime),
            "HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "quick" if quick else "ci"),
        }
        command = [sys.executable, "-m", "pytest", *options]
        sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
