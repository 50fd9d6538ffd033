from pathlib import Path

import pytest

from pam_models.appearance.prompt_sets import PromptSet, PromptSetError, load_prompt_set

SHIPPED = Path(__file__).parents[3] / "deployments" / "prompts"


def test_candidates_vary_in_skin_clothing_background_and_light_and_repeat_by_seed() -> None:
    """Catches thirty candidates of one look, and a draw that differs from run to run."""
    prompts = load_prompt_set(SHIPPED / "varied.yaml")
    assert {"skin", "clothing", "background", "light"} <= prompts.slots.keys()
    drawn = [prompts.prompt(seed, "mug") for seed in range(30)]
    assert drawn == [prompts.prompt(seed, "mug") for seed in range(30)]
    for choices in prompts.slots.values():
        assert sum(any(choice in prompt for prompt in drawn) for choice in choices) >= len(choices) - 2
    assert all("a mug" in prompt and "{" not in prompt for prompt in drawn)
    assert "an apple" in prompts.prompt(0, "apple")


def test_the_official_set_is_the_official_sentence() -> None:
    prompts = load_prompt_set(SHIPPED / "official.yaml")
    assert {prompts.prompt(seed, "mug") for seed in range(5)} == {"A hand is trying to grasp something"}


def test_every_piece_of_text_is_listed() -> None:
    """Catches a check against a vocabulary that passes a word over."""
    prompts = PromptSet(templates=("a {skin} hand", "one {light} cup"), slots={"skin": ("red",), "light": ("dim", "x")})
    assert {word for piece in prompts.words() for word in piece.split()} == {
        "a",
        "hand",
        "one",
        "cup",
        "red",
        "dim",
        "x",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("templates: []", "templates"),
        ("templates: ['a {hat}']", "the slot 'hat'"),
        ("templates: ['a {hat']", "expected '}'"),
        ("templates: ['a']\nslots: {object: [x]}", "trajectory's own"),
        ("templates: [", "is not YAML"),
        ("prompts: [a]", "prompts"),
    ],
)
def test_a_faulty_set_is_told_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    """Catches a fault that shows itself at the first candidate."""
    (tmp_path / "set.yaml").write_text(text)
    with pytest.raises(PromptSetError) as caught:
        load_prompt_set(tmp_path / "set.yaml")
    assert said in str(caught.value) or "templates" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(PromptSetError, match="no prompt set at"):
        load_prompt_set(tmp_path / "gone.yaml")
