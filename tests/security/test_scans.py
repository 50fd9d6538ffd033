"""What bandit says of the whole source. Each test names the defect that it catches."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
# from_pretrained without a revision: here it only ever reads the user's own folders.
FROM_FOLDERS = "B615"
PRIVATE = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|ghp_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,}"
    r"|xox[abp]-[A-Za-z0-9-]{20,}"
)


@pytest.mark.slow
def test_bandit_finds_nothing_that_matters() -> None:
    """Catches a shell, an unpickler, a YAML loader, a temporary name or a certificate check that lets others in."""
    pytest.importorskip("bandit")
    command = [
        sys.executable, "-m", "bandit", "--quiet", "--recursive", "--severity-level", "medium", "--format", "json",
        "--skip", FROM_FOLDERS, "flows", "tasks", "pam_models",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    found = [
        f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
        for one in json.loads(done.stdout)["results"]
        if not _explained(one)
    ]
    assert found == []


def _explained(finding: dict[str, object]) -> bool:
    """Whether the line, or one that it spans, carries ruff's exemption of the same rule, which says why."""
    lines = (REPOSITORY / str(finding["filename"])).read_text(encoding="utf-8").splitlines()
    rule = str(finding["test_id"]).replace("B", "S", 1)
    spanned = finding["line_range"]
    assert isinstance(spanned, list)
    return any(f"noqa: {rule}" in lines[number - 1] for number in spanned)


def test_no_secret_was_committed() -> None:
    """Catches a key in a file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("no git here")
    leaks = []
    for name in listed.stdout.decode().split("\0"):
        path = REPOSITORY / name
        if path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".env", ".sh", ""} and path.is_file():
            leaks += [name for _ in PRIVATE.findall(path.read_text(encoding="utf-8", errors="replace"))]
    assert leaks == []
