"""Each test names the defect that it catches."""

import prefect.settings

from flows.environment import QUIET, quiet


def test_what_the_user_set_stays() -> None:
    """Catches a command that overrides the user's own environment."""
    environment = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG"}
    quiet(environment)
    assert environment["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == "DEBUG"
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"


def test_the_names_are_real_settings() -> None:
    """Catches a misspelt variable, which Prefect ignores without a word."""
    names = [name for name in QUIET if name.startswith("PREFECT_") and "HANDLERS" not in name]
    assert names
    for name in names:
        assert hasattr(prefect.settings, name), name
