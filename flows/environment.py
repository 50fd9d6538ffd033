"""What the ``pam`` command sets in the environment before Prefect and Ray are imported.

Everything is a default: a variable that the user has set stays as it is.
"""

import os
from collections.abc import MutableMapping

QUIET: dict[str, str] = {
    # No reports to anybody about this machine.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # The log goes to Prefect's page; the terminal shows bars, and errors in the command's own words.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
    # Ray warns about a GPU setting of its own next version, and repeats every worker's output.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "1",
}


def quiet(environment: MutableMapping[str, str] | None = None) -> None:
    """Set the defaults in ``environment`` (the process's own, if none is given)."""
    target = os.environ if environment is None else environment
    for name, value in QUIET.items():
        target.setdefault(name, value)
