"""An evaluation of one build: its name, its shards, and the parts that are committed as they are measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tasks import ids
from tasks.build import Build
from tasks.config.output import BUILD_NAME
from tasks.errors import ConfigError
from tasks.evaluation.clips import ClipRef, Trajectories, kept_clips
from tasks.evaluation.measuring import ClipMeasurer
from tasks.evaluation.networks import Networks
from tasks.evaluation.reference import Reference, open_reference
from tasks.evaluation.settings import EvaluationSettings
from tasks.evaluation.table import CLIP_MEASUREMENTS
from tasks.executor.batches import one_line
from tasks.report.reading import PublishedBuild
from tasks.stage import Row
from tasks.store import Store
from tasks.tables.parts import Part, read_part, write_part

STEP, VERSION = "evaluation", 1
FOLDER = "evaluations"


@dataclass(frozen=True)
class ClipShard:
    """The clips of one part."""

    shard_id: str
    clips: tuple[ClipRef, ...]


class Evaluation:
    """A build, a reference and settings, opened: everything that its shards share."""

    def __init__(
        self,
        store: Store,
        build_id: str,
        settings: EvaluationSettings,
        reference: str | None = None,
        name: str | None = None,
    ) -> None:
        """Opens everything and loads the networks.

        Raises ConfigError, NotPublishedError, StoreError or TableError in one line: for an unknown build or reference,
        a build without clips, weights that cannot be used, and a part that is missing or altered.
        """
        self.settings = settings
        self.published = PublishedBuild(store, build_id)
        self.reference: Reference = open_reference(self.published, reference)
        self.clips = tuple(kept_clips(self.published))
        if not self.clips:
            raise ConfigError(f"build {build_id}: has no clip to evaluate")
        self.networks = Networks(settings, self.build.config, store)
        self.ids = self.networks.ids()
        self.identity = self._identity()
        self.name = self._named(name)
        self._trajectories = Trajectories(self.published)
        self._measurer = ClipMeasurer(settings, self.build.config, store, self.networks, self.reference)

    @property
    def build(self) -> Build:
        """The build that is evaluated."""
        return self.published.build

    def key(self, *names: str) -> str:
        """A key inside the evaluation, relative to the store."""
        return self.build.key(FOLDER, self.name, *names)

    def shards(self) -> tuple[ClipShard, ...]:
        """The clips in parts, named by what is measured of them."""
        size = self.settings.shard_clips
        cuts = [self.clips[start : start + size] for start in range(0, len(self.clips), size)]
        return tuple(
            ClipShard(ids.shard_id(STEP, [(self.identity, 0), *((c.clip_id, 0) for c in cut)]), cut) for cut in cuts
        )

    def part_key(self, shard: ClipShard) -> str:
        """Where a shard's rows are committed."""
        return self.key("clips", f"{shard.shard_id}.parquet")

    def measure(self, shard: ClipShard) -> int:
        """Measures a shard, unless that is done, and commits its part. Returns how many clips were measured now."""
        if self.build.store.exists(self.part_key(shard)):
            return 0
        trajectories = self._trajectories.rows([clip.trajectory_id for clip in shard.clips])
        rows = [self._row(clip, trajectories.get(clip.trajectory_id), shard.shard_id) for clip in shard.clips]
        self.networks.flush()
        models = {kind: found for kind, found in self.ids.items() if found is not None}
        lineage = self.build.lineage(STEP, VERSION, models=models)
        self.build.store.commit_part(self.part_key(shard), write_part(CLIP_MEASUREMENTS, rows, lineage))
        return len(rows)

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[Part]:
        """The measured parts, in order. Raises StoreError for one that is not there."""
        for shard in self.shards():
            key = self.part_key(shard)
            yield read_part(self.build.store.read(key), key, columns)

    def _row(self, clip: ClipRef, trajectory: Row | None, shard_id: str) -> Row:
        row: Row = {
            "item_id": ids.item_id(STEP, VERSION, {"identity": self.identity}, clip.clip_id, ""),
            "parent_id": clip.clip_id,
            "shard_id": shard_id,
            "status": "ok",
            "attempts": 1,
            "seed": ids.derive_seed(self.settings.seed, clip.clip_id, STEP),
        }
        try:
            if trajectory is None:
                raise ValueError(f"the build has no trajectory {clip.trajectory_id}")
            return {**row, **self._measurer.measure(clip, trajectory)}
        except (ValueError, KeyError, EOFError) as error:
            known = {"trajectory_id": clip.trajectory_id, "video_sha256": clip.sha256}
            why = {"status": "failed", "error_type": type(error).__name__, "error_message": one_line(error)}
            return {**row, **known, **why}

    def _identity(self) -> str:
        """A hash of everything that the numbers depend on, and of nothing else."""
        plain = self.settings.model_dump(
            mode="json", exclude={"device", "video_weights", "image_weights", "lpips_weights", "tracker"}
        )
        clips = [[clip.clip_id, clip.trajectory_id, clip.sha256] for clip in self.clips]
        poses = [entry.sha256 for entry in self.published.snapshot.steps.get("pose", ())]
        content = [VERSION, plain, self.ids, self.reference.identity(), clips, poses]
        return ids.sha256_hex(ids.canonical_json(content))

    def _named(self, name: str | None) -> str:
        if name is None:
            return self.identity[: ids.SHARD_ID_DIGITS]
        if not BUILD_NAME.fullmatch(name):
            raise ConfigError(
                f"--name {name}: use 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"
            )
        key = self.build.key(FOLDER, name, "settings.json")
        text = json.dumps(self.described(), sort_keys=True, indent=1).encode()
        if not self.build.store.commit_part(key, text) and self.build.store.read(key) != text:
            raise ConfigError(
                f"--name {name}: is another evaluation of build {self.build.build_id}; choose another name"
            )
        return name

    def described(self) -> dict[str, Any]:
        """What was asked for, as plain values, without places on this machine."""
        return {
            "identity": self.identity,
            "reference": self.reference.label,
            "networks": self.ids,
            **self.settings.model_dump(mode="json", include={"metrics", "image_frames", "seed", "shard_clips"}),
        }
