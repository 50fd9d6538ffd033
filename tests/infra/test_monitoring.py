"""The dashboard, the alerts and the scraping against what a real Ray exports. Each test names the defect it catches."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
import ray
import yaml

from tasks.config.execution import PricesConfig, StageResources
from tasks.executor.batches import BatchResult
from tasks.executor.metrics import WorkerMetrics
from tasks.executor.ray_pool import RayActorPool
from tasks.measures import tell_kept, tell_written
from tasks.usage import Usage
from tests.tasks.executor.conftest import items_of

MONITORING = Path(__file__).parents[2] / "infra" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "pam.json"
LABELS = {"step": "pose", "build": "scraped"}
# Ray reports every ten seconds.
REPORTED_WITHIN_S = 60.0
# Told by Ray where it finds a GPU; `test_rays_own_names_are_rays` holds them against its code.
RAYS_OWN = {"ray_node_gpus_utilization", "ray_node_gram_used"}
WORDS = {
    "avg", "by", "group_left", "histogram_quantile", "ignoring", "increase", "label_values", "max", "max_over_time",
    "on", "rate", "sum", "unless", "up", "without",
}  # fmt: skip


def queries() -> dict[str, str]:
    """Every PromQL expression that ships, by where it stands."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    found |= {f"${entry['name']}": entry["definition"] for entry in dashboard["templating"]["list"]}
    for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]:
        found |= {rule["alert"]: rule["expr"] for rule in group["rules"]}
    return found


def metrics_and_labels(query: str) -> tuple[set[str], set[str]]:
    """Names of the metrics and of the labels in an expression."""
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=(?!=))", query))
    for names in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", query):
        labels |= {name.strip() for name in names.split(",")}
    definition = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
    if definition is not None:
        labels.add(definition.group(2))
        query = definition.group(1)
    bare = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", query)
    return set(re.findall(r"[a-zA-Z_:][\w:]*", bare)) - WORDS, labels


def sample(line: str) -> tuple[str, dict[str, str], float]:
    name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()  # type: ignore[union-attr]
    return name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)


@pytest.fixture(scope="module")
def scraped(two_gpus: None, moody: Any) -> Iterator[list[tuple[str, dict[str, str], float]]]:
    """What a node of a real Ray answers to Prometheus after a pool has worked and lost a worker."""
    pool = RayActorPool(
        moody, StageResources(actors=1, gpus=1), item_attempts=1, labels=LABELS, prices=PricesConfig(gpu_hour=3600.0)
    )
    with pool:
        pool.map(items_of("a", "raise", "slow", "exit", "huge"), batch_size=1)
        tell_kept(LABELS["build"], LABELS["step"], np.array([10.0, 20.0]))
        tell_written(LABELS["build"], LABELS["step"], 7)
        wanted = {name for query in queries().values() for name in metrics_and_labels(query)[0]} - RAYS_OWN
        yield _scraped_with(wanted)


def _scraped_with(wanted: set[str]) -> list[tuple[str, dict[str, str], float]]:
    (node,) = ray.nodes()
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    deadline_s = time.monotonic() + REPORTED_WITHIN_S
    # A gauge is given once for each time that Ray reports it, and driver and workers report at times of their own.
    found: dict[tuple[str, str], tuple[str, dict[str, str], float]] = {}
    while not wanted <= {name for name, _ in found} and time.monotonic() < deadline_s:
        with urlopen(url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        for line in lines:
            if line.startswith("ray_pam_"):
                one = sample(line)
                if one[1].get("build") == LABELS["build"]:
                    found[one[0], json.dumps(one[1], sort_keys=True)] = one
        time.sleep(0.5)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("where", queries())
def test_a_query_asks_for_what_is_exported(where: str, scraped: list[tuple[str, dict[str, str], float]]) -> None:
    """Catches a panel or an alert that stays empty because a metric or a label is called otherwise."""
    metrics, labels = metrics_and_labels(queries()[where])
    assert metrics or where == "RayNodeGone"
    assert metrics - RAYS_OWN <= {name for name, _, _ in scraped}
    if metrics and not metrics & RAYS_OWN:
        exported = [set(of) for name, of, _ in scraped if name in metrics]
        assert labels <= set.union(*exported) | {"le"}


@pytest.mark.slow
def test_the_numbers_are_right(scraped: list[tuple[str, dict[str, str], float]]) -> None:
    """Catches an item that is counted twice or never, a worker's death that no graph shows, and a cost of nothing."""
    values = {
        (name, of.get("status") or of.get("error_type") or of.get("reason")): value for name, of, value in scraped
    }
    assert values["ray_pam_items_total", "ok"] == 2
    assert values["ray_pam_items_total", "failed"] == 3
    assert values["ray_pam_failures_total", "ValueError"] == 1
    assert values["ray_pam_failures_total", "WorkerDied"] == 1
    assert values["ray_pam_failures_total", "OutOfMemory"] == 1
    assert values["ray_pam_item_seconds_count", None] == 5
    assert values["ray_pam_workers_replaced_total", "died"] >= 1
    assert values["ray_pam_kept_mpjpe_mm_total", None] / values["ray_pam_kept_items_total", None] == 15.0
    assert values["ray_pam_written_bytes_total", None] == 7
    # one GPU at 3600 an hour costs 1 a second
    assert values["ray_pam_cost_total", None] == pytest.approx(values["ray_pam_reserved_gpu_seconds_total", None])
    assert values["ray_pam_cost_total", None] > 0.3


def test_rays_own_names_are_rays() -> None:
    """Catches a graph of the GPUs that stays empty after an upgrade of Ray."""
    told = (Path(ray.__file__).parent / "dashboard" / "modules" / "reporter" / "reporter_agent.py").read_text()
    for name in RAYS_OWN:
        assert f'"{name.removeprefix("ray_")}"' in told
    assert '"GpuIndex"' in told


def test_the_dashboard_shows_what_a_person_asks_for() -> None:
    """Catches a dashboard that Grafana drops, panels over each other, and a question without a panel."""
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["uid"] == "pam" and dashboard["schemaVersion"] >= 36
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(set(titles)) == len(titles)
    assert {
        "Items per second", "Failures per minute", "GPU busy", "GPU memory", "Items waiting", "MPJPE of what is kept",
        "Cost so far",
    } <= set(titles)  # fmt: skip
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]}
    assert len(places) == len(titles)
    source = yaml.safe_load((MONITORING / "grafana/provisioning/datasources/prometheus.yaml").read_text())
    (uid,) = {panel["datasource"]["uid"] for panel in dashboard["panels"]}
    assert uid == source["datasources"][0]["uid"]


def test_promtool_accepts_everything(tmp_path: Path) -> None:
    """Catches an expression that Prometheus cannot read."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian's package prometheus) is not installed")
    rules = []
    for index, query in enumerate(queries().values()):
        if not query.startswith("label_values"):
            plain = re.sub(r"\$__(rate_interval|range)", "5m", query)
            rules.append({"record": f"pam:query{index}", "expr": re.sub(r"\$(build|step)", ".*", plain)})
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    subprocess.run([promtool, "check", "rules", str(tmp_path / "rules.yaml")], check=True)
    subprocess.run([promtool, "check", "config", str(MONITORING / "prometheus.yaml")], check=True)


def test_a_workers_series_need_no_pool(two_gpus: None) -> None:
    """Catches a worker that cannot tell anything before its first batch."""
    WorkerMetrics("pose", "b").note(BatchResult(usage=Usage(), rss_bytes=1))
