"""Each test names the defect that it catches."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.generate import generate
from flows.log_lines import LOGGERS, stop_json_lines, write_json_lines
from tests.flows.conftest import Toy


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log.jsonl"
    handler = write_json_lines(str(path))
    assert handler is not None
    assert write_json_lines(str(path)) is handler
    yield path
    stop_json_lines(handler)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_a_line_is_about_becomes_fields(lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches logs that must be searched by pattern, a message of several lines, and a secret in an error."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2-hunter2")
    log = logging.getLogger("tasks.shard")
    log.warning("build=%s step=%s shard=%s item=%s: %s", "b", "pose", "s1", "i9", "ValueError: bad\nthing")
    try:
        raise ValueError("refused: hunter2-hunter2")
    except ValueError:
        log.exception("no prefix: %s", "s3://u:hunter2-hunter2@bucket")
    first, second = written(lines)
    about = {"build": "b", "step": "pose", "shard": "s1", "item": "i9", "message": "ValueError: bad\nthing"}
    assert first.items() >= {**about, "level": "warning", "logger": "tasks.shard"}.items()
    assert first["time"].endswith("+00:00")
    assert "build" not in second and second["message"] == "no prefix: s3://[hidden]@bucket"
    assert "refused: [hidden]" in second["error"] and "hunter2" not in lines.read_text()


@pytest.mark.usefixtures("prefect_server")
def test_a_builds_log_names_build_step_shard_and_failed_item(lines: Path, toy: Toy, tmp_path: Path) -> None:
    """Catches a failed item that the log does not tell of, and lines of a run that go nowhere."""
    toy.fails = {("pose", "cup-1")}
    generate(settings=["execution.executor=inline", "appearance.candidates=4"], store=str(tmp_path), build="told")
    found = written(lines)
    (failed,) = [line for line in found if "item" in line]
    assert failed["build"] == "told" and failed["step"] == "pose" and failed["shard"]
    assert "cannot make cup-1" in failed["message"]
    shards = [line for line in found if "shard" in line and "item" not in line]
    assert {line["step"] for line in shards} >= {"pose", "video", "samples"}
    assert all(line["flow_run"] for line in shards)


def test_nobody_asked_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches lines of JSON between the bars of a terminal."""
    monkeypatch.delenv("PAM_LOG_JSON", raising=False)
    before = [list(logging.getLogger(name).handlers) for name in LOGGERS]
    assert write_json_lines() is None
    assert [list(logging.getLogger(name).handlers) for name in LOGGERS] == before
