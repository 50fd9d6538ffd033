"""``pam automate``: what Prefect does by itself when a build is published, fails, stands still, or loses its process.

The automations are made on the server that PREFECT_API_URL names; making them again replaces them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prefect.automations import (
    AutomationCore,
    ChangeFlowRunState,
    EventTrigger,
    Posture,
    RunDeployment,
    SendNotification,
)
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from flows.announcements import ENDED, MOVED, PUBLISHED, RESOURCE
from tasks.errors import ConfigError

EVALUATION = "pam-evaluate/evaluate"
WEBHOOK_BLOCK = "pam-alerts"
# Prefect's heartbeats come every 180 s; three that are missing mean that the process is gone.
LOST_AFTER_S = 540.0
ENDS = ("Completed", "Failed", "Crashed", "Cancelled", "TimedOut")
OF_PAM = {"prefect.resource.role": "flow", "prefect.resource.name": "pam"}
RUNS = {"prefect.resource.id": "prefect.flow-run.*"}
BUILDS = {"prefect.resource.id": f"{RESOURCE}*"}


@dataclass(frozen=True)
class Reports:
    """Where reports go: a notification block on the server, by its id."""

    block: UUID

    def saying(self, subject: str, body: str) -> SendNotification:
        """The action that sends a message; both may use Prefect's templates."""
        return SendNotification(block_document_id=self.block, subject=subject, body=body)


def evaluation_of_what_is_published(deployment: UUID) -> AutomationCore:
    """Starts the evaluation's deployment for each build that is published, with the build and its store."""
    return AutomationCore(
        name="pam: evaluate a published build",
        description="Starts pam-evaluate for each build that is published.",
        trigger=EventTrigger(expect={PUBLISHED}, match=BUILDS, posture=Posture.Reactive, threshold=1),
        actions=[
            RunDeployment(
                deployment_id=deployment,
                parameters={"build": "{{ event.payload.build }}", "store": "{{ event.payload.store }}"},
            )
        ],
    )


def report_of_failures(reports: Reports) -> AutomationCore:
    """Reports each run of the flow `pam` that fails or crashes."""
    return AutomationCore(
        name="pam: report a failed build",
        description="Says when a build's run failed or crashed, and why.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"},
            match=RUNS,
            match_related=OF_PAM,
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[
            reports.saying(
                "PAM: the run {{ flow_run.name }} ended as {{ flow_run.state.name }}",
                "{{ flow_run.state.message }}\nParameters: {{ flow_run.parameters }}\n{{ flow_run|ui_url }}",
            )
        ],
    )


def report_of_standstill(reports: Reports, after_s: float) -> AutomationCore:
    """Reports a build that began and then finished nothing for `after_s` seconds, whether it hangs or is gone."""
    return AutomationCore(
        name="pam: report a stuck build",
        description="Says when a build finished no shard for a while and did not end either.",
        trigger=EventTrigger(
            after={MOVED},
            expect={MOVED, PUBLISHED, ENDED},
            match=BUILDS,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=after_s),
        ),
        actions=[
            reports.saying(
                "PAM: a build is stuck",
                f"{{{{ event.resource.name }}}} finished nothing for {after_s / 60:g} minutes. See `pam status` and"
                " its page in Prefect; stopping and starting it again loses at most the shards under way.",
            )
        ],
    )


def end_of_lost_runs() -> AutomationCore:
    """Marks runs of `pam` as crashed whose process sends no heartbeats any more, so that the next build may start."""
    return AutomationCore(
        name="pam: end lost runs",
        description="Marks a run as crashed when its process is gone.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in ENDS)},
            match=RUNS,
            match_related=OF_PAM,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=LOST_AFTER_S),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="Its process sends no heartbeats any more.")],
    )


def automate(webhook: str | None, notify: str | None, stuck_after_minutes: float) -> list[str]:
    """Make the automations on the configured server, in the place of earlier ones, and give their names.

    Reports go to `webhook`, an address that takes JSON, or through the server's block `notify` (type/name); without
    either there are none. Raises ConfigError in one line.
    """
    if PREFECT_API_URL.value() is None:
        raise ConfigError("PREFECT_API_URL: not set; automations live on a server that goes on running")
    with get_client(sync_client=True) as client:
        wanted = list(_wanted(client, _reports(client, webhook, notify), stuck_after_minutes * 60))
        for automation in wanted:
            for old in client.read_automations_by_name(automation.name):
                client.delete_automation(old.id)
            client.create_automation(automation)
    return [automation.name for automation in wanted]


def _wanted(client: SyncPrefectClient, reports: Reports | None, stuck_after_s: float) -> Iterator[AutomationCore]:
    try:
        deployment = client.read_deployment_by_name(EVALUATION)
    except ObjectNotFound:
        raise ConfigError(
            f"{EVALUATION}: is not deployed; run `prefect deploy --all --prefect-file deployments/prefect.yaml` first"
        ) from None
    yield evaluation_of_what_is_published(deployment.id)
    yield end_of_lost_runs()
    if reports is not None:
        yield report_of_failures(reports)
        yield report_of_standstill(reports, stuck_after_s)


def _reports(client: SyncPrefectClient, webhook: str | None, notify: str | None) -> Reports | None:
    if webhook is not None and notify is not None:
        raise ConfigError("--webhook and --notify: give one of them")
    if webhook is not None:
        if not webhook.startswith(("http://", "https://")):
            raise ConfigError("--webhook: give an address that begins with http:// or https://")
        block = CustomWebhookNotificationBlock(
            name=WEBHOOK_BLOCK, url=webhook, json_data={"subject": "{{subject}}", "text": "{{body}}"}
        )
        saved = block.save(WEBHOOK_BLOCK, overwrite=True, _sync=True)  # type: ignore[call-arg]
        assert isinstance(saved, UUID)
        return Reports(saved)
    if notify is None:
        return None
    kind, _, name = notify.partition("/")
    try:
        return Reports(client.read_block_document_by_name(name, kind).id)
    except ObjectNotFound:
        raise ConfigError(f"--notify {notify}: no such block on the server; write it as type/name") from None
