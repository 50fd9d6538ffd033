"""Walking the configuration's models."""

from tasks.config.fields import branch_for, branches, default_tag, discriminator, tag_of, tags
from tasks.config.model import GenerateConfig
from tasks.config.stages import DexycbPose, DgraspPose, GraspxlPose, Oakink2Pose, PhysicsPose, SelectConfig, SelectRule

FIELDS = GenerateConfig.model_fields


def test_branches_of_plain_optional_and_chosen_fields() -> None:
    """Catches a nested model that the walk does not see: its unknown keys would get pydantic's own message."""
    assert branches(FIELDS["seed"]) == ()
    assert branches(FIELDS["pose"]) == (PhysicsPose, GraspxlPose, DexycbPose, Oakink2Pose, DgraspPose)
    assert branches(SelectConfig.model_fields["clips"]) == (SelectRule,)


def test_branch_for_named_default_and_unknown_tags() -> None:
    """Catches a default branch that is not found, and an unknown one that is taken for a known."""
    pose = FIELDS["pose"]
    assert discriminator(pose) == "source" and tags(pose, "source") == (
        "physics",
        "graspxl",
        "dexycb",
        "oakink2",
        "dgrasp",
    )
    assert branch_for(pose, {"source": "graspxl"}) is GraspxlPose
    assert branch_for(pose, {}) is PhysicsPose and default_tag(pose, "source") == "physics"
    assert branch_for(pose, {"source": "oakink"}) is None
    assert tag_of(GraspxlPose, "source") == "graspxl"
