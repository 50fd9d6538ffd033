"""Each test names the defect that it catches; whole runs stand in test_cli."""

from pathlib import Path

import pytest

import flows.prefect_server
from flows.run_here import run_here
from tasks.errors import ConfigError


def test_a_wrong_setting_is_refused_before_a_server_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches seconds of waiting before a misspelt key is named."""

    def refuse() -> None:
        pytest.fail("a server was started")

    monkeypatch.setattr(flows.prefect_server, "reporting", refuse)
    with pytest.raises(ConfigError, match=r"^seed: must be at least 0, got -1$"):
        run_here(None, None, ["seed=-1"], str(tmp_path), None)
