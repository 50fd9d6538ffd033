import subprocess
import sys


def test_it_is_read_without_numerics() -> None:
    """Catches a configuration that loads torch and numba for the names of columns."""
    code = "import sys, pam_models.pose.quality_gate; print({'torch', 'numba', 'scipy', 'mujoco'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
