"""What each candidate is asked to look like: a prompt set's sentence, or the demo's own, from the candidate's seed."""

from collections.abc import Callable

from pam_models.appearance.prompt_sets import load_prompt_set
from pam_models.appearance.word_encoder import words_of
from pam_models.conditions.appearance_style import VOCABULARY, prompt_of, sample_style
from tasks.config import GenerateConfig
from tasks.config.generators import DemoAppearance
from tasks.errors import ConfigError

Prompter = Callable[[int, str], str]


def prompter(config: GenerateConfig) -> Prompter:
    """How a candidate's seed and its object's word become its prompt. Raises PromptSetError for a faulty file."""
    if config.appearance.prompts is None:
        return lambda seed, word: prompt_of(sample_style(seed), word)
    return load_prompt_set(config.appearance.prompts).prompt


def check_prompts(config: GenerateConfig) -> None:
    """The prompt set can be read, and the models know its words. Raises ConfigError in one line."""
    if config.appearance.prompts is None:
        return
    try:
        prompts = load_prompt_set(config.appearance.prompts)
    except ValueError as error:
        raise ConfigError(f"appearance.prompts: {error}") from error
    if not isinstance(config.appearance, DemoAppearance) and config.video.model != "demo":
        return
    known = {part for word in VOCABULARY for part in words_of(word)}
    unknown = [word for piece in prompts.words() for word in words_of(piece) if word not in known]
    if unknown:
        raise ConfigError(
            f"appearance.prompts: the demo's models do not know the word {unknown[0]!r}; "
            f"they know {', '.join(sorted(known))}"
        )
