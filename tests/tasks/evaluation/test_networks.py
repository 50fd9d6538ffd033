"""The networks of an evaluation. Each test says which defect it would catch."""

from pathlib import Path

import numpy as np
import pytest

from tasks.errors import ConfigError
from tasks.evaluation.networks import ClipFeatures, Networks
from tasks.evaluation.settings import settings_of
from tasks.store import Store
from tests.tasks.conftest import toy_config


class Counting:
    """Features that say which frames were looked at."""

    extractor_id = "counting"
    calls = 0

    def features(self, frames: np.ndarray) -> np.ndarray:
        self.calls += 1
        return frames[:, 0, 0, :1].astype(np.float32)


def test_frames_are_spread_over_the_clip_and_seen_once(store: Store) -> None:
    """Catches the first frames alone, and features computed again for a medium that was seen."""
    clip = np.arange(49, dtype=np.uint8)[:, None, None, None].repeat(3, -1)
    extractor = Counting()
    features = ClipFeatures(extractor, store, frames=4)
    assert features.of("aa", clip).reshape(-1).tolist() == [0, 16, 32, 48]
    assert features.of("aa", clip).shape == (4, 1) and extractor.calls == 1
    assert features.cached("bb") is None


def test_only_what_is_asked_for_is_opened(store: Store, tmp_path: Path) -> None:
    """Catches an estimator that must be there for PSNR, and weights whose trouble is a traceback."""
    networks = Networks(settings_of(["psnr"]), toy_config(), store)
    assert set(networks.ids().values()) == {None}
    (tmp_path / "bad.pt").write_bytes(b"none")
    with pytest.raises(ConfigError, match="is no readable TorchScript file"):
        Networks(settings_of(["fid"], image_weights=tmp_path / "bad.pt"), toy_config(), store).ids()
