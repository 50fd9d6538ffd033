"""Layers of configuration, and one line for each mistake."""

from pathlib import Path

import pytest

from tasks.config.generators import CogVideoXVideo
from tasks.config.load import DEFAULT_PROFILE, load_config, parse_assignments, profile_names
from tasks.config.stages import GraspxlPose, PhysicsPose
from tasks.errors import ConfigError


def test_layers_lie_over_each_other(tmp_path: Path) -> None:
    """Catches a layer that is ignored or laid in the wrong order."""
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 5\nappearance: {steps: 7, candidates: 9}\n")
    config = load_config("demo", file, ["appearance.candidates=11"])
    assert (config.seed, config.appearance.steps, config.appearance.candidates) == (5, 7, 11)
    assert config.profile == "demo"


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_loads(name: str) -> None:
    """Catches a profile with a misspelt or missing key."""
    assert load_config(name).profile == name


def test_there_are_the_profiles_of_the_design() -> None:
    """Catches a profile that was lost."""
    assert {"demo", "paper", "fast"} <= set(profile_names())
    assert DEFAULT_PROFILE in profile_names()


def test_another_choice_drops_the_old_ones_keys() -> None:
    """Catches keys of the simulation that make `--set pose.source=graspxl` fail."""
    config = load_config(assignments=["pose.source=graspxl", "pose.path=recordings"])
    assert config.pose == GraspxlPose(path=Path("recordings"))
    assert load_config(assignments=["pose.trajectories=5"]).pose == PhysicsPose(trajectories=5)


def test_a_choice_within_the_same_branch_keeps_its_keys() -> None:
    """Catches a profile's numbers lost because a user names the choice that was made already."""
    config = load_config("paper", assignments=["video.model=cogvideox", "video.steps=9"])
    assert isinstance(config.video, CogVideoXVideo) and config.video.clips_per_trajectory is None
    demo = load_config("demo", assignments=["appearance.model=demo"])
    assert demo.appearance == load_config("demo").appearance


def test_an_optional_part_can_be_given_and_taken_away() -> None:
    """Catches a cut over clips that cannot be switched on or off."""
    on = load_config("demo", assignments=["select.clips.drop_fraction=0.5"])
    assert on.select.clips is not None and on.select.clips.drop_fraction == 0.5
    assert load_config("paper", assignments=["select.clips=null"]).select.clips is None


def test_values_are_yaml() -> None:
    """Catches numbers that stay text, and text that turns into something else."""
    assert parse_assignments(["a.b=3", "a.c=[x, y]", "d=null", "e=1e-3", 'f="7"', "g=a=b"]) == {
        "a": {"b": 3, "c": ["x", "y"]},
        "d": None,
        "e": "1e-3",
        "f": "7",
        "g": "a=b",
    }


WRONG = [
    (["pose.trajectorys=3"], "pose.trajectorys: no such key; did you mean trajectories?"),
    (["posee.source=physics"], "posee: no such key; did you mean pose?"),
    (["qqq=1"], "qqq: no such key; known here: profile, seed"),
    (["pose.trajectories=-3"], "pose.trajectories: must be at least 1, got -3"),
    (["pose.trajectories=many"], "pose.trajectories: must be a whole number, got 'many'"),
    (["pose.trajectories=2.5"], "pose.trajectories: must be a whole number, got 2.5"),
    (["pose.source=oakink"], "pose.source: must be one of physics, graspxl, dexycb, oakink2, dgrasp, got 'oakink'"),
    (["pose=3"], "pose: must hold keys of its own (source, trajectories"),
    (["pose.source=graspxl"], "pose.path: must be given; it has no default"),
    (["pose.objects=mug"], "pose.objects: must hold keys of its own (kind, names"),
    (["pose.objects.names=mug"], "pose.objects.names: must be a list, such as [a, b], got 'mug'"),
    (["pose.objects.names=[]"], "pose.objects.names: must not be empty"),
    (["pose.objects.kind=meshes", "pose.objects.path=x", "pose.objects.up=z"], "pose.objects.units: must be given"),
    (["pose.objects.kind=meshes", "pose.objects.path=x", "pose.objects.units=m"], "pose.objects.up: must be given"),
    (["pose.gate.slip_mm_at_most=-1"], "pose.gate.slip_mm_at_most: must be at least 0"),
    (["frames=48"], "frames: must be four times a whole number, plus one"),
    (["fps=.nan"], "fps: must be a finite number"),
    (["fps=0"], "fps: must be more than 0"),
    (["image.width=100"], "image.width: must be a multiple of 16, got 100"),
    (["select.candidates.drop_fraction=1.0"], "select.candidates.drop_fraction: must be less than 1"),
    (["video.strengths.depth=9"], "video.strengths.depth: must be at most 2"),
    (["video.strengths.normals=1"], "video.strengths.normals: no such key; did you mean normal?"),
    (["execution.executor=dask"], "execution.executor: must be ray or inline, got 'dask'"),
    (["execution.stages.video.gpus=-1"], "execution.stages.video.gpus: must be at least 0"),
    (["seed"], "--set seed: write it as key=value"),
    (["=3"], "--set =3: write it as key=value"),
    (["seed=[1"], "seed: '[1' is not a YAML value"),
    (["pose=1", "pose.source=physics"], "pose was set to 1 before"),
    (["hand.mano_dir=[1]"], "hand.mano_dir: must be text"),
]


@pytest.mark.parametrize(("assignments", "line"), WRONG, ids=[line for _, line in WRONG])
def test_a_mistake_is_one_line_that_names_the_key(assignments: list[str], line: str) -> None:
    """Catches a dump of pydantic's, a wrong key name (the branch's tag in the path), and advice that is missing."""
    with pytest.raises(ConfigError) as caught:
        load_config(assignments=assignments)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- a\n", "holds a list; it must hold key: value lines"),
        ("a: [1\nb: 2", "is not YAML in line"),
        ("a: !!python/object/apply:os.getcwd []", "is not YAML"),
        (b"\xff\xfe\x00", "cannot read"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    """Catches a traceback, and code run from a configuration file."""
    file = tmp_path / "bad.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(file=file)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_missing_files_and_profiles_are_named(tmp_path: Path) -> None:
    """Catches a silent fall-back to the defaults."""
    with pytest.raises(ConfigError, match=r"--config: no such file: .*gone\.yaml"):
        load_config(file=tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="--profile dmo: no such profile; did you mean demo"):
        load_config("dmo")
