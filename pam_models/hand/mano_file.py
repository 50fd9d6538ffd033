"""MANO's own hand files, as the user downloaded them: .pkl without chumpy, or an .npz with the same names.

MANO is free for research only and may not be passed on (formats.md section 10): nothing of it is stored here.
"""

import zipfile
from pathlib import Path

import numpy as np

from pam_models.hand.file_layout import hand_from_arrays
from pam_models.hand.mano_pickle import load_arrays
from pam_models.hand.model import BadHandFile, HandModel

MANO_LICENSE_TAG = "MANO-noncommercial-research"

# Vertices of the tips thumb, index, middle, ring, pinky in four libraries (formats.md section 3.3).
TIP_SETS: dict[str, dict[str, tuple[int, int, int, int, int]]] = {
    "smplx": {"right": (744, 320, 443, 554, 671), "left": (744, 320, 443, 554, 671)},
    "freihand": {"right": (744, 320, 443, 555, 672), "left": (744, 320, 443, 555, 672)},
    "manopth": {"right": (745, 317, 444, 556, 673), "left": (745, 317, 445, 556, 673)},
}
_FOLDERS = ("", "mano", "models", "mano/models", "mano_v1_2/models")


def load_mano(directory: Path, side: str, *, left_shapedirs_fixed: bool = True, tip_set: str = "smplx") -> HandModel:
    """Load MANO_RIGHT or MANO_LEFT (.npz before .pkl) from a folder or its usual subfolders.

    The left file's shapedirs have the sign of x wrong (smplx issue 48): they are mended unless `left_shapedirs_fixed`
    is False, which is right for DexYCB's left hands, annotated with the mistake.

    Raises:
        BadHandFile: no such file, an entry is missing or malformed, or a pickle that asks for other code.
    """
    if side not in ("right", "left"):
        raise BadHandFile(f"side is {side!r}; it must be 'right' or 'left'")
    if tip_set not in TIP_SETS:
        raise BadHandFile(f"tip_set is {tip_set!r}; it must be one of {', '.join(TIP_SETS)}")
    path = find_mano(directory, side)
    arrays = dict(_load_npz(path) if path.suffix == ".npz" else load_arrays(path))
    if side == "left" and left_shapedirs_fixed and "shapedirs" in arrays:
        mended = np.array(arrays["shapedirs"])
        mended[:, 0] *= -1
        arrays["shapedirs"] = mended
    try:
        return hand_from_arrays(
            arrays,
            name="mano",
            side=side,
            tip_set=f"{tip_set}-{side}",
            license_tags=(MANO_LICENSE_TAG,),
            tip_vertices=np.array(TIP_SETS[tip_set][side]),
        )
    except (TypeError, ValueError, IndexError) as error:
        raise BadHandFile(f"{path}: {error}") from error


def find_mano(directory: Path, side: str) -> Path:
    """Return the path of the file for a side.

    Raises:
        BadHandFile: there is none.
    """
    for folder in _FOLDERS:
        for suffix in (".npz", ".pkl"):
            path = directory / folder / f"MANO_{side.upper()}{suffix}"
            if path.is_file():
                return path
    raise BadHandFile(
        f"{directory}: no MANO_{side.upper()}.pkl or .npz here; get MANO from mano.is.tue.mpg.de and name its folder"
    )


def _load_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise BadHandFile(f"{path}: not a readable .npz of plain arrays ({error})") from error
