"""Options of every layout."""

import pytest
from pydantic import ValidationError

from pam_models.readers.export.configuration import LAYOUTS, OPTIONS
from pam_models.readers.export.layouts import layout_of


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_options_and_a_writer(layout: str) -> None:
    """Catches a layout that is named and not there."""
    options = OPTIONS.validate_python({"layout": layout})
    assert options.layout == layout
    assert layout_of(options).__class__.__name__.lower() == f"{layout.replace('-', '')}layout"
    assert all(field.description for field in type(options).model_fields.values())


@pytest.mark.parametrize("wrong", [{"quality": 80}, {"min_joints": 1}, {"qualty": 95}])
def test_wrong_options_are_refused(wrong: dict[str, int]) -> None:
    """Catches pictures worse than the layout allows, frames that crash its reader, and misspelt options."""
    with pytest.raises(ValidationError):
        OPTIONS.validate_python({"layout": "simplehand", **wrong})
