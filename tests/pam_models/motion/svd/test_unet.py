import torch

from pam_models.motion.svd.unet import Levels


def test_features_are_added_one_by_one() -> None:
    first = Levels((torch.ones(1), torch.zeros(1)), torch.ones(1))
    summed = first.plus(Levels((torch.ones(1), torch.ones(1)), torch.full((1,), 4.0)))
    assert [float(value) for value in (*summed.down, summed.middle)] == [2.0, 1.0, 5.0]
