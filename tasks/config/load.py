"""Layers of configuration into one: defaults, then the profile, then a file, then single assignments; each error is
one line.
"""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tasks.config.fields import branch_for, branches, default_tag, discriminator, tags
from tasks.config.model import GenerateConfig
from tasks.errors import ConfigError

DEFAULT_PROFILE = "demo"
PROFILES = Path(__file__).parents[2] / "deployments" / "profiles"

Tree = dict[str, Any]


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that ship with the project; recipes for training lie beside them as train-*.yaml."""
    names = sorted(path.stem for path in PROFILES.glob("*.yaml"))
    return tuple(name for name in names if not name.startswith("train-"))


def _suggest(wrong: str, right: Sequence[str]) -> str:
    near = difflib.get_close_matches(wrong, right, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(right)}"


def _read_yaml(path: Path, what: str) -> Tree:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{what}: no such file: {path}; give the path of a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what}: cannot read {path} ({_first_line(error)}); give a readable YAML file") from None
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise ConfigError(f"{what}: {path} is not YAML{where}; write key: value lines") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{what}: {path} holds a {type(tree).__name__}; it must hold key: value lines")
    return tree


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def parse_assignments(assignments: Sequence[str]) -> Tree:
    """`a.b=value` strings as a tree; values are read as YAML. Raises ConfigError for anything else."""
    tree: Tree = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise ConfigError(f"--set {assignment}: write it as key=value, such as --set pose.trajectories=4")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise ConfigError(
                f"{key}: {text!r} is not a YAML value; quote it, such as --set '{key}=\"text\"'"
            ) from None
        node = tree
        for depth, part in enumerate(parts[:-1]):
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise ConfigError(
                    f"--set {assignment}: {'.'.join(parts[: depth + 1])} was set to {child!r} before; set one of them"
                )
            node = child
        node[parts[-1]] = value
    return tree


def merge(model: type[BaseModel], base: Mapping[str, Any], over: Mapping[str, Any]) -> Tree:
    """`over` laid on `base`; where it chooses another branch of a choice, the old branch's keys go."""
    merged: Tree = dict(base)
    for key, value in over.items():
        field = model.model_fields.get(key)
        if field is None or not isinstance(value, Mapping) or not branches(field):
            merged[key] = value
            continue
        before = merged.get(key)
        before = before if isinstance(before, Mapping) else {}
        tag = discriminator(field)
        if tag is not None and tag in value and value[tag] != before.get(tag, default_tag(field, tag)):
            before = {}
        branch = branch_for(field, {**before, **value}) or branches(field)[0]
        merged[key] = merge(branch, before, value)
    return merged


def _check_keys(model: type[BaseModel], values: Mapping[str, Any], where: str) -> None:
    for key, value in values.items():
        place = f"{where}{key}"
        if key not in model.model_fields:
            raise ConfigError(f"{place}: no such key; {_suggest(str(key), tuple(model.model_fields))}")
        field = model.model_fields[key]
        if not branches(field) or value is None:
            continue
        if not isinstance(value, Mapping):
            raise ConfigError(
                f"{place}: must hold keys of its own ({', '.join(branches(field)[0].model_fields)}), got {value!r}"
            )
        branch = branch_for(field, value)
        if branch is None:
            tag = discriminator(field) or ""
            raise ConfigError(f"{place}.{tag}: must be one of {', '.join(tags(field, tag))}, got {value.get(tag)!r}")
        _check_keys(branch, value, f"{place}.")


def _with_tags(model: type[BaseModel], values: Mapping[str, Any]) -> Tree:
    """Names the default branch of every choice that leaves its branch unsaid: pydantic wants it said."""
    named: Tree = dict(values)
    for key, value in values.items():
        field = model.model_fields[key]
        if not isinstance(value, Mapping):
            continue
        branch = branch_for(field, value)
        tag = discriminator(field)
        if branch is not None:
            named[key] = _with_tags(branch, {tag: default_tag(field, tag), **value} if tag else value)
    return named


def _one_line(error: ErrorDetails, values: Mapping[str, Any]) -> str:
    path = []
    model: type[BaseModel] | None = GenerateConfig
    node: Any = values
    for part in error["loc"]:
        # pydantic puts the branch's name into the path of a choice; a person never wrote it
        if isinstance(node, Mapping) and part not in node and model is not None and part not in model.model_fields:
            continue
        path.append(str(part))
        field = model.model_fields.get(str(part)) if model is not None else None
        node = node.get(part) if isinstance(node, Mapping) else None
        model = branch_for(field, node) if field is not None and isinstance(node, Mapping) else None
    return f"{'.'.join(path)}: {_requirement(error)}"


def _requirement(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    got = f", got {error['input']!r}"
    kind = error["type"]
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "more than"),
        "less_than_equal": ("le", "at most"),
        "less_than": ("lt", "less than"),
    }
    if kind in limits:
        bound, words = limits[kind]
        return f"must be {words} {context[bound]}{got}"
    if kind.startswith(("int_", "int")):
        return f"must be a whole number{got}"
    if kind.startswith("float"):
        return f"must be a number{got}"
    if kind.startswith("bool"):
        return f"must be true or false{got}"
    if kind == "literal_error":
        return f"must be {context['expected'].replace(chr(39), '')}{got}"
    if kind == "missing":
        return "must be given; it has no default"
    if kind == "multiple_of":
        return f"must be a multiple of {context['multiple_of']}{got}"
    if kind in ("tuple_type", "list_type"):
        return f"must be a list, such as [a, b]{got}"
    if kind in ("path_type", "string_type"):
        return f"must be text{got}"
    if kind == "finite_number":
        return f"must be a finite number{got}"
    if kind in ("too_short", "string_too_short"):
        return f"must not be empty; leave the key out instead{got}"
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg']}{got}"


def validate(values: Mapping[str, Any]) -> GenerateConfig:
    """A tree of plain values as a configuration. Raises ConfigError: one line, the key and what would be right."""
    _check_keys(GenerateConfig, values, "")
    named = _with_tags(GenerateConfig, values)
    try:
        return GenerateConfig.model_validate(named)
    except ValidationError as error:
        raise ConfigError(_one_line(error.errors()[0], named)) from None


def load_config(
    profile: str = DEFAULT_PROFILE, file: Path | None = None, assignments: Sequence[str] = ()
) -> GenerateConfig:
    """Defaults, then the profile, then `file`, then `assignments` (`a.b=value`). Raises ConfigError in one line."""
    if profile not in profile_names():
        raise ConfigError(f"--profile {profile}: no such profile; {_suggest(profile, profile_names())}")
    tree: Tree = {**_read_yaml(PROFILES / f"{profile}.yaml", "--profile"), "profile": profile}
    if file is not None:
        tree = merge(GenerateConfig, tree, _read_yaml(file, "--config"))
    tree = merge(GenerateConfig, tree, parse_assignments(assignments))
    return validate(tree)
