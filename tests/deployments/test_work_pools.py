"""Deployments for containers, against those for processes. Each test names the defect that it catches."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.flows import load_flow_from_entrypoint

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "deployments"
POOLS = {"prefect-docker.yaml": "pam-docker", "prefect-kubernetes.yaml": "pam-kubernetes"}


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return loaded


@pytest.mark.parametrize("file", POOLS)
def test_prefect_accepts_it_and_the_flows_take_its_parameters(file: str) -> None:
    """Catches a key that Prefect drops without a word, and a parameter that a flow no longer has."""
    plain = read(file)
    model = PrefectYamlModel.model_validate(plain)
    for found, parsed in zip(plain["deployments"], model.deployments, strict=True):
        assert set(found) <= set(type(parsed).model_fields)
        flow = load_flow_from_entrypoint(str(REPOSITORY / found["entrypoint"]))
        flow.validate_parameters(found["parameters"])
        assert found["work_pool"]["name"] == POOLS[file]


@pytest.mark.parametrize("file", POOLS)
def test_it_says_the_same_as_the_deployments_for_processes(file: str) -> None:
    """Catches a copy that was forgotten: names, flows, schedules and limits are one thing."""
    usual = {found["name"]: found for found in read("prefect.yaml")["deployments"]}
    for found in read(file)["deployments"]:
        for key in ("entrypoint", "description", "tags", "schedules", "concurrency_limit"):
            assert found.get(key) == usual[found["name"]].get(key), key


@pytest.mark.parametrize("file", POOLS)
def test_the_flow_is_found_in_the_image(file: str) -> None:
    """Catches a run that looks for the folder of whoever deployed it."""
    image = (REPOSITORY / "infra" / "Dockerfile").read_text()
    for found in read(file)["deployments"]:
        (step,) = found["pull"]
        assert f"WORKDIR {step['prefect.deployments.steps.set_working_directory']['directory']}\n" in image
        assert found["work_pool"]["job_variables"]["image"] == "pam:cpu"


def test_a_run_on_kubernetes_joins_the_cluster_that_infra_makes() -> None:
    """Catches a driver outside of Ray, one that takes stages itself, and an address that nobody has."""
    cluster = yaml.safe_load((REPOSITORY / "infra" / "kuberay" / "cluster.yaml").read_text())
    address = f"{cluster['metadata']['name']}-head-svc:6379"
    for found in read("prefect-kubernetes.yaml")["deployments"]:
        job = found["work_pool"]["job_variables"]
        assert job["namespace"] == cluster["metadata"]["namespace"]
        words = shlex.split(job["command"])
        assert words[:2] == ["sh", "-euc"] and len(words) == 3
        assert f"--address={address} --num-cpus=0 --num-gpus=0" in words[2]
        assert words[2].endswith("exec prefect flow-run execute")
        for setting in found["parameters"].get("settings", []):
            assert setting == f"execution.address={address}"


def test_the_form_offers_the_profiles() -> None:
    """Catches a form in which a person must guess names, and a list that misses a profile that ships."""
    flow = load_flow_from_entrypoint(str(REPOSITORY / "flows/generate.py:generate"))
    offered = flow.parameters.properties["profile"]["enum"]
    shipped = {path.stem for path in (FOLDER / "profiles").glob("*.yaml") if not path.stem.startswith("train-")}
    assert {name for name in offered if name is not None} == shipped
    assert "demo" in offered and "description" in flow.parameters.properties["profile"]
