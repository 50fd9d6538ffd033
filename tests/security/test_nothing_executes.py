"""Files that try to run something, through every door that takes files from people. Nothing of them may run."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pam_models.appearance.prompt_sets import load_prompt_set
from pam_models.downstream.recipe import load_downstream
from pam_models.hand.mano_file import load_mano
from pam_models.pose.meshes.reading import read_mesh_file
from pam_models.pose.sources.dexycb_files import read_labels as read_dexycb_labels
from pam_models.pose.sources.dexycb_files import read_meta
from pam_models.pose.sources.dgrasp_labels import read_labels as read_dgrasp_labels
from pam_models.pose.sources.graspxl import read_recording
from pam_models.pose.sources.oakink2_files import read_annotation
from pam_models.training.checkpoint import load_checkpoint
from pam_models.training.recipe import load_recipe
from pam_models.zoo.tensor_source import Expected, read_tensors
from tasks.config import load_config
from tasks.errors import ConfigError

Reader = Callable[[Path], Any]
WEIGHTS = Expected("weights", "nowhere", torch_files=True)


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.proof}",)


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """The file that is there once something has run."""
    return tmp_path / "it-ran"


def mano(path: Path) -> Any:
    return load_mano(path.parent, "right")


PICKLES: dict[str, Reader] = {
    "grasp.npy": read_recording,
    "MANO_RIGHT.pkl": mano,
    "annotation.pkl": read_annotation,
    "labels.pkl": read_dgrasp_labels,
    "model.bin": lambda path: read_tensors(path, WEIGHTS),
    "model.ckpt": lambda path: read_tensors(path, WEIGHTS),
    "model.safetensors": lambda path: read_tensors(path, WEIGHTS),
    "last.pt": load_checkpoint,
}


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_runs_nothing(name: str, tmp_path: Path, proof: Path) -> None:
    """Catches a reader of recordings, hands or weights that unpickles whatever a file asks for."""
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Payload(proof)))
    with pytest.raises(Exception, match=r"\S") as caught:
        PICKLES[name](path)
    assert not proof.exists()
    assert not isinstance(caught.value, NameError | AttributeError | ImportError)


@pytest.mark.parametrize("name", ["grasp.npy", "model.bin", "last.pt"])
def test_a_payload_within_a_whole_file_runs_nothing(name: str, tmp_path: Path, proof: Path) -> None:
    """Catches a reader that looks at the first bytes alone: numpy's arrays of objects, torch's archives."""
    path = tmp_path / name
    if name.endswith(".npy"):
        np.save(path, np.array({"right_hand": Payload(proof)}, dtype=object), allow_pickle=True)
    else:
        torch.save({"weight": torch.zeros(2), "extra": Payload(proof)}, path)
    with pytest.raises(Exception, match=r"\S"):
        PICKLES[name](path)
    assert not proof.exists()


def test_arrays_of_objects_in_archives_run_nothing(tmp_path: Path, proof: Path) -> None:
    """Catches `allow_pickle` where labels and hands are read."""
    held = io.BytesIO()
    np.save(held, np.array([Payload(proof)], dtype=object), allow_pickle=True)
    for name, read in {"labels_000000.npz": read_dexycb_labels, "MANO_RIGHT.npz": mano}.items():
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for entry in ("seg", "pose_y", "pose_m", "joint_3d", "joint_2d", "v_template", "f", "J_regressor"):
                archive.writestr(f"{entry}.npy", held.getvalue())
        with pytest.raises(Exception, match=r"\S"):
            read(path)
        assert not proof.exists(), name


YAMLS: dict[str, Reader] = {
    "config.yaml": lambda path: load_config(file=path),
    "recipe.yaml": lambda path: load_recipe(str(path)),
    "downstream.yaml": lambda path: load_downstream(str(path)),
    "prompts.yaml": load_prompt_set,
    "meta.yml": lambda path: read_meta(path.parent),
}


@pytest.mark.parametrize("name", YAMLS)
def test_yaml_makes_no_objects(name: str, tmp_path: Path, proof: Path) -> None:
    """Catches `yaml.load`."""
    path = tmp_path / name
    path.write_text(f"seed: !!python/object/apply:os.system ['touch {proof}']\n")
    with pytest.raises(Exception, match=r"\S"):
        YAMLS[name](path)
    assert not proof.exists()


def test_a_setting_on_the_command_line_makes_no_objects(proof: Path) -> None:
    """Catches the same in `--set`."""
    with pytest.raises(ConfigError):
        load_config(assignments=[f"seed=!!python/object/apply:os.system ['touch {proof}']"])
    assert not proof.exists()


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".ply"])
def test_a_mesh_leads_to_no_other_file(suffix: str, tmp_path: Path, proof: Path) -> None:
    """Catches a mesh whose materials or textures are fetched from elsewhere, and a pickle under a mesh's name."""
    path = tmp_path / f"cup{suffix}"
    path.write_bytes(pickle.dumps(Payload(proof)))
    with pytest.raises(Exception, match=r"\S"):
        read_mesh_file(path)
    assert not proof.exists()
