"""What clips are compared with: the renderer's of the same trajectories, another build's, or files in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tasks.config.output import content_fingerprint
from tasks.errors import ConfigError
from tasks.evaluation.clips import ClipRef, kept_clips
from tasks.evaluation.media import BadMedium, stored_medium
from tasks.ids import canonical_json, sha256_hex
from tasks.report.reading import NotPublishedError, PublishedBuild
from tasks.stage import Row
from tasks.store import Store


@dataclass(frozen=True)
class Medium:
    """The bytes of a reference clip and their SHA-256."""

    data: bytes
    sha256: str


class Reference(Protocol):
    """A clip to compare with for each clip of a build."""

    @property
    def label(self) -> str:
        """What it is, for people."""
        ...

    @property
    def knows_tracks(self) -> bool:
        """Whether its points move exactly as the simulator says."""
        ...

    def identity(self) -> str:
        """A hash of what it holds."""
        ...

    def medium(self, clip: ClipRef, trajectory: Row) -> Medium:
        """The reference of a clip. Raises BadMedium when there is none."""
        ...

    def unmatched(self, clips: Iterable[ClipRef]) -> list[str]:
        """Names of references that belong to none of these clips."""
        ...


class RendererReference:
    """The renderer's own clips of the same trajectories: the truth that every build brings along."""

    label = "the renderer's clips of the same trajectories"
    knows_tracks = True

    def __init__(self, published: PublishedBuild) -> None:
        self._store = published.store

    def identity(self) -> str:
        """The build's own parts are hashed with the clips."""
        return "renderer"

    def medium(self, clip: ClipRef, trajectory: Row) -> Medium:
        """The trajectory's preview. Raises BadMedium when it is missing or altered."""
        digest = trajectory["preview_sha256"]
        return Medium(stored_medium(self._store, trajectory["preview_uri"], digest, "the renderer's clip"), digest)

    def unmatched(self, clips: Iterable[ClipRef]) -> list[str]:
        """Every trajectory's preview belongs to it."""
        return []


class BuildReference:
    """Another build's clips: the one with the same first frame, or else the only one of the same trajectory."""

    knows_tracks = False

    def __init__(self, other: PublishedBuild) -> None:
        """Raises ConfigError for a build without clips."""
        self._other = other
        self.label = f"build {other.build.build_id}"
        self._by_candidate: dict[str, ClipRef] = {}
        self._by_trajectory: dict[str, list[ClipRef]] = {}
        for clip in kept_clips(other):
            self._by_candidate[clip.candidate_id] = clip
            self._by_trajectory.setdefault(clip.trajectory_id, []).append(clip)
        if not self._by_candidate:
            raise ConfigError(f"--reference {other.build.build_id}: has no clip to compare with")

    def identity(self) -> str:
        """A hash of its clips."""
        return sha256_hex(canonical_json(sorted([c.candidate_id, c.sha256] for c in self._by_candidate.values())))

    def medium(self, clip: ClipRef, trajectory: Row) -> Medium:
        """The matching clip. Raises BadMedium when there is none, or more than one that could be meant."""
        found = self._by_candidate.get(clip.candidate_id)
        if found is None:
            same = self._by_trajectory.get(clip.trajectory_id, [])
            if len(same) != 1:
                raise BadMedium(
                    f"{self.label} has {len(same)} clips of trajectory {clip.trajectory_id} and none of candidate "
                    f"{clip.candidate_id}; one of either is wanted"
                )
            found = same[0]
        data = stored_medium(self._other.store, found.uri, found.sha256, f"the clip of {self.label}")
        return Medium(data, found.sha256)

    def unmatched(self, clips: Iterable[ClipRef]) -> list[str]:
        """Clips of the other build whose trajectory has no clip here."""
        here = {clip.trajectory_id for clip in clips}
        return sorted(c.clip_id for c in self._by_candidate.values() if c.trajectory_id not in here)


class FolderReference:
    """Files named by clip or trajectory: `<clip id>.mp4` or `<trajectory id>.mp4`."""

    knows_tracks = False

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError for a folder without mp4 files."""
        self._folder = folder
        self.label = f"folder {folder.name}"
        self._names = {path.stem for path in folder.glob("*.mp4")}
        if not self._names:
            raise ConfigError(f"--reference {folder}: holds no .mp4 file; name them by clip id or trajectory id")

    def identity(self) -> str:
        """A hash of the files' names and contents."""
        return content_fingerprint(self._folder)

    def medium(self, clip: ClipRef, trajectory: Row) -> Medium:
        """The file of the clip, or else of its trajectory. Raises BadMedium when there is neither."""
        for name in (clip.clip_id, clip.trajectory_id):
            if name in self._names:
                data = (self._folder / f"{name}.mp4").read_bytes()
                return Medium(data, sha256_hex(data))
        raise BadMedium(f"{self.label} has neither {clip.clip_id}.mp4 nor {clip.trajectory_id}.mp4")

    def unmatched(self, clips: Iterable[ClipRef]) -> list[str]:
        """Files that are named by no clip and no trajectory of the build."""
        wanted = {name for clip in clips for name in (clip.clip_id, clip.trajectory_id)}
        return sorted(f"{name}.mp4" for name in self._names - wanted)


def open_reference(published: PublishedBuild, given: str | None) -> Reference:
    """The reference that a person named: nothing (the renderer), a folder, or a build of the same store.

    Raises ConfigError in one line for anything else.
    """
    if given is None:
        return RendererReference(published)
    if Path(given).is_dir():
        return FolderReference(Path(given))
    return BuildReference(_other_build(published.store, given))


def _other_build(store: Store, given: str) -> PublishedBuild:
    try:
        return PublishedBuild(store, given)
    except (ConfigError, NotPublishedError) as error:
        raise ConfigError(f"--reference {given}: is no folder and no published build ({error})") from error
