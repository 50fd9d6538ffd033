"""What every part of the configuration shares: frozen, no unknown keys, and a mark on fields that leave the output
alone.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

SPEED_ONLY: dict[str, Any] = {"affects_output": False}
CONTENT_PATH: dict[str, Any] = {"content_path": True}


def content_of(*patterns: str) -> dict[str, Any]:
    """A folder of which only some files count, such as a dataset whose pictures are not read."""
    return {"content_path": list(patterns)}


class ConfigModel(BaseModel):
    """Frozen, refuses unknown keys and non-finite numbers.

    Fields with `json_schema_extra=SPEED_ONLY` change how fast a build is and not what it makes; fields with
    CONTENT_PATH are folders or files whose content counts, not their place; content_of says which of their files count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)
