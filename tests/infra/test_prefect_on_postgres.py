"""Builds and automations on Prefect's server as `infra/` runs it. Each test names the defect that it catches."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.automations import AutomationCore, EventTrigger, Posture, SendNotification
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.announcements import MOVED, announce
from flows.automations import WEBHOOK_BLOCK, automate
from flows.evaluate import evaluate
from flows.generate import generate
from tasks.errors import ConfigError, TooManyFailuresError
from tests.flows.conftest import Toy, toy
from tests.infra.prefect_on_postgres import Server, prefect_on_postgres

__all__ = ["toy"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = ["execution.executor=inline", "appearance.candidates=4"]
WITHIN_S = 90.0
PROBE = "pam.test.probe"


class Inbox(ThreadingHTTPServer):
    """Takes what is posted to it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with (
        prefect_on_postgres() as found,
        temporary_settings({PREFECT_API_URL: found.url, PREFECT_API_AUTH_STRING: found.auth}),
    ):
        # One worker sends all events of a process, to the server that it met first: another test's, which is gone.
        EventsWorker.drain_all(timeout=10)
        yield found
        EventsWorker.drain_all(timeout=10)


@pytest.fixture(scope="module")
def inbox(server: Server) -> Iterator[Inbox]:
    """Where the automations report to; a build counts as stuck after ten seconds."""
    evaluate.to_deployment(name="evaluate").apply()  # type: ignore[union-attr]
    with Inbox() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        assert len(automate(f"http://127.0.0.1:{found.server_port}/", None, 10 / 60)) == 4
        wait_until_triggers_know(found, server)
        yield found
        found.shutdown()


def wait_until_triggers_know(inbox: Inbox, server: Server) -> None:
    """The server learns of automations one after the other, some time after it was given them: when one that was made
    after all others reacts, all are known.
    """
    with get_client(sync_client=True) as client:
        block = client.read_block_document_by_name(WEBHOOK_BLOCK, "custom-webhook").id
        trigger = EventTrigger(expect={PROBE}, posture=Posture.Reactive, threshold=1)
        action = SendNotification(block_document_id=block, subject=PROBE, body="")
        probe = client.create_automation(AutomationCore(name=PROBE, trigger=trigger, actions=[action]))

        def reacts() -> bool:
            emit_event(PROBE, {"prefect.resource.id": PROBE})
            return any(one["subject"] == PROBE for one in inbox.messages)

        eventually(reacts, server)
        client.delete_automation(probe)


def eventually(found: Callable[[], Any], server: Server) -> Any:
    deadline_s = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline_s:
        result = found()
        if result:
            return result
        time.sleep(0.5)
    return pytest.fail(f"it did not happen within {WITHIN_S:.0f} s: {server.log.read_text()[-3000:]}")


def test_a_build_runs_on_postgresql_behind_a_password(server: Server, toy: Toy, tmp_path: Path) -> None:
    """Catches a build that only SQLite can record, and a server that answers strangers."""
    summary = generate(settings=SETTINGS, store=str(tmp_path), build="on-postgres")
    assert summary.counts["samples"] == 9
    assert httpx.post(f"{server.url}/flow_runs/filter", json={}).status_code == httpx.codes.UNAUTHORIZED
    states = server.database.psql("select state_type, count(*) from flow_run group by state_type")
    assert "COMPLETED" in states


def test_what_is_published_is_evaluated(server: Server, inbox: Inbox, toy: Toy, tmp_path: Path) -> None:
    """Catches an automation that never fires, and one that forgets which build it is about."""
    generate(settings=SETTINGS, store=str(tmp_path), build="published")
    EventsWorker.drain_all(timeout=10)

    def started() -> list[dict[str, Any]]:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name("pam-evaluate/evaluate")
            runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(deployment_id={"any_": [deployment.id]}))
        return [run.parameters for run in runs]

    parameters = eventually(started, server)
    assert {"build": "published", "store": str(tmp_path)}.items() <= parameters[0].items()


def test_a_failed_build_is_reported(server: Server, inbox: Inbox, toy: Toy, tmp_path: Path) -> None:
    """Catches a night without a dataset of which nobody is told."""
    toy.fails = {("pose", f"cup-{index}") for index in range(3)}
    with pytest.raises(TooManyFailuresError):
        generate(settings=SETTINGS, store=str(tmp_path), build="failing")
    EventsWorker.drain_all(timeout=10)
    (message,) = eventually(lambda: [one for one in inbox.messages if "Failed" in one["subject"]], server)
    assert "items failed" in message["text"] and "failing" in message["text"]


def test_a_build_that_stands_still_is_reported(server: Server, inbox: Inbox) -> None:
    """Catches a build that hangs, or whose process was killed, for days."""
    announce(MOVED, "standing-still", "store")
    EventsWorker.drain_all(timeout=10)
    found = eventually(lambda: [one for one in inbox.messages if "standing-still" in one["text"]], server)
    assert "stuck" in found[0]["subject"]


def test_making_them_again_makes_no_second_ones(server: Server, inbox: Inbox) -> None:
    """Catches two evaluations of each build after the second start of the compose file."""
    names = automate(f"http://127.0.0.1:{inbox.server_port}/", None, 10 / 60)
    with get_client(sync_client=True) as client:
        made = [automation.name for automation in client.read_automations()]
    assert sorted(made) == sorted(names)


def test_what_cannot_be_made_is_said_in_one_line(server: Server, inbox: Inbox) -> None:
    """Catches a traceback for a name that was misspelt, and an address with a password in a message."""
    with pytest.raises(ConfigError, match=r"^--notify slack-webhook/none: no such block"):
        automate(None, "slack-webhook/none", 120)
    with pytest.raises(ConfigError, match=r"^--webhook and --notify: give one"):
        automate("http://127.0.0.1/", "slack-webhook/none", 120)
    with pytest.raises(ConfigError, match=r"^--webhook: give an address") as caught:
        automate("ftp://user:secret@example.org", None, 120)
    assert "secret" not in str(caught.value)
