"""Fixtures that every test folder shares."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recordings and conformance vectors; tests that need it skip where it is absent."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PAM_TEST_DATA", str(default)))
    if not folder.is_dir():
        pytest.skip(f"no test recordings at {folder}; set PAM_TEST_DATA")
    return folder
