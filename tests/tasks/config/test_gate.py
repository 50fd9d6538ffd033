"""The configuration's limits are the gate's."""

from dataclasses import fields, replace

from pam_models.pose.quality_gate import KEEP_ALL, SIMULATED, QualityGate
from tasks.config.gate import GateConfig, SimulatedGateConfig


def test_every_limit_can_be_set() -> None:
    """Catches a limit of the gate that no configuration reaches."""
    assert set(GateConfig.model_fields) == {field.name for field in fields(QualityGate)}
    assert GateConfig(slip_mm_at_most=2.0).gate() == QualityGate(slip_mm_at_most=2.0)


def test_the_defaults_are_the_models_own() -> None:
    """Catches defaults that drift apart from those the sources were tested with."""
    assert (SimulatedGateConfig().gate(), GateConfig().gate()) == (SIMULATED, KEEP_ALL)


def test_one_limit_leaves_the_others() -> None:
    """Catches a gate that is open everywhere else because one limit was set."""
    assert SimulatedGateConfig(slip_mm_at_most=1.0).gate() == replace(SIMULATED, slip_mm_at_most=1.0)
    assert SimulatedGateConfig(held_s_at_least=None).gate() == replace(SIMULATED, held_s_at_least=None)
