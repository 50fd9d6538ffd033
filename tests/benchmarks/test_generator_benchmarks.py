"""The generators' GPU benchmarks as commands: at toy size on a CPU, and refusing without a GPU."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
import torch

FOLDER = Path(__file__).parents[2] / "benchmarks"


def command(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("name", "said"), [("denoise_step", "share of the matrix product rate"), ("flux_candidate", "official fp32 path")]
)
def test_a_benchmark_runs_at_toy_size_and_refuses_without_a_gpu(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches a command that fails on the first GPU it meets, and one that times a CPU and calls it a GPU."""
    benchmark = command(name, monkeypatch)
    threads = torch.get_num_threads()
    assert benchmark.main(["--small", "--repeats", "1"]) == 0
    torch.set_num_threads(threads)
    assert said in capsys.readouterr().out
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as left:
        benchmark.main([])
    line = capsys.readouterr().err
    assert left.value.code == 2 and "needs a CUDA GPU" in line and line.count("\n") == 1


def test_the_work_of_a_full_size_step_is_the_counted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a share of the product rate out of the wrong work: 433 TFLOP (performance.md section 1)."""
    benchmark = command("denoise_step", monkeypatch)
    assert benchmark.flops(benchmark.TransformerConfig()) / 1e12 == pytest.approx(433, rel=0.02)
