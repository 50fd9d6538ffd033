"""The run's estimator as a judge."""

import numpy as np
import torch

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.modeling import CompactNetwork
from pam_models.training.frame_store import load_block
from pam_models.training.hand_check import HandCheck
from pam_models.training.layout import RunLayout
from pam_models.zoo.weights_file import write_model


def test_without_an_estimator_there_is_no_check(layout: RunLayout) -> None:
    """Catches a motion run that waits for an estimator."""
    assert HandCheck.of_run(layout) is None


def test_the_truth_itself_scores_the_reference(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches outputs and truth that are judged in different boxes."""
    torch.manual_seed(0)
    write_model(layout.weights("estimator"), CompactNetwork(tiny_estimator), tiny_estimator)
    check = HandCheck.of_run(layout)
    assert check is not None
    block = load_block(layout.clips, "held-physics-9-v0")
    same = check.compare(block, np.asarray(block.stream("rgb")))
    assert same["mpjpe_mm"] == same["mpjpe_true_mm"]
    other = check.compare(block, 255 - np.asarray(block.stream("rgb")))
    assert other["mpjpe_true_mm"] == same["mpjpe_true_mm"] != other["mpjpe_mm"]
