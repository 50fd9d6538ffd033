"""Each test names the defect that it catches."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prefect_server import reporting
from tasks.errors import ConfigError

PARENT = """
import sys, time
from flows.prefect_server import EmbeddedServer
server = EmbeddedServer()
server.wait()
print(server.url, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_the_embedded_server_ends_with_a_killed_build(tmp_path: Path) -> None:
    """Catches servers that pile up, one for every build that was killed."""
    environment = os.environ | {"PREFECT_HOME": str(tmp_path), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    environment.pop("PREFECT_API_URL", None)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert httpx.get(f"{url}/health").json() is True
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline_s = time.monotonic() + 15
    while time.monotonic() < deadline_s:
        try:
            httpx.get(f"{url}/health", timeout=5)
        except httpx.TransportError:
            return
        time.sleep(0.2)
    pytest.fail("the server still answers")


def test_a_configured_server_that_is_silent_is_named_before_any_work() -> None:
    """Catches a build that hangs in retries against a dead address."""
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(
            ConfigError, match=r"^PREFECT_API_URL: no Prefect server answers at http://127\.0\.0\.1:9/api .*unset"
        ),
        reporting(),
    ):
        pytest.fail("the block must not run")
