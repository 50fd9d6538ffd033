"""From a file's units and axes to metres with z up, centred; what does not look like a thing for a hand is refused."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Float64

from pam_models.pose.meshes.reading import FileMesh
from pam_models.pose.source import BadInput

Units = Literal["m", "cm", "mm", "in"]
UpAxis = Literal["x", "y", "z", "-x", "-y", "-z"]
METRES: dict[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
SMALLEST_M, LARGEST_M, THINNEST_M = 0.01, 1.0, 0.0005


@dataclass(frozen=True)
class MeshPlacing:
    """How the files of a directory are to be read; nothing of it is guessed from a mesh.

    `scale_to_m` makes the longest side of every mesh that long (metres); None leaves sizes alone. `as_filed` keeps the
    file's origin, for meshes whose frame somebody else's poses are in.
    """

    units: Units
    up: UpAxis
    scale_to_m: float | None = None
    as_filed: bool = False

    def __post_init__(self) -> None:
        """Check the choices. Raises ValueError."""
        if self.units not in get_args(Units) or self.up not in get_args(UpAxis):
            raise ValueError(f"units must be one of {get_args(Units)} and up one of {get_args(UpAxis)}: {self}")

    def place(self, mesh: FileMesh, name: str) -> tuple[Float32[np.ndarray, "V 3"], str]:
        """Vertices in metres, z up, the box around them centred (but for `as_filed`); and a note of what was done.

        Raises BadInput, naming the option to set, when the mesh cannot be meant in these units.
        """
        vertices = mesh.vertices * METRES[self.units] @ _to_z_up(self.up).T
        size = np.ptp(vertices, axis=0)
        factor = 1.0
        if self.scale_to_m is not None:
            factor = self.scale_to_m / float(size.max())
        elif not SMALLEST_M <= size.max() <= LARGEST_M:
            raise BadInput(f"{name}: {_wrong_size(mesh, self.units, float(size.max()))}")
        if size.min() * factor < THINNEST_M:
            raise BadInput(f"{name}: is flat ({size.min() * factor * 1e3:.2g} mm thick); a solid is needed")
        middle = np.zeros(3) if self.as_filed else (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        shift = ", ".join(f"{value:.4g}" for value in -middle * factor)
        scaled = "" if self.scale_to_m is None else f", scaled by {factor:.4g}"
        note = f"mesh {name}: {self.units} to m, {self.up} up to z up{scaled}, moved by ({shift}) m"
        return ((vertices - middle) * factor).astype(np.float32), note


def _wrong_size(mesh: FileMesh, units: str, size_m: float) -> str:
    raw = float(np.ptp(mesh.vertices, axis=0).max())
    fitting = [unit for unit, metres in METRES.items() if 0.03 <= raw * metres <= 0.5]
    advice = f"set units to {' or '.join(fitting)} if that is what the file is in, or " if fitting else ""
    return (
        f"its longest side is {raw:.4g} in the file, {size_m:.4g} m with units {units}; things to grasp have "
        f"{SMALLEST_M} to {LARGEST_M} m: {advice}set scale_to_m"
    )


def _to_z_up(up: str) -> Float64[np.ndarray, "3 3"]:
    """The rotation that takes an axis to +z: about x for y, about y for x."""
    sign = -1.0 if up.startswith("-") else 1.0
    turns: dict[str, list[list[float]]] = {
        "x": [[0, 0, -sign], [0, 1, 0], [sign, 0, 0]],
        "y": [[1, 0, 0], [0, 0, -sign], [0, sign, 0]],
        "z": [[1, 0, 0], [0, sign, 0], [0, 0, sign]],
    }
    return np.array(turns[up[-1]])
