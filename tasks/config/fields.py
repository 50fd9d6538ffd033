"""Walking the configuration's models: which keys exist where, and which branch of a choice a mapping means."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def branches(field: FieldInfo) -> tuple[type[BaseModel], ...]:
    """The configuration models that a field may hold: none for a plain value, several for a choice."""

    def unfold(annotation: Any) -> tuple[type[BaseModel], ...]:  # noqa: ANN401  any annotation
        origin = get_origin(annotation)
        if origin is Annotated:
            return unfold(get_args(annotation)[0])
        if origin in (Union, UnionType):
            return tuple(model for part in get_args(annotation) if part is not NoneType for model in unfold(part))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return (annotation,)
        return ()

    return unfold(field.annotation)


def discriminator(field: FieldInfo) -> str | None:
    """The key that says which branch of a choice is meant; None where there is no choice."""
    return field.discriminator if isinstance(field.discriminator, str) else None


def tag_of(branch: type[BaseModel], key: str) -> str:
    """The discriminator's value that means this branch."""
    return str(get_args(branch.model_fields[key].annotation)[0])


def default_tag(field: FieldInfo, key: str) -> str | None:
    """The discriminator's value of a choice that nobody made."""
    return getattr(field.default, key, None)


def branch_for(field: FieldInfo, values: Mapping[str, Any]) -> type[BaseModel] | None:
    """The branch that `values` means, its default where it names none; None when it names one that does not exist."""
    choices = branches(field)
    key = discriminator(field)
    if key is None or len(choices) == 1:
        return choices[0] if choices else None
    wanted = values.get(key, default_tag(field, key))
    return next((branch for branch in choices if tag_of(branch, key) == wanted), None)


def tags(field: FieldInfo, key: str) -> tuple[str, ...]:
    """Every value that the discriminator of a choice can have."""
    return tuple(tag_of(branch, key) for branch in branches(field))
