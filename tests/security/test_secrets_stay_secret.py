"""Secrets that reach a build by environment, address or error, looked for in everything that it leaves behind."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from flows.console import complain
from tasks.build import open_build
from tasks.config import load_config
from tasks.errors import StoreError
from tasks.executor.inline import InlineExecutor
from tasks.shard import finished_rows
from tasks.stage import Item
from tasks.steps import BY_NAME
from tasks.store import Store

KEY = "AKIA-NOT-FOR-EVERYBODY"
SECRET = "wJalrXUtnFEMI/not/for/everybody"
AUTH = "admin:not-for-everybody"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", AUTH)


class Leaking:
    """A stage whose error says everything."""

    name = "leaking"

    def setup(self) -> None:
        pass

    def infer(self, items: list[Item]) -> list[Any]:
        raise ValueError(f"denied for {KEY} with {SECRET} at https://me:word@host/?X-Amz-Signature=abc123 and {AUTH}")

    def close(self) -> None:
        pass


def test_a_failed_row_names_no_secret() -> None:
    """Catches keys in `error_message`, from where they reach the report, Prefect's page and every copy of the table."""
    with InlineExecutor(Leaking) as executor:
        (outcome,) = executor.map([Item("i", "", "k", 0)], batch_size=1)
    (row,) = finished_rows(outcome, "s", BY_NAME["pose"].table)
    told = json.dumps(row)
    assert "denied for" in told
    for secret in (KEY, SECRET, AUTH, "word", "abc123"):
        assert secret not in told


def test_a_builds_files_hold_no_secret(tmp_path: Path) -> None:
    """Catches a configuration that remembers the environment."""
    build = open_build(load_config(), Store(str(tmp_path)), "b")
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert build.build_id.encode() == b"b" and b"seed" in held
    for secret in (KEY, SECRET, AUTH):
        assert secret.encode() not in held


def test_the_commands_complaint_names_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a key in a terminal that somebody shares."""
    complain(f"no answer from s3://{KEY}:{SECRET}@bucket")
    told = capsys.readouterr().err
    assert "no answer" in told and KEY not in told and SECRET not in told


@pytest.mark.parametrize("uri", ["s3://me:word-word@bucket/prefix", "https://me:word-word@host/x", "s3://me@bucket/x"])
def test_an_address_with_a_password_is_refused(uri: str) -> None:
    """Catches an address that every log line, page and card of the build would repeat."""
    with pytest.raises(StoreError, match="keys") as caught:
        Store(uri)
    assert "word-word" not in str(caught.value)


def test_opening_a_store_logs_no_keys(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Catches a library that logs what it was given."""
    with caplog.at_level(logging.DEBUG, logger="tasks"):
        Store(str(tmp_path)).probe()
    assert SECRET not in caplog.text
    assert SECRET not in repr(Store(str(tmp_path)))
