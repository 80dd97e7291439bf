"""Clients of the npm registry, driven against a running server."""

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.lib.demo import Running

NODE = Path(__file__).parent / "node"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed; .ci/run has it"),
    pytest.mark.skipif(
        not (NODE / "node_modules").exists(),
        reason="npm clients are not installed: cd tests/clients/node && npm ci",
    ),
]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("script", ["fhir_kit.mjs", "medplum.mjs"])
def test_a_real_npm_client_creates_reads_searches_pages_and_transacts(
    script: str, running: Running
) -> None:
    environment = {
        **os.environ,
        "CW_BASE": running.base,
        "CW_TOKEN": running.token,
        "CW_UNIQUE": uuid.uuid4().hex,
    }
    done = subprocess.run(
        ["node", script],
        cwd=NODE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["observations"] in {5, 7}
