"""What can be checked of infra/ without a Docker daemon. Each test names the defect that it catches."""

import re
from pathlib import Path
from typing import Any

import prefect.settings
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
INFRA = REPOSITORY / "infra"
DOCKERFILES = ["Dockerfile", "Dockerfile.cuda"]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
    return loaded


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    """Catches a server that the whole network can reach."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports), ports


def test_keys_come_from_outside_and_have_no_default(compose: dict[str, Any]) -> None:
    """Catches a secret in the repository, and a store that opens without one."""
    found = 0
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if name.startswith("AWS_") and ("KEY" in name):
                assert re.fullmatch(r"\$\{PAM_S3_(KEY|SECRET):\?[^}]+\}", value), (name, value)
                found += 1
    assert found == 6


def test_services_start_after_what_they_need(compose: dict[str, Any]) -> None:
    """Catches a worker that starts before its pool exists, and a condition on a service without a health check."""
    services = compose["services"]
    assert services["worker"]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            assert how["condition"] != "service_healthy" or "healthcheck" in services[needed]


def test_images_are_pinned_and_built_from_files_that_exist(compose: dict[str, Any]) -> None:
    """Catches ``latest`` and a Dockerfile that was renamed."""
    for service in compose["services"].values():
        tag = service["image"].partition(":")[2]
        assert tag not in {"", "latest"}, service["image"]
        if "build" in service:
            assert (INFRA / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_setup_uses_the_pool_and_the_file_of_the_deployment(compose: dict[str, Any]) -> None:
    """Catches a deployment that waits forever for a worker of another pool."""
    deployment = yaml.safe_load((REPOSITORY / "deployments" / "prefect.yaml").read_text())["deployments"][0]
    pool = deployment["work_pool"]["name"]
    script = compose["services"]["setup"]["command"][-1]
    assert f"work-pool create {pool} " in script
    assert "--prefect-file deployments/prefect.yaml" in script
    assert pool in compose["services"]["worker"]["entrypoint"]


def test_prefect_settings_are_real_ones(compose: dict[str, Any]) -> None:
    """Catches a misspelt setting, which Prefect ignores without a word."""
    names = {name for service in compose["services"].values() for name in service.get("environment", {})}
    for dockerfile in DOCKERFILES:
        names |= set(re.findall(r"(PREFECT_\w+)=", (INFRA / dockerfile).read_text()))
    prefect_names = {name for name in names if name.startswith("PREFECT_")}
    assert {
        "PREFECT_API_URL",
        "PREFECT_HOME",
        "PREFECT_UI_API_URL",
        "PREFECT_SERVER_ANALYTICS_ENABLED",
    } == prefect_names
    for name in prefect_names:
        assert hasattr(prefect.settings, name), name


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_an_image_copies_what_exists_and_does_not_run_as_root(dockerfile: str) -> None:
    """Catches a build that breaks on a moved folder, an unpinned base, and a container that runs as root."""
    lines = (INFRA / dockerfile).read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["python:3.11-slim-bookworm"]
    copied = [source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]]
    assert {"flows", "tasks", "pam_models", "deployments", "requirements.lock"} <= set(copied)
    missing = [source for source in copied if not (REPOSITORY / source).exists() and source != "README.md"]
    assert not missing
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER pam"]
    assert "torch==" in (REPOSITORY / "requirements.lock").read_text()
