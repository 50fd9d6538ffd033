import pytest
import torch

from pam_models.autoencoder.precision import fastest_convolution_dtype


@pytest.mark.parametrize(
    ("bf16", "amx", "expected"), [(True, False, "bf16"), (False, True, "bf16"), (False, False, "fp32")]
)
def test_bfloat16_only_where_the_instruction_set_has_it(
    monkeypatch: pytest.MonkeyPatch, bf16: bool, amx: bool, expected: str
) -> None:
    """Catches bfloat16 on a processor that emulates it (many times slower than float32)."""
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert fastest_convolution_dtype() == {"bf16": torch.bfloat16, "fp32": torch.float32}[expected]
