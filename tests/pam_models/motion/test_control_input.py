import torch
from torch import nn

from pam_models.motion.control_input import ControlInput, combined_streams


def test_absent_slots_are_folded_into_the_same_result_without_streams() -> None:
    """Catches weights summed over the wrong axis, and work that absent conditions still cost."""
    torch.manual_seed(0)
    combine, video = nn.Linear(12, 4), torch.randn(2, 5, 4)
    streams = {name: torch.randn(2, 5, 4) for name in "abc"}
    whole = ControlInput.of(combine, "abc", streams, {})
    folded = ControlInput.of(combine, "abc", {"b": streams["b"]}, {"a": streams["a"][:1], "c": streams["c"][:1]})
    assert len(whole.streams) == 3 and folded.streams == () and folded.weight.shape == (4, 4)
    expected = combine(torch.cat([video + streams["a"][:1], video + streams["b"], video + streams["c"][:1]], -1))
    torch.testing.assert_close(combined_streams(video, folded), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(
        combined_streams(video, whole), combine(torch.cat([video + streams[name] for name in "abc"], dim=-1))
    )
