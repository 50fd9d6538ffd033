"""Names and protocols. Each test says which defect it would catch."""

from tasks.evaluation.settings import METRICS, SETS
from tasks.evaluation.specs import clip_spec, column_of, set_spec
from tasks.evaluation.table import MEASURED

IDS = {"video": "v1", "image": "i1", "lpips": "l1", "tracker": "lk", "estimator": "e@1"}


def test_the_network_stands_in_the_name() -> None:
    """Catches a stand-in's number under the name of the real one."""
    assert set_spec("fvd", IDS, "r").name == "fvd[v1]" and set_spec("kid", IDS, "r").name == "kid[i1]"
    assert clip_spec("lpips", IDS, "r", "known").name == "lpips[l1]"
    assert clip_spec("motion_fidelity", IDS, "r", "known").name == "motion_fidelity[lk,known]"
    assert "e@1" in clip_spec("mpjpe", IDS, "r", "known").protocol


def test_every_metric_has_a_spec_and_a_column() -> None:
    """Catches a metric without a protocol, and one whose column the table lacks."""
    columns = {column.name for column in MEASURED}
    for metric in METRICS:
        spec = set_spec(metric, IDS, "r") if metric in SETS else clip_spec(metric, IDS, "r", "known")
        assert spec.unit and len(spec.protocol) > 20 and "{" not in spec.protocol
        assert metric in SETS or column_of(metric) in columns
