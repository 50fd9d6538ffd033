"""DexYCB's folders, object classes and the splits of its four setups (formats.md section 6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pam_models.pose.source import BadInput

Setup = Literal["s0", "s1", "s2", "s3"]
Split = Literal["train", "val", "test"]

SOURCE_FPS = 30.0
WIDTH, HEIGHT = 640, 480
# Object classes as labels and folder names know them; the number is also the colour in the palette.
YCB_CLASSES: dict[int, str] = {
    1: "002_master_chef_can",
    2: "003_cracker_box",
    3: "004_sugar_box",
    4: "005_tomato_soup_can",
    5: "006_mustard_bottle",
    6: "007_tuna_fish_can",
    7: "008_pudding_box",
    8: "009_gelatin_box",
    9: "010_potted_meat_can",
    10: "011_banana",
    11: "019_pitcher_base",
    12: "021_bleach_cleanser",
    13: "024_bowl",
    14: "025_mug",
    15: "035_power_drill",
    16: "036_wood_block",
    17: "037_scissors",
    18: "040_large_marker",
    19: "051_large_clamp",
    20: "052_extra_large_clamp",
    21: "061_foam_brick",
}
_WORDS = ("can", "box", "bottle", "bowl", "mug", "tool")
_WORD_OF = {12: "bottle", 15: "tool", 16: "box", 17: "tool", 19: "tool", 20: "tool", 21: "box"}
_SUBJECT = re.compile(r"\d{8}-subject-(\d{2})")
_SEQUENCE = re.compile(r"\d{8}_\d{6}")


@dataclass(frozen=True)
class SequenceFolder:
    """One recording: subject 1..10, its place among the subject's recordings by name, and `<subject>/<recording>`."""

    subject: int
    index: int
    name: str


def word_of(ycb_id: int) -> str:
    """How a prompt names an object of this class."""
    name = YCB_CLASSES[ycb_id]
    return _WORD_OF.get(ycb_id) or next((word for word in _WORDS if name.endswith(word)), "object")


def sequences(root: Path) -> list[SequenceFolder]:
    """Every recording below DexYCB's folder, by subject and name.

    Raises BadInput where there is none.
    """
    found = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else ():
        subject = _SUBJECT.fullmatch(folder.name)
        if subject is not None:
            names = sorted(path.name for path in folder.iterdir() if _SEQUENCE.fullmatch(path.name) and path.is_dir())
            found += [SequenceFolder(int(subject[1]), i, f"{folder.name}/{name}") for i, name in enumerate(names)]
    if not found:
        raise BadInput(f"{root}: no recordings; DexYCB keeps them as YYYYMMDD-subject-NN/YYYYMMDD_HHMMSS")
    return found


def in_split(sequence: SequenceFolder, setup: Setup, split: Split) -> bool:
    """Whether a recording belongs to a split; setup s2 holds all of them and divides the cameras."""
    if setup == "s0":
        if split == "train":
            return sequence.index % 5 != 4
        return sequence.index % 5 == 4 and (sequence.subject <= 2) == (split == "val")
    if setup == "s1":
        return sequence.subject in {"train": (1, 2, 3, 4, 5, 6, 10), "val": (7,), "test": (8, 9)}[split]
    if setup == "s3":
        part = {3: "val", 19: "val", 7: "test", 11: "test", 15: "test"}.get(sequence.index // 5, "train")
        return part == split
    return True


def cameras_in_split(serials: list[str], setup: Setup, split: Split) -> list[str]:
    """The cameras of a split, by serial number: all of them, except in setup s2, which shows new views."""
    ordered = sorted(serials)
    if setup != "s2":
        return ordered
    return {"train": ordered[:6], "val": ordered[6:7], "test": ordered[7:8]}[split]


def views(found: list[tuple[str, list[str]]]) -> Iterator[tuple[str, str]]:
    """Pairs of a recording and one of its cameras: each recording once with one camera, and so on until all were
    paired; neighbours in the list look from different sides.
    """
    for turn in range(max((len(serials) for _, serials in found), default=0)):
        for place, (name, serials) in enumerate(found):
            if turn < len(serials):
                yield name, serials[(place + turn) % len(serials)]
