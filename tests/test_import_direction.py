"""Imports run one way: flows -> tasks -> pam_models. Read from the syntax, so that lazy imports count too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

FORBIDDEN = {
    "pam_models": {"flows", "tasks", "prefect", "ray", "deployments"},
    "tasks": {"flows", "prefect"},
    "flows": {"numpy", "torch", "fsspec", "s3fs", "pyarrow", "cv2", "av", "mujoco", "ray"},
}


def imported_packages(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every absolute import in ``source``, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.partition(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module.partition(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_run_one_way(package: str) -> None:
    """Catches science that knows of shards, tasks that know of flows, and arrays in flows."""
    wrong = []
    files = sorted((REPOSITORY / package).rglob("*.py"))
    assert files, f"no source in {package}"
    for file in files:
        for line, name in imported_packages(file.read_text(encoding="utf-8")):
            if name in FORBIDDEN[package]:
                wrong.append(f"{file.relative_to(REPOSITORY)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_lazy_and_relative_imports_are_read() -> None:
    """Catches a check that looks at the top of a file only."""
    source = "def f():\n    import ray.util\nfrom .near import x\nfrom prefect.flows import flow\n"
    assert sorted(imported_packages(source)) == [(2, "ray"), (4, "prefect")]
