"""The table of costs."""

from tasks.config import load_config
from tasks.costs import table_cost
from tasks.steps import STEPS


def test_the_papers_table_is_as_printed() -> None:
    """Catches figures that drift from the supplementary's Table 1 (301.1 s for one picture and one clip)."""
    config = load_config("paper", None, ["execution.hardware=paper"])
    costs = {step.name: table_cost(config, step.name) for step in STEPS}
    assert round(costs["pose"].cpu_s + costs["appearance"].gpu_s + costs["video"].gpu_s, 1) == 301.1
    assert (costs["appearance"].gpu_memory_gib, costs["video"].gpu_memory_gib) == (41.4, 30.3)


def test_fewer_steps_and_frames_cost_less() -> None:
    """Catches a cost that does not follow the configuration."""
    full, half = (load_config("paper", None, [f"appearance.steps={n}"]) for n in (28, 14))
    assert table_cost(half, "appearance").gpu_s == table_cost(full, "appearance").gpu_s / 2
    short = load_config("paper", None, ["frames=25"])
    assert table_cost(short, "video").gpu_s < table_cost(full, "video").gpu_s


def test_the_demo_needs_no_gpu_and_a_cut_costs_nothing() -> None:
    """Catches GPU-hours promised to a laptop."""
    config = load_config("demo")
    assert all(table_cost(config, step.name).gpu_s == 0 for step in STEPS)
    assert table_cost(config, "select-candidates").worker_s == 0
    assert all(table_cost(config, step.name).cpu_s > 0 for step in STEPS if not step.reduce)
