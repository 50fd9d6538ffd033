"""Whether tests notice a convention that is taken the wrong way round, one after the other.

    python benchmarks/swapped_conventions.py

Each line of `SWAPS` is an edit of one module, made in this process's memory alone; the test that guards the convention
must then fail, and pass again once the edit is taken back.
"""

import contextlib
import importlib
import inspect
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
TESTS = "tests/pam_models"


@dataclass(frozen=True)
class Swap:
    """What is exchanged: `old` stands once in the module's text; `guard` is the test that must notice."""

    convention: str
    module: str
    old: str
    new: str
    guard: str


_HAND, _SOURCES = "pam_models.hand", "pam_models.pose.sources"
SWAPS = (
    Swap(
        "flat hand or mean hand, GraspXL", f"{_SOURCES}.graspxl",
        "mean_relative_to_flat(fingers, hand.hands_mean)", "fingers",
        "pose/sources/test_graspxl.py::test_pose_is_mean_relative",
    ),
    Swap(
        "flat hand or mean hand, DexYCB", f"{_HAND}.conventions",
        "[: given.shape[-1]] + hands_mean)", "[: given.shape[-1]])",
        "pose/sources/test_dexycb.py::test_hand_and_objects_come_back_in_the_tables_frame",
    ),
    Swap(
        "flat hand or mean hand and back", f"{_HAND}.conventions",
        "np.asarray(pose) + hands_mean", "np.asarray(pose) - hands_mean",
        "hand/test_conventions.py::test_mean_relative_and_pca_round_trips",
    ),
    Swap(
        "translation or wrist", f"{_HAND}.conventions",
        "np.asarray(transl) + wrist_rest", "np.asarray(transl)",
        "hand/test_conventions.py::test_wrist_and_translation_round_trip_and_match_skinning",
    ),
    Swap(
        "translation or wrist, GraspXL", f"{_SOURCES}.graspxl",
        "wrist = transl_to_wrist(transl, RECORDED_WRIST_OFFSET_M)", "wrist = transl",
        "pose/sources/test_graspxl.py::test_wrist_is_transl_plus_mano_j0",
    ),
    Swap(
        "a hand turns about its wrist", f"{_HAND}.conventions",
        "wrist_to_transl(wrist @ turn.T + shift, np.asarray(wrist_rest, np.float64))",
        "np.asarray(transl @ turn.T + shift)",
        "hand/test_conventions.py::test_moved_pose_gives_moved_vertices_and_back",
    ),
    Swap(
        "order of joints", f"{_HAND}.conventions",
        "[0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]",
        "[0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 7, 8, 9, 19, 10, 11, 12, 20]",
        "hand/test_conventions.py::test_permutations_carry_names_to_names",
    ),
    Swap(
        "ring and pinky, D-Grasp", f"{_HAND}.conventions",
        "np.array([0, 1, 3, 2, 4])", "np.array([0, 1, 2, 3, 4])",
        "hand/test_conventions.py::test_swapping_ring_and_pinky_is_its_own_inverse",
    ),
    Swap(
        "the left hand's shape", f"{_HAND}.mano_file",
        "mended[:, 0] *= -1", "mended[:, 0] *= 1",
        "hand/test_mano_file.py::test_left_shape_directions_are_mended_unless_asked_not_to",
    ),
    Swap(
        "quaternions wxyz", f"{_HAND}.rotations",
        "[..., [1, 2, 3, 0]]", "[..., [3, 0, 1, 2]]",
        "hand/test_rotations.py::test_quaternions_are_scipys_up_to_sign",
    ),
    Swap(
        "quaternions xyzw, DexYCB", f"{_SOURCES}.dexycb",
        "transforms_of_xyzw(pose)", "transforms_of_xyzw(pose[:, [1, 2, 3, 0, 4, 5, 6]])",
        "pose/sources/test_dexycb.py::test_hand_and_objects_come_back_in_the_tables_frame",
    ),
    Swap(
        "quaternions wxyz, OakInk2", f"{_SOURCES}.oakink2",
        "quat_wxyz_to_axis_angle(track.quaternions_wxyz)",
        "quat_wxyz_to_axis_angle(track.quaternions_wxyz[..., [3, 0, 1, 2]])",
        "pose/sources/test_oakink2.py::test_both_hands_come_back",
    ),
    Swap(
        "camera to world, DexYCB", f"{_SOURCES}.dexycb",
        "return extrinsics[serial]", "return np.linalg.inv(extrinsics[serial])",
        "pose/sources/test_dexycb.py::test_every_camera_sees_what_it_saw",
    ),
    Swap(
        "world to camera, OakInk2", f"{_SOURCES}.oakink2",
        "np.linalg.inv(self._annotation.world_to_camera(self._camera, self.ids))",
        "self._annotation.world_to_camera(self._camera, self.ids)",
        "pose/sources/test_oakink2.py::test_every_camera_sees_what_it_saw_in_every_frame",
    ),
    Swap(
        "100 Hz, GraspXL", f"{_SOURCES}.graspxl", "SOURCE_FPS = 100.0", "SOURCE_FPS = 30.0",
        "pose/sources/test_graspxl.py::test_window_is_every_third_frame_of_the_end",
    ),
    Swap(
        "30 Hz, DexYCB", f"{_SOURCES}.dexycb_layout", "SOURCE_FPS = 30.0", "SOURCE_FPS = 100.0",
        "pose/sources/test_dexycb.py::test_hand_and_objects_come_back_in_the_tables_frame",
    ),
    Swap(
        "120 Hz, OakInk2", f"{_SOURCES}.oakink2_files", "MOCAP_FPS = 120.0", "MOCAP_FPS = 30.0",
        "pose/sources/test_oakink2.py::test_frames_are_consecutive_pictures_on_the_motion_captures_clock",
    ),
    Swap(
        "depth in millimetres, DexYCB", f"{_SOURCES}.dexycb_files", "np.float32) / 1000.0", "np.float32)",
        "pose/sources/test_dexycb_files.py::test_depth_is_millimetres",
    ),
    Swap(
        "order of the wrist's Euler angles, D-Grasp", f"{_SOURCES}.dgrasp_labels",
        'from_euler("XYZ", qpos[3:6])', 'from_euler("xyz", qpos[3:6])',
        "pose/sources/test_dgrasp_labels.py::test_a_label_comes_back_in_canonical_terms",
    ),
    Swap(
        "fingertips of the libraries", f"{_HAND}.mano_file",
        '"left": (745, 317, 445, 556, 673)', '"left": (745, 317, 444, 556, 673)',
        "hand/test_mano_file.py::test_tip_sets_differ_and_are_named",
    ),
    Swap(
        "millimetres or metres, meshes", "pam_models.pose.meshes.placing", '"mm": 0.001', '"mm": 1.0',
        "pose/meshes/test_placing.py::test_units_are_applied_and_the_box_is_centred",
    ),
)  # fmt: skip


def main() -> int:
    """Run everything; 1 when a swapped convention is not noticed."""
    began, missed = time.perf_counter(), 0
    for swap in SWAPS:
        fails_swapped = _fails(swap)
        passes = not _guard_fails(swap.guard)
        missed += not (fails_swapped and passes)
        said = "noticed" if fails_swapped and passes else "NOT NOTICED" if passes else "ITS TEST FAILS ANYWAY"
        print(f"{swap.convention:<44}{said:<22}{swap.guard}")
    print(f"{len(SWAPS) - missed} of {len(SWAPS)} swapped conventions noticed in {time.perf_counter() - began:.0f} s")
    return 1 if missed else 0


def _fails(swap: Swap) -> bool:
    module = importlib.import_module(swap.module)
    text = inspect.getsource(module)
    if text.count(swap.old) != 1:
        raise SystemExit(f"{swap.module} has {swap.old!r} {text.count(swap.old)} times; `SWAPS` must follow the code")
    with _swapped(module, text, text.replace(swap.old, swap.new)):
        return _guard_fails(swap.guard)


@contextlib.contextmanager
def _swapped(module: ModuleType, text: str, other: str) -> Iterator[None]:
    """Give the module another text for a while, also where its names were imported."""
    _run(module, other)
    try:
        yield
    finally:
        _run(module, text)


def _run(module: ModuleType, text: str) -> None:
    before = dict(vars(module))
    exec(compile(text, str(module.__file__), "exec"), vars(module))
    for other in [one for name, one in sys.modules.items() if name.startswith("pam_models")]:
        for name, value in list(vars(other).items()):
            if name in before and value is before[name] and not name.startswith("__"):
                setattr(other, name, vars(module)[name])


def _guard_fails(guard: str) -> bool:
    """Whether a test fails; one that cannot be run at all ends everything."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "tests"]:
        del sys.modules[name]
    # pytest warns of what is already imported, and warnings are errors here.
    options = ["-q", "-x", "-W", "ignore", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*options, f"{ROOT}/{TESTS}/{guard}"])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"{guard} does not run: {said.getvalue().strip().splitlines()[-1]}")
    return code == pytest.ExitCode.TESTS_FAILED


if __name__ == "__main__":
    sys.exit(main())
