import pytest
import torch

from pam_models.autoencoder.threads import fixed_threads


def test_the_former_number_of_threads_comes_back_even_after_an_error() -> None:
    """Catches a process that stays on one thread once it has sampled."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with pytest.raises(KeyError), fixed_threads():
        assert torch.get_num_threads() == 1
        raise KeyError
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
