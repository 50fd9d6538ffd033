"""A made-up build that resembles the demo's: two trajectories, thirty candidates each, drawn hands, no model."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from tasks.build import Build
from tasks.report.data import Candidate, Clip, Failure, Quality, ReportData, Scores, StageTime, StepCount, Trajectory
from tasks.store import Store
from tests.tasks.report.published import publish

T, H, W = 49, 96, 144
PHASES = ("reach",) * 14 + ("preshape",) * 6 + ("close",) * 8 + ("lift",) * 12 + ("hold",) * 9
SKINS = [(224, 188, 160), (186, 138, 108), (126, 84, 62), (240, 208, 186)]


def joints_of(seed: int) -> np.ndarray:
    """(T, 21, 2) px: a hand that comes from the right, closes its fingers, and rises."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0.0, 1.0, T)
    wrist = np.stack(
        [
            118 - 34 * np.minimum(time * 2.2, 1),
            40 + 22 * np.minimum(time * 2.2, 1) - 26 * np.clip(time * 2 - 1.1, 0, 1),
        ],
        -1,
    )
    joints = np.zeros((T, 21, 2))
    joints[:, 0] = wrist
    for finger in range(5):
        for link in range(4):
            angle = (
                np.pi + (finger - 2) * 0.22 + 0.9 * np.clip((time - 0.3) * 3, 0, 1) * link * 0.22 + rng.normal(0, 0.01)
            )
            reach = 13 + 7.5 * link * (0.75 if finger == 0 else 1.0)
            joints[:, 1 + finger * 4 + link] = wrist + reach * np.stack(
                [np.cos(angle), -np.sin(angle) * (1 if finger else -1)], -1
            )
    return joints.astype(np.float32)


def picture(joints: np.ndarray, seed: int, colour: tuple[int, int, int], noise: float) -> np.ndarray:
    """One frame of a drawn hand at an object over a table."""
    rng = np.random.default_rng(seed)
    image = np.linspace((214, 210, 202), (168, 160, 150), H)[:, None].repeat(W, 1).astype(np.uint8)
    cv2.rectangle(image, (0, 66), (W, H), (150 + seed % 40, 118, 88), -1)
    rise = int(max(0, 62 - joints[0, 1]))
    cv2.ellipse(image, (56, 84), (20, 5), 0, 0, 360, (110, 84, 62), -1, cv2.LINE_AA)
    cv2.rectangle(image, (42, 46 - rise), (68, 84 - rise), colour, -1)
    cv2.ellipse(image, (55, 46 - rise), (13, 4), 0, 0, 360, tuple(int(c * 0.8) for c in colour), -1, cv2.LINE_AA)
    skin = SKINS[seed % 4]
    points = np.rint(joints).astype(int)
    for joint in range(1, 21):
        start = points[0 if joint % 4 == 1 else joint - 1]
        cv2.line(image, tuple(map(int, start)), tuple(map(int, points[joint])), skin, 7, cv2.LINE_AA)
    cv2.line(image, tuple(map(int, points[0])), (W + 20, int(points[0, 1]) + 10), skin, 15, cv2.LINE_AA)
    return np.clip(image + rng.normal(0, noise, image.shape), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class DrawnMedia:
    """Addresses are `kind/trajectory/seed`; an address with `missing` in it does not exist."""

    joints: tuple[np.ndarray, ...]

    def _at(self, uri: str) -> tuple[np.ndarray, int, tuple[int, int, int]]:
        if "missing" in uri:
            raise FileNotFoundError(f"no object at {uri}")
        _, trajectory, seed = uri.split("/")
        return self.joints[int(trajectory)], int(seed), ((178, 58, 52), (60, 104, 168))[int(trajectory) % 2]

    def image(self, uri: str) -> np.ndarray:
        joints, seed, colour = self._at(uri)
        return picture(joints[0], seed, colour, 3.0 + seed % 7)

    def video(self, uri: str) -> np.ndarray:
        joints, seed, colour = self._at(uri)
        return np.stack([picture(frame, seed, colour, 4.0 if uri.startswith("clip") else 0.0) for frame in joints])

    def conditions(self, trajectory: Trajectory) -> Mapping[str, np.ndarray]:
        shaded = self.video(trajectory.preview_uri)
        grey = shaded.mean(-1).astype(np.uint8)
        depth = np.stack([cv2.applyColorMap(frame, cv2.COLORMAP_INFERNO)[..., ::-1] for frame in grey])
        return {"depth": depth, "segmentation": shaded // 64 * 64, "keypoints": np.zeros_like(shaded)}

    def every_condition(self, trajectory: Trajectory) -> Mapping[str, np.ndarray]:
        driving = self.conditions(trajectory)
        return {**driving, **dict.fromkeys(("normal", "mesh", "tracking", "hand_mask"), driving["depth"])}


def make_report(clips_per_trajectory: int = 1, trajectories: int = 2, candidates: int = 30) -> ReportData:
    """A build with known figures: candidate errors from 6 mm upwards, a quarter of them dropped, one failure."""
    rng = np.random.default_rng(7)
    errors = np.sort(rng.gamma(6.0, 2.4, (trajectories, candidates)) + 4.0, axis=1)
    order = np.argsort(errors.ravel())
    kept = np.ones(errors.size, bool)
    kept[order[errors.size - errors.size // 4 :]] = False
    threshold = float(errors.ravel()[order[errors.size - errors.size // 4 - 1]])
    joints = tuple(joints_of(seed) for seed in range(trajectories))
    shown, quality, clip_errors, pairs = [], [], [], []
    for t in range(trajectories):
        quality.append(
            Quality(
                f"{t:02d}a4c1e7d09f3b55",
                ("mug", "bottle")[t % 2],
                "physics",
                "right",
                T,
                True,
                0.112 + 0.01 * t,
                1.8,
                2.4,
                0.31,
                0.92,
                41.0,
                0.83,
                False,
            )
        )
        rank = np.argsort(np.argsort(errors.ravel())).reshape(errors.shape)[t]
        pictures = tuple(
            Candidate(
                f"cand{t}-{i}",
                i,
                f"image/{t}/{i}",
                f"a light hand grasps a {quality[t].object_word} on a table",
                float(errors[t, i]),
                True,
                int(rank[i]),
                bool(kept[t * candidates + i]),
            )
            for i in range(candidates)
        )
        clips = []
        for c in range(clips_per_trajectory):
            per_frame = np.abs(13 + 3 * np.sin(np.arange(T) / 5 + c) + rng.normal(0, 1.2, T)) + errors[t, c] * 0.2
            clip_errors.append(float(per_frame.mean()))
            pairs.append((errors[t, c], per_frame.mean()))
            found = np.ones(T, bool)
            found[[20, 21]] = False
            clips.append(
                Clip(
                    f"clip{t}-{c}",
                    f"cand{t}-{c}",
                    f"clip/{t}/{c}",
                    81234,
                    pictures[c].prompt,
                    15.0,
                    clip_errors[-1],
                    7.9,
                    2.31,
                    9.4,
                    per_frame,
                    found,
                )
            )
        shown.append(
            Trajectory(
                quality[t], 15.0, W, H, PHASES, (), joints[t], f"preview/{t}/0", f"maps/{t}/0", pictures, tuple(clips)
            )
        )
    number = trajectories * candidates
    return ReportData(
        build_id="5d0f3a9be1c27764",
        profile="demo",
        config_yaml="profile: demo\npose:\n  source: physics\n  trajectories: 2\nselect:\n  drop_fraction: 0.25\n",
        counts=(
            StepCount("pose", trajectories, 0, 1),
            StepCount("appearance", number, 0, 0),
            StepCount("score-candidates", number, 0, 0),
            StepCount("select-candidates", int(kept.sum()), int((~kept).sum()), 0),
            StepCount("video", trajectories * clips_per_trajectory, 0, 0),
            StepCount("score-clips", trajectories * clips_per_trajectory, 0, 0),
            StepCount("samples", T * len(clip_errors), 0, 0),
        ),
        candidate_scores=Scores(errors.ravel(), kept, threshold),
        clip_scores=Scores(np.array(clip_errors), np.ones(len(clip_errors), bool)),
        reference_mm=np.full(len(clip_errors), 9.4),
        pairs_mm=np.array(pairs),
        quality=tuple(quality),
        trajectories=tuple(shown),
        failures=(Failure("pose", "ff00aa11bb22", "BadInput", "motion.npz: pose array has 9 columns, wanted 48", 1),),
        failure_groups={("pose", "BadInput"): 1},
        stage_times=(
            StageTime("pose", 1, 2, 14.2),
            StageTime("appearance", 2, 60, 61.0),
            StageTime("video", 1, 2, 88.5, 0.0),
        ),
        num_samples=T * len(clip_errors),
        splits={"train": T * (len(clip_errors) - 1), "test": T},
        num_approximate=0,
        license_tags=("Apache-2.0", "pam-procedural-objects:Apache-2.0"),
        provenance=(("appearance model", "demo/appearance@1"), ("estimator", "compact/demo@1"), ("hand", "free")),
        media=DrawnMedia(joints),
    )


@pytest.fixture(scope="session")
def report() -> ReportData:
    return make_report()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Build]:
    return publish(tmp_path_factory.mktemp("published"))
