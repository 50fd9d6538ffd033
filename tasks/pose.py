"""Stage I: one trajectory per request, with everything that is known exactly about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial

from pam_models.pose.source import BadInput, PoseRequest, PoseSource, TrajectoryRejected
from pam_models.pose.trajectory import Trajectory
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.config.stages import DexycbPose, DgraspPose, GraspxlPose, Oakink2Pose, PhysicsPose, RecordedPose
from tasks.hands import resolve_hand, sides_of
from tasks.ids import derive_seed
from tasks.items import make_item
from tasks.media import encode_video
from tasks.rendering import maps_of, shaded_frames
from tasks.scene import Scene, pack_maps, pack_mesh
from tasks.simulated_motion import dgrasp_source, physics_source
from tasks.stage import Item, Row, StageFactory
from tasks.steps import Step
from tasks.store import Store
from tasks.trajectory_row import scene_of_trajectory, trajectory_columns


def source_of(config: GenerateConfig) -> PoseSource:
    """The source of motion that the configuration names. The others' libraries (torch among them) are not loaded."""
    pose = config.pose
    if isinstance(pose, GraspxlPose):
        from pam_models.pose.sources.graspxl import GraspxlSource

        return GraspxlSource(pose.path, config.fps, pose.gate.gate())
    if isinstance(pose, DexycbPose):
        from pam_models.pose.sources.dexycb import DexycbSource

        return DexycbSource(pose.path, pose.setup, pose.split, config.fps, gate=pose.gate.gate())
    if isinstance(pose, Oakink2Pose):
        from pam_models.pose.sources.oakink2 import Oakink2Source

        return Oakink2Source(
            path=pose.path,
            hands=partial(resolve_hand, config),
            side=pose.side,
            cameras=pose.cameras,
            clips_per_recording=pose.clips_per_recording,
            up_axis=pose.up_axis,
            fps=config.fps,
            gate=pose.gate.gate(),
        )
    if isinstance(pose, DgraspPose):
        return dgrasp_source(pose)
    return physics_source(pose)


def without_folder(message: str, config: GenerateConfig) -> str:
    """A message about an input file, with the file named relative to the folder of recordings."""
    if not isinstance(config.pose, RecordedPose | DgraspPose):
        return message
    for folder in (config.pose.path.resolve(), config.pose.path):
        message = message.replace(f"{folder}/", "")
    return message


def items(build: Build, step: Step, first: int = 0, last: int | None = None) -> Iterator[Item]:
    """One item for each trajectory that the build asks for, or from number `first` up to `last` (excluded)."""
    config = build.config
    seed = derive_seed(config.seed, "build", step.name)
    # A source's first requests are the same ones however many are asked for.
    for request in source_of(config).requests(last or config.pose.trajectories, seed)[first:]:
        fields = {"request_key": request.key, "request_seed": request.seed, "request_side": request.side}
        yield make_item(build, step, "", request.key, fields=fields)


def count(build: Build) -> int:
    """How many trajectories the build asks for: recordings are counted, simulations have no end."""
    config = build.config
    if isinstance(config.pose, PhysicsPose):
        return config.pose.trajectories
    return len(source_of(config).requests(config.pose.trajectories, derive_seed(config.seed, "build", "pose")))


def stage(build: Build, step: Step) -> StageFactory:
    """How a worker makes this step's stage."""
    return partial(PoseStage, build.config, build.store)


def models(build: Build, step: Step) -> dict[str, str]:
    """The hands that trajectories are skinned with."""
    hands = [resolve_hand(build.config, side) for side in sides_of(build.config)]
    return {f"hand-{hand.name}-{hand.side}": hand.sha256() for hand in hands}


class PoseStage:
    """Makes trajectories, renders their condition maps and a preview."""

    name = "pose"

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Read the hands once per worker."""
        self._hands = {side: resolve_hand(self._config, side) for side in sides_of(self._config)}
        self._source = source_of(self._config)

    def infer(self, items: list[Item]) -> list[Row]:
        """One row per request."""
        return [self._row(item) for item in items]

    def close(self) -> None:
        """Nothing to give back."""

    def _row(self, item: Item) -> Row:
        config = self._config
        request = PoseRequest(item.key, item.fields["request_seed"], item.fields.get("request_side", "right"))
        hand = self._hands[request.side]
        try:
            trajectory = self._stretched(
                self._source.trajectory(
                    request,
                    hand,
                    config.frames,
                    config.image.camera_width or config.image.width,
                    config.image.height,
                )
            )
        except BadInput as error:
            # The row must not depend on where the recordings lie on this machine.
            raise BadInput(without_folder(str(error), config)) from error
        except TrajectoryRejected as rejection:
            reason = {"error_type": "TrajectoryRejected", "error_message": str(rejection)}
            measured = {} if rejection.quality is None else asdict(rejection.quality)
            return {"request_key": item.key, "status": "filtered", **reason, **measured}
        scene = scene_of_trajectory(trajectory, hand)
        return {**trajectory_columns(trajectory, request.key, scene), **self._media(scene, trajectory.fps, item.seed)}

    def _stretched(self, trajectory: Trajectory) -> Trajectory:
        """The camera on the clips' own grid: where its picture is stretched to theirs, so is K."""
        image = self._config.image
        return replace(trajectory, camera=trajectory.camera.resized(image.width, image.height))

    def _media(self, scene: Scene, fps: float, seed: int) -> Row:
        store = self._store
        mesh = pack_mesh(scene.object_vertices_m, scene.object_faces, scene.second, scene.others)
        preview = encode_video(shaded_frames(scene, seed), fps)
        return {
            **store.put_media(pack_maps(maps_of(scene)), "npz").columns("maps"),
            **store.put_media(mesh, "npz").columns("object_mesh"),
            **store.put_media(preview, "mp4").columns("preview"),
        }
