"""An export in a folder, and readers of each layout that know nothing of the writers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pam_models.readers.cache import CacheConfig
from pam_models.readers.export.configuration import OPTIONS
from pam_models.readers.export.job import Outcome, run_export
from pam_models.readers.export.layouts import layout_of
from pam_models.readers.export.source import ExportSource
from pam_models.readers.frames import ReadConfig
from pam_models.readers.place import Place
from pam_models.readers.selection import Selection
from tests.pam_models.readers.small_build import SmallBuild

Export = Callable[..., tuple[Path, Outcome]]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Exports a build into a folder, named by `to`."""

    def exported(
        layout: str, made: SmallBuild, to: str = "out", selection: Selection | None = None, **settings: Any
    ) -> tuple[Path, Outcome]:
        cache = CacheConfig(tmp_path / "cache", 0, 0)
        config = ReadConfig(selection or Selection(), mano_dir=made.mano_dir, cache=cache)
        options = OPTIONS.validate_python({"layout": layout, **settings})
        folder = tmp_path / to
        job = options.model_dump(mode="json")
        source = ExportSource(made.address, config)
        return folder, run_export(source, layout_of(options), job, Place(str(folder)))

    return exported
