"""What is looked at before any work."""

from pathlib import Path

import pytest
import ray

from tasks import preflight as preflight_module
from tasks.errors import ConfigError, StoreError
from tasks.preflight import check_folders, check_machine, check_requests, check_weights, gpus_here, preflight
from tasks.store import Store
from tests.tasks.conftest import ToySteps, toy_config


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight_module, "weights_path", lambda name: Path(name))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["pose.source=graspxl", "pose.path=/gone"], "pose.path: no such folder: /gone; give the folder"),
        (["pose.source=dexycb", "pose.path=/gone"], "pose.path: no such folder: /gone; give DexYCB's folder"),
        (["pose.source=oakink2", "pose.path=/gone"], "pose.path: no such folder: /gone; give OakInk2's folder"),
        (["pose.source=dexycb", "pose.path=."], "hand.mano_dir: dexycb's hands are MANO's; give the folder with your"),
        (["hand.model=mano"], "hand.mano_dir: must be given here; give the folder with your MANO_RIGHT.pkl"),
        (["hand.mano_dir=/gone"], "hand.mano_dir: no such folder: /gone"),
        (["appearance.model=flux"], "appearance.base: must be given here"),
        (["video.model=cogvideox", "video.base=/gone"], "video.base: no such folder"),
        (["estimator.name=hamer"], "hand.mano_dir: must be given here; give the folder with your MANO_RIGHT.pkl"),
    ],
)
def test_missing_folders_are_named_with_what_belongs_there(settings: list[str], line: str) -> None:
    """Catches a path that is found missing only when its step begins."""
    with pytest.raises(ConfigError) as caught:
        check_folders(toy_config(*settings))
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_an_empty_mano_folder_is_told(tmp_path: Path) -> None:
    """Catches the free hand, or a traceback, where the files are missing from the folder."""
    with pytest.raises(ConfigError, match=r"hand\.mano_dir: "):
        check_folders(toy_config(f"hand.mano_dir={tmp_path}"))


def test_gpus_that_are_not_there_are_told_before_ray_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a silent CPU run, and a refusal where GPUs were announced."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    wanted = ("execution.executor=ray", "execution.num_cpus=2", "execution.stages.video.gpus=1")
    with pytest.raises(ConfigError, match=r"execution\.stages\.video\.gpus: a worker asks for 1, there are 0"):
        check_machine(toy_config(*wanted, "execution.num_gpus=0"))
    check_machine(toy_config("execution.stages.video.gpus=1", "execution.executor=inline"))


def test_hidden_gpus_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches devices counted that the process may not use."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus_here() == 0


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["pose.objects.names=[teapot]"], "pose.objects: objects must be some of"),
        (["pose.source=graspxl", "pose.path=."], "pose.path: "),
    ],
)
def test_a_source_with_nothing_to_do_is_told(settings: list[str], line: str) -> None:
    """Catches an unknown object or an empty folder that is found when workers have started."""
    with pytest.raises(ConfigError) as caught:
        check_requests(toy_config(*settings))
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches a build that paints thirty candidates and has no model for the clips."""
    from pam_models.zoo.registry import weights_path

    monkeypatch.setattr(preflight_module, "weights_path", lambda name: weights_path(name, tmp_path))
    with pytest.raises(ConfigError, match="appearance: demo-autoencoder has no weights"):
        check_weights(toy_config())


def test_all_is_well_and_the_store_is_tried_last(toy: ToySteps, weights: None, store: Store) -> None:
    """Catches a store that is written to although the configuration is wrong, and one that is not tried at all."""
    with pytest.raises(ConfigError):
        preflight(toy_config("hand.model=mano"), store)
    assert not Path(store.uri).exists()
    preflight(toy_config(), store)
    assert Path(store.uri, ".pam-store").exists()
    with pytest.raises(StoreError, match="cannot write"):
        preflight(toy_config(), Store("/proc/nowhere"))
