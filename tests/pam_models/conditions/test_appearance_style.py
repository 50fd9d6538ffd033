"""Scene styles and their prompts."""

import numpy as np

from pam_models.conditions.appearance_style import OBJECT_WORDS, VOCABULARY, prompt_of, sample_style


def test_a_seed_stands_for_one_style() -> None:
    """Catches a hidden global random state; different seeds must differ."""
    assert sample_style(7) == sample_style(7)
    assert len({sample_style(seed).light_direction for seed in range(50)}) == 50


def test_prompts_stay_in_the_vocabulary_and_all_words_occur() -> None:
    """Catches a word that the text encoder has never seen, or never sees."""
    prompts = [prompt_of(sample_style(seed), OBJECT_WORDS[seed % len(OBJECT_WORDS)]) for seed in range(600)]
    used = {word for prompt in prompts for word in prompt.split()}
    assert used == set(VOCABULARY)
    assert len(VOCABULARY) == len(set(VOCABULARY))


def test_prompt_reads_as_a_sentence() -> None:
    """Catches a broken template, "a orange" included; unknown things are objects."""
    oranges = [style for style in map(sample_style, range(200)) if style.words["object_color"] == "orange"]
    words = oranges[0].words
    expected = f"a {words['skin']} hand grasps an orange object on a {words['surface']} table in {words['light']} light"
    assert prompt_of(oranges[0], "chainsaw") == expected


def test_colours_are_what_their_words_say() -> None:
    """Catches words and colours drawn independently of each other."""
    styles = [sample_style(seed) for seed in range(400)]
    brightness = {
        word: np.mean([sum(s.skin_rgb) for s in styles if s.words["skin"] == word]) for word in ("pale", "tan", "dark")
    }
    assert brightness["pale"] > brightness["tan"] > brightness["dark"]
    for channel, word in enumerate(("red", "green", "blue")):
        assert all(np.argmax(s.object_rgb) == channel for s in styles if s.words["object_color"] == word)


def test_colours_are_in_range_and_light_comes_from_above() -> None:
    """Catches jitter that leaves [0, 1], and a light below the table."""
    for seed in range(300):
        style = sample_style(seed)
        colours = np.array([
            style.skin_rgb, style.object_rgb, style.object_second_rgb, style.table_rgb, style.table_second_rgb,
            style.wall_low_rgb, style.wall_high_rgb,
        ])  # fmt: skip
        assert colours.min() >= 0
        assert colours.max() <= 1
        assert abs(np.linalg.norm(style.light_direction) - 1) < 1e-9
        assert style.light_direction[2] > 0.5
