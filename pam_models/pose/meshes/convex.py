"""Convex parts of a mesh by CoACD (Wei et al. 2022), in a process of its own and kept by the mesh's content.

The decomposition runs on one thread with a fixed seed, so equal meshes have equal parts. It has its own process because
it cannot be interrupted and because its memory should go back when it is done.
"""

import contextlib
import hashlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float32, Float64, Int32

from pam_models.pose.meshes.decomposer import SETTINGS
from pam_models.pose.meshes.stand_off import drawn_in
from pam_models.pose.physics.shapes import ConvexPart, hull_part
from pam_models.pose.source import BadInput

METHOD = f"coacd {version('coacd')}, {sorted(SETTINGS.items())}"
_SHOWN = 160


@dataclass(frozen=True)
class ConvexDecomposer:
    """Splits meshes. `cache` is a folder for results (None: kept nowhere); a mesh that takes more than `limit_s`
    seconds of one core is refused.
    """

    cache: Path | None
    limit_s: int = 120

    def parts(
        self, vertices_m: Float32[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"], name: str
    ) -> tuple[ConvexPart, ...]:
        """The convex parts of one mesh. Raises BadInput naming the mesh when it cannot be split in time."""
        vertices = vertices_m.astype(np.float64)
        question = _packed(vertices=vertices, faces=_mended(vertices, faces))
        key = hashlib.sha256(METHOD.encode() + question).hexdigest()
        answer = self._known(key)
        if answer is None:
            answer = self._computed(question, name)
            self._keep(key, answer)
        points, ends = _unpacked(answer)
        return tuple(hull_part(hull) for hull in np.split(drawn_in(points, vertices, faces), ends[:-1]))

    def _known(self, key: str) -> bytes | None:
        if self.cache is None:
            return None
        try:
            answer = (self.cache / f"{key}.npz").read_bytes()
            _unpacked(answer)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            # Not there, or damaged by a full disk: it is computed (again).
            return None
        return answer

    def _keep(self, key: str, answer: bytes) -> None:
        if self.cache is None:
            return
        # A folder that cannot be written costs time, not results.
        with contextlib.suppress(OSError):
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.cache, delete=False) as stream:
                stream.write(answer)
            Path(stream.name).replace(self.cache / f"{key}.npz")

    def _computed(self, question: bytes, name: str) -> bytes:
        command = [sys.executable, "-m", "pam_models.pose.meshes.decomposer", str(self.limit_s)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(  # noqa: S603 (this interpreter, a fixed module, data through a pipe)
            command, input=question, capture_output=True, env=environment, check=False
        )
        if done.returncode == -signal.SIGXCPU:
            raise BadInput(
                f"{name}: splitting it into convex parts takes over {self.limit_s} s of one core; simplify the mesh"
            )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            reason = said[-1][:_SHOWN] if said else f"exit status {done.returncode}"
            raise BadInput(f"{name}: cannot be split into convex parts ({reason}); repair the mesh")
        return done.stdout


def default_cache() -> Path:
    """The user's cache folder for convex parts, by the XDG base directory rules."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pam" / "convex-parts"


def _mended(vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]) -> Int32[np.ndarray, "G 3"]:
    """The faces with holes of three or four edges closed: with any hole, CoACD makes a hollow shell of a solid."""
    shape = trimesh.Trimesh(vertices, faces, process=False)
    trimesh.repair.fill_holes(shape)
    return np.asarray(shape.faces, np.int32)


def _packed(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _unpacked(answer: bytes) -> tuple[Float64[np.ndarray, "N 3"], Int32[np.ndarray, " H"]]:
    with np.load(io.BytesIO(answer), allow_pickle=False) as arrays:
        return arrays["points"], arrays["ends"]
