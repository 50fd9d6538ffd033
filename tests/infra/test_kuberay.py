"""The manifests for Kubernetes, without a cluster. Each test names the defect that it catches."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import prefect.settings
import yaml

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "infra" / "kuberay"
# The Secret that the first lines of cluster.yaml have a person make.
SECRET_KEYS = {"ray-token", "prefect-auth", "s3-key", "s3-secret"}


def documents() -> dict[str, dict[str, Any]]:
    found = [document for file in sorted(FOLDER.glob("*.yaml")) for document in yaml.safe_load_all(file.read_text())]
    return {document["kind"]: document for document in found}


def pods() -> dict[str, dict[str, Any]]:
    """Pod specs by name: the head, each group of workers, and Prefect's worker."""
    cluster, worker = documents()["RayCluster"]["spec"], documents()["Deployment"]
    groups = {group["groupName"]: group["template"]["spec"] for group in cluster["workerGroupSpecs"]}
    return {
        "head": cluster["headGroupSpec"]["template"]["spec"],
        **groups,
        "prefect": worker["spec"]["template"]["spec"],
    }


def environment(pod: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in pod["containers"][0]["env"]}


def test_everything_is_one_namespace_with_known_versions() -> None:
    """Catches a manifest that lands elsewhere, and one for another API."""
    versions = {kind: document["apiVersion"] for kind, document in documents().items()}
    assert versions == {
        "RayCluster": "ray.io/v1",
        "Deployment": "apps/v1",
        "NetworkPolicy": "networking.k8s.io/v1",
        "PersistentVolumeClaim": "v1",
        "PodMonitor": "monitoring.coreos.com/v1",
    }
    for document in documents().values():
        assert document["metadata"]["namespace"] == "pam"
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", document["metadata"]["name"])


def test_the_cluster_speaks_the_locks_ray() -> None:
    """Catches a driver of one version and a cluster of another, which Ray refuses."""
    assert documents()["RayCluster"]["spec"]["rayVersion"] == version("ray")


def test_every_node_asks_for_the_token_and_no_secret_is_written_down() -> None:
    """Catches a Ray that runs anybody's code, and a secret in the repository."""
    for name, pod in pods().items():
        entries = environment(pod)
        assert entries["RAY_AUTH_MODE"]["value"] == "token", name
        for key, entry in entries.items():
            if re.search(r"TOKEN|SECRET|ACCESS_KEY|AUTH_STRING", key):
                reference = entry["valueFrom"]["secretKeyRef"]
                assert reference["name"] == "pam" and reference["key"] in SECRET_KEYS
    told = (FOLDER / "cluster.yaml").read_text()
    assert all(f"--from-literal={key}=" in told for key in SECRET_KEYS)


def test_containers_ask_for_what_they_get_and_have_no_rights_to_spare() -> None:
    """Catches memory that the node does not have, a container that runs as root, and Ray with 64 MB to share."""
    for name, pod in pods().items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        resources = container["resources"]
        assert set(resources["requests"]) == set(resources["limits"]), name
        assert container["image"] in {"pam:cpu", "pam:cuda"}
        mounted, made = ({entry["name"] for entry in of} for of in (container["volumeMounts"], pod["volumes"]))
        assert mounted == made and "shm" in mounted, name


def test_gpu_groups_have_gpus_and_come_back_to_none() -> None:
    """Catches a GPU group on nodes without GPUs, and GPUs that are paid for while nothing runs."""
    groups = documents()["RayCluster"]["spec"]["workerGroupSpecs"]
    gpu_groups = [group for group in groups if group["groupName"].startswith("gpu")]
    assert len(gpu_groups) == 2
    for group in gpu_groups:
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert container["image"] == "pam:cuda"
        assert pod["nodeSelector"] and pod["tolerations"]
        assert group["minReplicas"] == 0 and group["replicas"] == 0 < group["maxReplicas"]
        claims = [
            volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] == "weights"
        ]
        assert claims == [documents()["PersistentVolumeClaim"]["metadata"]["name"]]
    assert documents()["RayCluster"]["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_prefects_worker_sits_in_the_cluster_and_serves_the_deployments_pool() -> None:
    """Catches a worker of another pool, one that takes stages, and a setting that Prefect does not know."""
    (container,) = pods()["prefect"]["containers"]
    script = container["args"][0]
    deployments = yaml.safe_load((REPOSITORY / "deployments" / "prefect.yaml").read_text())["deployments"]
    (pool,) = {found["work_pool"]["name"] for found in deployments}
    cluster = documents()["RayCluster"]["metadata"]["name"]
    # KubeRay calls the head's service so.
    assert f"--address={cluster}-head-svc:6379 --num-cpus=0 --num-gpus=0" in script
    assert f"--pool {pool} " in script
    names = [name for name in environment(pods()["prefect"]) if name.startswith("PREFECT_")]
    assert [name for name in names if not hasattr(prefect.settings, name)] == []
    probe = container["livenessProbe"]["httpGet"]["port"]
    assert str(probe) == environment(pods()["prefect"])["PREFECT_WORKER_WEBSERVER_PORT"]["value"]


def test_prometheus_finds_every_node_and_nobody_else_comes_in() -> None:
    """Catches pods without a port of that name, and a dashboard that every namespace can open."""
    port = documents()["PodMonitor"]["spec"]["podMetricsEndpoints"][0]["port"]
    for name, pod in pods().items():
        ports = {entry["name"]: entry["containerPort"] for entry in pod["containers"][0]["ports"]}
        assert ports[port] == 8080, name
    policy = documents()["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress"] and all(rule["from"] for rule in policy["ingress"])
    labels = documents()["PodMonitor"]["spec"]["selector"]["matchLabels"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert documents()["Deployment"]["spec"]["template"]["metadata"]["labels"].items() >= labels.items()
