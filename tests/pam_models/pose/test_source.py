"""The interface every source keeps."""

import inspect

import pytest

from pam_models.pose.source import PoseSource
from pam_models.pose.sources.graspxl import GraspxlSource
from pam_models.pose.sources.physics import PhysicsSource


@pytest.mark.parametrize("kind", [PhysicsSource, GraspxlSource])
@pytest.mark.parametrize("name", ["requests", "trajectory"])
def test_sources_take_the_same_arguments(kind: type, name: str) -> None:
    """Catches a source whose methods cannot be called as the step calls them."""
    wanted = inspect.signature(getattr(PoseSource, name))
    assert inspect.signature(getattr(kind, name)) == wanted
