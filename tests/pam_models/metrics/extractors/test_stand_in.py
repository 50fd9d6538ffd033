"""The stand-ins. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.extractors.stand_in import RandomImageFeatures, RandomVideoFeatures
from pam_models.metrics.frechet import frechet_distance


def clips(seed: int, noise: float, count: int = 8) -> list[np.ndarray]:
    """Squares that move over a gradient, with noise."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        frames = np.tile(np.linspace(40, 200, 48)[None, None, :, None], (9, 32, 1, 3))
        x, y = rng.integers(4, 20), rng.integers(4, 20)
        for t in range(9):
            frames[t, y : y + 8, x + t : x + t + 8] = [220, 60, 40]
        found.append(np.clip(frames + rng.normal(0, noise, frames.shape), 0, 255).astype(np.uint8))
    return found


@pytest.mark.parametrize("kind", [RandomVideoFeatures, RandomImageFeatures])
def test_more_noise_is_farther(kind: type[RandomVideoFeatures] | type[RandomImageFeatures]) -> None:
    """Catches features that do not see what is in a clip."""
    extractor = kind()
    sets = [np.concatenate([extractor.features(c) for c in clips(s, n)]) for s, n in ((0, 2), (1, 2), (1, 15), (1, 40))]
    base, same, some, much = sets
    assert frechet_distance(same, base) < frechet_distance(some, base) < frechet_distance(much, base)


def test_video_features_see_the_order_of_frames() -> None:
    """Catches a video extractor that only looks at single frames."""
    clip = clips(0, 2, 1)[0]
    shuffled = clip[[4, 0, 7, 2, 8, 1, 6, 3, 5]]
    video, image = RandomVideoFeatures(), RandomImageFeatures()
    assert np.abs(video.features(clip) - video.features(shuffled)).max() > 1e-4
    assert image.features(clip)[4] == pytest.approx(image.features(shuffled)[0], abs=1e-6)


def test_the_same_weights_every_time() -> None:
    """Catches weights from a global generator."""
    clip = clips(0, 2, 1)[0]
    assert RandomVideoFeatures().features(clip).tolist() == RandomVideoFeatures().features(clip).tolist()
    assert RandomVideoFeatures().features(clip).shape == (1, 64)
    assert RandomImageFeatures().features(clip).shape == (9, 64)
    with pytest.raises(ValueError, match="at least 5 frames"):
        RandomVideoFeatures().features(clip[:4])
