"""Options of faster sampling."""

import subprocess
import sys


def test_a_configuration_is_read_without_torch() -> None:
    """Catches seconds of imports before `pam status` says a word, and in every worker that needs no model."""
    heavy = ("torch", "diffusers", "cv2")
    code = f"import sys, tasks.config, tasks.simulation; print([name for name in {heavy} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
