"""What a person asks for. Each test says which defect it would catch."""

import pytest

from tasks.errors import ConfigError
from tasks.evaluation.settings import DEFAULT, METRICS, settings_of


def test_the_order_and_repetition_of_names_do_not_matter() -> None:
    """Catches two evaluations of one choice."""
    assert settings_of(["mpjpe,fvd", "mpjpe"]) == settings_of(["fvd", "mpjpe"])
    assert settings_of().metrics == DEFAULT and set(DEFAULT) == set(METRICS) - {"kid"}


@pytest.mark.parametrize(
    ("metrics", "others", "said"),
    [(["fdv"], {}, "--metrics fdv: no such metric"), ([","], {}, "names none"), (None, {"seed": -1}, "seed: ")],
)
def test_what_does_not_fit_is_one_line(metrics: list[str] | None, others: dict[str, int], said: str) -> None:
    """Catches an empty selection, a misspelt name that is skipped, and pydantic's paragraphs."""
    with pytest.raises(ConfigError, match=said) as caught:
        settings_of(metrics, **others)
    assert "\n" not in str(caught.value)
