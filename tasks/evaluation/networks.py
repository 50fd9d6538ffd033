"""The networks of an evaluation, each with its cache: opened once, for the metrics that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import numpy as np
from jaxtyping import Float32, UInt8

from pam_models.estimators.base import HandEstimator
from pam_models.metrics.extractors.base import FeatureExtractor
from pam_models.metrics.extractors.opening import image_extractor, video_extractor
from pam_models.metrics.lpips import Lpips
from pam_models.metrics.tracks import LucasKanadeTracker, TorchscriptTracker, Tracker
from tasks.config import GenerateConfig
from tasks.errors import ConfigError
from tasks.estimators import load_estimator
from tasks.evaluation.estimates import ClipEstimates
from tasks.evaluation.feature_cache import FeatureCache
from tasks.evaluation.settings import ESTIMATED, EvaluationSettings
from tasks.store import Store

Opened = TypeVar("Opened")


class ClipFeatures:
    """Features of clips by one extractor, computed once for each medium."""

    def __init__(self, extractor: FeatureExtractor, store: Store, frames: int | None = None) -> None:
        """`frames`: how many evenly spread frames are looked at; None for the whole clip."""
        self.extractor_id = extractor.extractor_id
        self._extractor, self._frames = extractor, frames
        self._context = "" if frames is None else f"frames={frames}"
        self.cache = FeatureCache(store, extractor.extractor_id)

    def of(self, media_sha256: str, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "M D"]:
        """The features of a medium whose frames these are."""
        found = self.cached(media_sha256)
        if found is None:
            found = self._extractor.features(self._spread(frames))
            self.cache.put(media_sha256, {"features": found}, self._context)
        return found

    def cached(self, media_sha256: str) -> Float32[np.ndarray, "M D"] | None:
        """The features of a medium that was seen before; None for another."""
        found = self.cache.get(media_sha256, self._context)
        return None if found is None else found["features"]

    def _spread(self, frames: UInt8[np.ndarray, "T H W 3"]) -> UInt8[np.ndarray, "M H W 3"]:
        if self._frames is None:
            return frames
        places = np.linspace(0, len(frames) - 1, min(self._frames, len(frames))).round().astype(int)
        return np.ascontiguousarray(frames[places])


class Networks:
    """Everything that an evaluation loads. Raises ConfigError in one line for weights that cannot be used."""

    def __init__(self, settings: EvaluationSettings, config: GenerateConfig, store: Store) -> None:
        self._settings, self._config, self._store = settings, config, store

    @cached_property
    def video(self) -> ClipFeatures | None:
        """FVD's features."""
        if "fvd" not in self._settings.metrics:
            return None
        weights, device = self._settings.video_weights, self._settings.device
        return ClipFeatures(_opened(lambda: video_extractor(weights, device)), self._store)

    @cached_property
    def image(self) -> ClipFeatures | None:
        """FID's and KID's features."""
        if not {"fid", "kid"} & set(self._settings.metrics):
            return None
        weights, device = self._settings.image_weights, self._settings.device
        return ClipFeatures(_opened(lambda: image_extractor(weights, device)), self._store, self._settings.image_frames)

    @cached_property
    def lpips(self) -> Lpips | None:
        """LPIPS."""
        if "lpips" not in self._settings.metrics:
            return None
        return _opened(lambda: Lpips(self._settings.lpips_weights, self._settings.device))

    @cached_property
    def tracker(self) -> Tracker | None:
        """Motion fidelity's tracker."""
        if "motion_fidelity" not in self._settings.metrics:
            return None
        path = self._settings.tracker
        return LucasKanadeTracker() if path is None else _opened(lambda: TorchscriptTracker(path))

    @cached_property
    def estimator_id(self) -> str | None:
        """The estimator's name; None where no metric needs one."""
        return None if self._estimator is None else self._estimator.estimator_id

    @cached_property
    def estimates(self) -> ClipEstimates | None:
        """The build's own estimator."""
        if self._estimator is None:
            return None
        self._estimate_cache = FeatureCache(self._store, f"hand-{_key_part(self._estimator.estimator_id)}")
        return ClipEstimates(self._estimator, self._estimate_cache)

    def flush(self) -> None:
        """Writes what was computed since the last time."""
        for features in (self.video, self.image):
            if features is not None:
                features.cache.flush()
        if self.estimates is not None:
            self._estimate_cache.flush()

    def ids(self) -> dict[str, str | None]:
        """The name of every network that has a part in the numbers."""
        return {
            "video": self.video.extractor_id if self.video else None,
            "image": self.image.extractor_id if self.image else None,
            "lpips": self.lpips.extractor_id if self.lpips else None,
            "tracker": self.tracker.tracker_id if self.tracker else None,
            "estimator": self.estimator_id,
        }

    @cached_property
    def _estimator(self) -> HandEstimator | None:
        return load_estimator(self._config) if set(ESTIMATED) & set(self._settings.metrics) else None


def _opened(make: Callable[[], Opened]) -> Opened:
    try:
        return make()
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _key_part(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name)
