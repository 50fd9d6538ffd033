"""A build: one configuration in one store, its id, its keys, and what is committed so far."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from tasks.config.load import validate
from tasks.config.model import GenerateConfig
from tasks.config.output import build_id_of, output_subset
from tasks.errors import ConfigError, StoreError
from tasks.ids import canonical_json, item_prefix
from tasks.steps import Step
from tasks.store import Store
from tasks.tables.lineage import Lineage


class Build:
    """Where a build lies and what it was told. Nothing is remembered that the store does not say; copies may be sent
    to workers.
    """

    def __init__(self, store: Store, build_id: str, config: GenerateConfig, subset: Mapping[str, Any]) -> None:
        self.store = store
        self.build_id = build_id
        self.config = config
        self.subset = subset
        self._prefixes: dict[str, str] = {}

    def key(self, *names: str) -> str:
        """A key inside the build, relative to the store."""
        return "/".join(("builds", self.build_id, *names))

    def part_key(self, step: str, shard_id: str) -> str:
        """Key of a shard's part."""
        return self.key("manifests", step, f"{shard_id}.parquet")

    def timings_key(self, step: str, shard_id: str) -> str:
        """Key of a shard's timings, which differ from run to run and therefore stand outside its part."""
        return self.key("timings", step, f"{shard_id}.json")

    def committed(self, step: str) -> dict[str, int]:
        """Keys of the step's committed parts with their sizes, asked of the store."""
        return {
            key: size for key, size in self.store.keys(self.key("manifests", step)).items() if key.endswith(".parquet")
        }

    def retry_rounds(self) -> tuple[Mapping[str, Mapping[str, Sequence[str]]], ...]:
        """What each round of retries marked, in order: step -> shard -> items of it that shall be tried again."""
        return tuple(json.loads(self.store.read(key)) for key in self.store.keys(self.key("retries")))

    def item_prefix(self, step: Step) -> str:
        """`ids.item_prefix` of a step of this build, spelled once."""
        if step.name not in self._prefixes:
            self._prefixes[step.name] = item_prefix(step.name, step.version, step.subset(self.subset))
        return self._prefixes[step.name]

    def lineage(
        self,
        step: str,
        version: int,
        *,
        models: Mapping[str, str] | None = None,
        input_parts: Mapping[str, str] | None = None,
        retries: Mapping[str, int] | None = None,
        place: tuple[int, int, int] = (0, 0, 0),
    ) -> Lineage:
        """The lineage of a part of this build; keys of input parts lose the build's own folder.

        `place` is the part's block and the range of its items.
        """
        start = self.key("")
        inputs = {key.removeprefix(start): digest for key, digest in (input_parts or {}).items()}
        return Lineage(step, version, self.subset, self.config.seed, models or {}, inputs, retries or {}, *place)


def _first_difference(before: object, now: object, place: str = "") -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(set(before) | set(now)):
            if before.get(key) != now.get(key):
                return _first_difference(before.get(key), now.get(key), f"{place}.{key}" if place else str(key))
    return f"{place} was {before!r} and is now {now!r}"


def open_build(config: GenerateConfig, store: Store, name: str | None = None) -> Build:
    """The build of a configuration, begun or taken up again.

    Raises ConfigError when a build of that name was made with another configuration.
    """
    subset = output_subset(config)
    build = Build(store, build_id_of(subset, name), config, subset)
    text = canonical_json(subset).encode()
    if not store.commit_part(build.key("output.json"), text):
        before = store.read(build.key("output.json"))
        if before != text:
            difference = _first_difference(json.loads(before), json.loads(text))
            raise ConfigError(
                f"--build {build.build_id}: exists with another configuration ({difference}); choose another name"
            )
    plain = config.model_dump(mode="json")
    store.commit_part(build.key("config.yaml"), yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode())
    return build


def load_build(store: Store, build_id: str) -> Build:
    """A build that is in the store. Raises ConfigError when there is none of that id."""
    key = f"builds/{build_id}/config.yaml"
    try:
        config, subset = store.find(key), store.find(f"builds/{build_id}/output.json")
    except StoreError as error:
        if "is no key" in str(error):
            raise ConfigError(
                f"{build_id}: is no build id; use the name or hash that `pam generate` printed"
            ) from error
        raise
    if config is None or subset is None:
        raise ConfigError(f"{build_id}: no such build in {store.uri}; known: {', '.join(build_ids(store)) or 'none'}")
    try:
        resolved, plain = yaml.safe_load(config), json.loads(subset)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{build_id}: config.yaml or output.json was altered: {reason}") from error
    return Build(store, build_id, validate(resolved), plain)


def build_ids(store: Store) -> tuple[str, ...]:
    """Ids of the builds in a store."""
    return tuple(sorted({key.split("/")[1] for key in store.keys("builds") if key.endswith("/config.yaml")}))
