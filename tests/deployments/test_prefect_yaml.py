"""What ``prefect deploy`` would read. Each test names the defect that it catches."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli.deploy._models import PrefectYamlModel
from prefect.flows import Flow, load_flow_from_entrypoint

REPOSITORY = Path(__file__).parents[2]
FILE = REPOSITORY / "deployments" / "prefect.yaml"


DEPLOYED = {
    "generate": "pam/generate",
    "evaluate": "pam-evaluate/evaluate",
    "demo": "pam-train/demo",
    "paper": "pam-train/paper",
    "tables": "pam-tables/tables",
    "downstream": "pam-downstream/downstream",
}


def deployments() -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in yaml.safe_load(FILE.read_text())["deployments"]}


@pytest.fixture(scope="module")
def deployment() -> dict[str, Any]:
    return deployments()["generate"]


@pytest.fixture(scope="module")
def deployed_flow(deployment: dict[str, Any]) -> Flow[Any, Any]:
    entrypoint = deployment["entrypoint"]
    assert not Path(entrypoint).is_absolute()
    return load_flow_from_entrypoint(str(REPOSITORY / entrypoint))


def test_prefect_accepts_the_file() -> None:
    """Catches a key that Prefect would refuse or silently drop."""
    plain = yaml.safe_load(FILE.read_text())
    model = PrefectYamlModel.model_validate(plain)
    assert len(model.deployments) == len(plain["deployments"])
    for found in plain["deployments"]:
        assert set(found) - set(type(model.deployments[0]).model_fields) == set()


@pytest.mark.parametrize("name", DEPLOYED)
def test_people_call_it_by_this_name(name: str) -> None:
    """Catches a renamed flow: people and automations call `pam/generate` and `pam-evaluate/evaluate`."""
    found = deployments()[name]
    flow = load_flow_from_entrypoint(str(REPOSITORY / found["entrypoint"]))
    assert f"{flow.name}/{name}" == DEPLOYED[name]
    assert set(flow.validate_parameters(found["parameters"])) <= set(flow.parameters.properties)
    assert [p for p, field in flow.parameters.properties.items() if len(field.get("description", "")) < 20] == []


def test_its_parameters_are_the_flows(deployment: dict[str, Any], deployed_flow: Flow[Any, Any]) -> None:
    """Catches a parameter that the flow no longer has."""
    validated = deployed_flow.validate_parameters(deployment["parameters"])
    assert set(validated) <= set(deployed_flow.parameters.properties)


def test_every_parameter_is_described(deployed_flow: Flow[Any, Any]) -> None:
    """Catches a form in Prefect's page that says nothing about its fields."""
    properties = deployed_flow.parameters.properties
    assert list(properties) == ["profile", "config", "settings", "store", "build"]
    assert [name for name, field in properties.items() if len(field.get("description", "")) < 20] == []


def test_the_schedule_waits_to_be_switched_on(deployment: dict[str, Any]) -> None:
    """Catches a deployment that begins to spend GPU hours by itself."""
    (schedule,) = deployment["schedules"]
    assert schedule["active"] is False
    assert re.fullmatch(r"\d+ \d+ \* \* \*", schedule["cron"])


def test_builds_wait_for_each_other(deployment: dict[str, Any]) -> None:
    """Catches two builds that fight for the same GPUs."""
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_no_path_of_one_machine_is_written_down() -> None:
    """Catches a deployment that works on the machine of its author alone."""
    values = re.findall(r"(?:^|[\s:\"'])(/[A-Za-z][\w./-]*)", FILE.read_text())
    assert values == []
