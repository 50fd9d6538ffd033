"""Each test names the defect that it catches."""

import pytest

import flows.training
from flows.training import train


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the trainer was asked; it fails at the latents."""
    found: list[list[str]] = []

    def trainer(arguments: list[str]) -> int:
        found.append(arguments)
        return 3 if "latents" in arguments else 0

    monkeypatch.setattr(flows.training, "train_one", trainer)
    return found


def test_one_model_gets_its_options(asked: list[list[str]]) -> None:
    """Catches training options that the command swallows."""
    assert train("demo", "motion", ["--minutes", "5"]) == 0
    assert asked == [["--model", "motion", "--recipe", "demo", "--minutes", "5"]]


def test_everything_goes_in_order_and_stops_at_a_failure(asked: list[list[str]]) -> None:
    """Catches generators that are trained without their latents, and a failure that exits with 0."""
    assert train("demo", None, []) == 3
    assert [arguments[1] for arguments in asked] == [
        "kinematic",
        "scenes",
        "clips",
        "pictures",
        "autoencoder",
        "estimator",
        "latents",
    ]
