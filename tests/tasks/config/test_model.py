"""The whole configuration as Prefect's form and its schema see it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tasks.config.fields import branches
from tasks.config.model import GenerateConfig


def _fields(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield f"{place}{name}", field
        for branch in branches(field):
            yield from _fields(branch, f"{place}{name}.")


def test_every_field_has_a_description() -> None:
    """Catches a field that nobody explains: the description is what Prefect's form shows."""
    bare = [place for place, field in _fields(GenerateConfig) if not field.description]
    assert bare == []


def test_every_number_has_a_lower_bound() -> None:
    """Catches a count or scale that may be negative."""
    for place, field in _fields(GenerateConfig):
        if field.annotation in (int, float, int | None, float | None):
            assert any(hasattr(limit, "ge") or hasattr(limit, "gt") for limit in field.metadata), place


def test_the_schema_refuses_unknown_keys_everywhere() -> None:
    """Catches a part of the form that swallows a misspelt key."""
    schema = GenerateConfig.model_json_schema()
    objects = [part for part in [schema, *schema["$defs"].values()] if part.get("type") == "object"]
    assert objects and all(part["additionalProperties"] is False for part in objects)


def test_frames_must_fit_the_video_models() -> None:
    """Catches a clip length that the autoencoder's temporal factor of four cannot hold."""
    assert GenerateConfig(frames=9).frames == 9
    with pytest.raises(ValidationError, match="four times a whole number, plus one"):
        GenerateConfig(frames=48)


def test_configuration_survives_its_own_dump() -> None:
    """Catches a configuration that cannot be read back from config.yaml."""
    config = GenerateConfig()
    assert GenerateConfig.model_validate(config.model_dump(mode="json")) == config
