"""A made-up build whose clips are the renderer's own frames, more or less noisy, and an estimator that knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tasks.evaluation.networks as networks
from pam_models.estimators.base import HandEstimate
from tasks.build import Build
from tasks.evaluation.settings import EvaluationSettings, settings_of
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import Summary, summarise
from tasks.evaluation.writing import write_results
from tasks.store import Store
from tests.tasks.report.published import publish


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class SteadyEstimator:
    """Answers with one hand for every picture, and counts the pictures it saw."""

    estimator_id = "steady@1"
    detection_threshold = 0.5
    seen = 0

    def predict(self, images: np.ndarray, boxes_xyxy: np.ndarray, sides: Any, K: np.ndarray) -> HandEstimate:
        SteadyEstimator.seen += len(images)
        joints = np.zeros((len(images), 21, 3), np.float32)
        joints[:, :, 0] = np.arange(21) * 0.004
        return HandEstimate(joints, np.zeros((len(images), 21, 2), np.float32), np.full(len(images), 0.9, np.float32))


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> type[SteadyEstimator]:
    monkeypatch.setattr(networks, "load_estimator", lambda config: SteadyEstimator())
    SteadyEstimator.seen = 0
    return SteadyEstimator


@pytest.fixture
def made_up(tmp_path: Path) -> tuple[Store, Build]:
    """A build of its own: these tests write into it."""
    return publish(tmp_path / "store")


@dataclass(frozen=True)
class Done:
    """An evaluation that was run to its end."""

    evaluation: Evaluation
    summary: Summary
    path: str

    def value(self, name: str) -> float | None:
        return next(r.value for r in self.summary.results if r.spec.name == name)

    def reason(self, name: str) -> str | None:
        return next(r.reason for r in self.summary.results if r.spec.name == name)


def run(
    store: Store, build: Build, *metrics: str, reference: str | None = None, name: str | None = None, **settings: Any
) -> Done:
    """Everything that the command does, without printing."""
    chosen: EvaluationSettings = settings_of(list(metrics) or None, **settings)
    evaluation = Evaluation(store, build.build_id, chosen, reference, name)
    for shard in evaluation.shards():
        evaluation.measure(shard)
    summary = summarise(evaluation)
    return Done(evaluation, summary, write_results(evaluation, summary))
