"""Where data come from, by `kind`."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pam_models.training.data_recipe import DataRecipe, RecordedData, SimulatedData, SnapshotData

ANY: TypeAdapter[DataRecipe] = TypeAdapter(DataRecipe)
COUNTS = {"physics_scenes": 1, "physics_requests": 1, "clips_per_scene": 1, "kinematic_scenes": 1, "pictures": 1}


@pytest.mark.parametrize(
    ("values", "kind", "source"),
    [
        (COUNTS, SimulatedData, "physics"),
        ({"kind": "simulated", **COUNTS}, SimulatedData, "physics"),
        ({"kind": "snapshot", "store": "s", "build": "b"}, SnapshotData, "snapshot"),
        ({"kind": "dexycb", "path": "d", "mano_dir": "m"}, RecordedData, "dexycb"),
        ({"kind": "oakink2", "path": "d", "mano_dir": "m"}, RecordedData, "oakink2"),
    ],
)
def test_the_kind_chooses_and_names_its_clips(values: dict[str, object], kind: type, source: str) -> None:
    """Catches a recipe without a kind that is refused, and clips that the motion model does not find."""
    data = ANY.validate_python(values)
    assert isinstance(data, kind) and data.clip_source == source
    assert ANY.validate_python(data) == data


@pytest.mark.parametrize("values", [{"kind": "dexicb", "path": "d"}, {"kind": "snapshot", "path": "d"}])
def test_unknown_kinds_and_fields_are_refused(values: dict[str, object]) -> None:
    """Catches a typing error that trains on simulated data."""
    with pytest.raises(ValidationError):
        ANY.validate_python(values)
