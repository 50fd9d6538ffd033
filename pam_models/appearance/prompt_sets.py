"""Prompts by file: templates whose slots are filled for each candidate from its seed."""

import string
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

OBJECT_SLOT = "object"
_STREAM = 0x9A09
_VOWELS = "aeiou"


class PromptSetError(ValueError):
    """A prompt set that is absent, unreadable or inconsistent; one line."""


class PromptSet(BaseModel):
    """Sentences with slots such as ``{skin}``, ``{clothing}``, ``{background}``, ``{light}``, and what fills them.

    ``{object}`` is the trajectory's object with its article. A seed draws the template and every slot, each uniformly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: tuple[str, ...] = Field(min_length=1, description="Sentences, with {slots}")
    slots: dict[str, tuple[str, ...]] = Field(default={}, description="What may stand in each slot")

    @model_validator(mode="after")
    def _every_slot_is_filled(self) -> "PromptSet":
        empty = sorted(name for name, words in self.slots.items() if not words)
        if empty or OBJECT_SLOT in self.slots:
            raise ValueError(
                f"slots {', '.join(empty) or OBJECT_SLOT} must hold words; {{object}} is the trajectory's own"
            )
        for template in self.templates:
            unknown = sorted(set(_slots_of(template)) - self.slots.keys() - {OBJECT_SLOT})
            if unknown:
                raise ValueError(f"template {template!r} has the slot {unknown[0]!r}, which slots does not fill")
        return self

    def prompt(self, seed: int, object_word: str) -> str:
        """Return the prompt that a seed stands for, about an object such as "mug"."""
        rng = np.random.default_rng([seed, _STREAM])
        template = str(rng.choice(self.templates))
        # All slots are drawn in one order, so that another template changes no other choice.
        filled = {name: str(rng.choice(self.slots[name])) for name in sorted(self.slots)}
        article = "an" if object_word[:1].lower() in _VOWELS else "a"
        return template.format(**filled, **{OBJECT_SLOT: f"{article} {object_word}"})

    def words(self) -> Iterator[str]:
        """Yield every piece of text that a prompt may hold, object and slots' names aside."""
        for template in self.templates:
            yield from (text for text, _, _, _ in string.Formatter().parse(template))
        for choices in self.slots.values():
            yield from choices


def load_prompt_set(path: Path) -> PromptSet:
    """Read a YAML file with `templates` and `slots`. Raises PromptSetError in one line that says what is wrong."""
    try:
        return PromptSet.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PromptSetError(f"no prompt set at {path}: give a YAML file with templates and slots") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PromptSetError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PromptSetError(f"{path}: {where}{': ' if where else ''}{first['msg']}") from error


def _slots_of(template: str) -> list[str]:
    try:
        return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ValueError(f"template {template!r}: {error}") from error
