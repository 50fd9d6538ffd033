"""The compose file and the images, as far as no Docker daemon is needed. Each test names the defect it catches."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import prefect.settings
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
INFRA = REPOSITORY / "infra"
DOCKERFILES = ["Dockerfile", "Dockerfile.cuda", "Dockerfile.prefect"]
SECRET = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|AUTH_STRING")
ASKED_FOR = re.compile(r"\$\{PAM_[A-Z0-9_]+:\?[^}]+\}")
# Read by the program in the image, not by Prefect's own settings.
OF_PREFECT_REDIS = {"PREFECT_REDIS_MESSAGING_HOST", "PREFECT_REDIS_MESSAGING_PORT", "PREFECT_REDIS_MESSAGING_DB"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
    return loaded


def environments(compose: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (service, name, value)
        for service, found in compose["services"].items()
        for name, value in found.get("environment", {}).items()
    ]


def command_of(service: dict[str, Any]) -> str:
    return " ".join(service.get("command", []))


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    """Catches a server that the whole network can reach."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 5
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports), ports
    assert not any("network_mode" in service for service in compose["services"].values())


def test_secrets_come_from_outside_and_have_no_default(compose: dict[str, Any]) -> None:
    """Catches a secret in the repository, and a store, a cluster or a page that opens without one."""
    found = [(service, name, value) for service, name, value in environments(compose) if SECRET.search(name)]
    assert {name for _, name, _ in found} >= {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN", "PREFECT_API_AUTH_STRING",
        "PREFECT_SERVER_API_AUTH_STRING", "POSTGRES_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD",
    }  # fmt: skip
    assert [one for one in found if not ASKED_FOR.fullmatch(one[2])] == []
    urls = [value for _, name, value in environments(compose) if name.endswith("DATABASE_CONNECTION_URL")]
    assert urls and all(ASKED_FOR.search(url) for url in urls)


def test_the_example_of_secrets_names_each_and_holds_none(compose: dict[str, Any]) -> None:
    """Catches a secret that nobody knows they must choose, one that was committed, and a file that git would take."""
    example = dict(line.split("=", 1) for line in (INFRA / "example.env").read_text().splitlines() if line[:1] == "P")
    asked = set(re.findall(r"\$\{(PAM_[A-Z0-9_]+)", (INFRA / "compose.yaml").read_text()))
    assert set(example) == asked
    assert set(example.values()) == {""}
    assert ".env" in (INFRA / ".gitignore").read_text().split()


def test_every_node_of_ray_asks_for_the_token(compose: dict[str, Any]) -> None:
    """Catches a Ray that runs anybody's code, and a node that is refused by its head."""
    nodes = [found for found in compose["services"].values() if "ray start" in command_of(found)]
    assert len(nodes) == 3
    for node in nodes:
        assert node["environment"]["RAY_AUTH_MODE"] == "token"
        assert "RAY_AUTH_TOKEN" in node["environment"]


def test_prefects_clients_and_server_agree(compose: dict[str, Any]) -> None:
    """Catches a worker that the server refuses, a second migration of one database, and schedules that run twice."""
    services = compose["services"]
    key = services["prefect"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"]
    for client in ("setup", "worker"):
        assert services[client]["environment"]["PREFECT_API_AUTH_STRING"] == key
    server, background = services["prefect"], services["prefect-services"]
    assert "--no-services" in server["command"] and "services" in background["command"]
    migrates = [found["environment"]["PREFECT_API_DATABASE_MIGRATE_ON_START"] for found in (server, background)]
    assert migrates == ["true", "false"]
    shared = {"PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DOCKET_URL", "PREFECT_MESSAGING_BROKER"}
    for name in shared:
        assert server["environment"][name] == background["environment"][name]
    assert server["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"].startswith("postgresql+asyncpg://")


def test_services_start_after_what_they_need(compose: dict[str, Any]) -> None:
    """Catches a worker that starts before its pool exists, and a condition on a service without a health check."""
    services = compose["services"]
    assert services["worker"]["depends_on"]["setup"] == {"condition": "service_completed_successfully"}
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            assert how["condition"] != "service_healthy" or "healthcheck" in services[needed]


def test_what_goes_on_running_can_be_asked_how_it_is(compose: dict[str, Any]) -> None:
    """Catches a server that hangs for ever and counts as running."""
    silent = {name for name, found in compose["services"].items() if "healthcheck" not in found}
    assert silent == {"prefect-services", "setup"}


def test_images_are_pinned_and_built_from_files_that_exist(compose: dict[str, Any]) -> None:
    """Catches ``latest``, a tag that moves, and a Dockerfile that was renamed."""
    for service in compose["services"].values():
        name, _, tag = service["image"].partition(":")
        assert (name == "pam" and tag in {"cpu", "cuda", "prefect"}) or re.search(r"\d+\.\d+", tag), service["image"]
        if "build" in service:
            assert (INFRA / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_what_is_mounted_exists(compose: dict[str, Any]) -> None:
    """Catches a Prometheus without its configuration: Docker makes an empty folder in its place."""
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (INFRA / source).exists() if source.startswith(".") else source in compose["volumes"]


def test_prometheus_asks_every_node_of_ray(compose: dict[str, Any]) -> None:
    """Catches a node that no graph shows, and a driver whose series nobody reads."""
    jobs = yaml.safe_load((INFRA / "monitoring" / "prometheus.yaml").read_text())["scrape_configs"]
    (ray,) = (job["dns_sd_configs"][0] for job in jobs if job["job_name"] == "ray")
    nodes = {name for name, found in compose["services"].items() if "ray start" in command_of(found)}
    assert set(ray["names"]) == nodes
    for name in nodes:
        assert f"--metrics-export-port={ray['port']}" in command_of(compose["services"][name])


def test_the_setup_uses_the_pool_and_the_file_of_the_deployments(compose: dict[str, Any]) -> None:
    """Catches a deployment that waits forever for a worker of another pool."""
    deployments = yaml.safe_load((REPOSITORY / "deployments" / "prefect.yaml").read_text())["deployments"]
    (pool,) = {found["work_pool"]["name"] for found in deployments}
    script = compose["services"]["setup"]["command"][-1]
    assert f"work-pool create {pool} " in script
    assert "--prefect-file deployments/prefect.yaml" in script
    assert f"--pool {pool} " in compose["services"]["worker"]["command"][-1]


def test_prefect_settings_are_real_ones(compose: dict[str, Any]) -> None:
    """Catches a misspelt setting, which Prefect ignores without a word."""
    names = {name for _, name, _ in environments(compose)}
    for dockerfile in DOCKERFILES:
        names |= set(re.findall(r"(PREFECT_\w+)=", (INFRA / dockerfile).read_text()))
    ours = {name for name in names if name.startswith("PREFECT_")} - OF_PREFECT_REDIS
    assert len(ours) > 10
    assert [name for name in ours if not hasattr(prefect.settings, name)] == []


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_an_image_copies_what_exists_and_does_not_run_as_root(dockerfile: str) -> None:
    """Catches a build that breaks on a moved folder, an unpinned base, and a container that runs as root."""
    lines = (INFRA / dockerfile).read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["python:3.11-slim-bookworm"]
    copied = [source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]]
    assert "requirements.lock" in copied
    assert dockerfile == "Dockerfile.prefect" or {"flows", "tasks", "pam_models", "deployments"} <= set(copied)
    assert [source for source in copied if not (REPOSITORY / source).exists()] == []
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users in (["pam"], ["prefect"])


def test_docker_compose_reads_the_file() -> None:
    """Catches a key that Compose does not know, and a variable that is asked for and not named in the example."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("docker compose is not installed")
    names = re.findall(r"^(PAM_\w+)=", (INFRA / "example.env").read_text(), re.MULTILINE)
    environment = os.environ | dict.fromkeys(names, "word")
    command = [docker, "compose", "-f", str(INFRA / "compose.yaml"), "--profile", "gpu", "config", "--quiet"]
    subprocess.run(command, env=environment, check=True)
