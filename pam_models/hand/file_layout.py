"""From the arrays of a hand file (MANO's names) to a HandModel."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from pam_models.hand.model import PARENTS, BadHandFile, HandModel

REQUIRED: tuple[str, ...] = (
    "v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f",
    "hands_mean", "hands_components",
)  # fmt: skip


def hand_from_arrays(
    arrays: Mapping[str, Any],
    *,
    name: str,
    side: str,
    tip_set: str,
    license_tags: Sequence[str],
    tip_vertices: Int[np.ndarray, "5"] | None = None,
) -> HandModel:
    """Build the model; extra entries are ignored, `tip_vertices` and `vertex_tint` are taken where the file has them.

    Raises:
        BadHandFile: an entry is missing, of the wrong shape, or the joint tree is not MANO's.
    """
    missing = [key for key in REQUIRED if key not in arrays]
    if missing:
        raise BadHandFile(
            f"{name} {side} hand: the file lacks {', '.join(missing)}; it must hold {', '.join(REQUIRED)}"
        )
    tips = arrays.get("tip_vertices", tip_vertices)
    if tips is None:
        raise BadHandFile(f"{name} {side} hand: no tip_vertices, neither in the file nor given")
    template = np.asarray(arrays["v_template"])
    parents = np.array(arrays["kintree_table"])[0].astype(np.int64)
    parents[0] = -1
    if tuple(parents.tolist()) != PARENTS:
        raise BadHandFile(
            f"{name} {side} hand: kintree_table has parents {parents.tolist()}; they must be {list(PARENTS)}"
        )
    return HandModel(
        name=name,
        side=side,
        v_template=template,
        shapedirs=np.asarray(arrays["shapedirs"])[..., :10],
        posedirs=np.asarray(arrays["posedirs"]),
        joint_regressor=np.asarray(arrays["J_regressor"]),
        weights=np.asarray(arrays["weights"]),
        parents=parents,
        faces=np.asarray(arrays["f"]).astype(np.int64),
        hands_mean=np.asarray(arrays["hands_mean"]).reshape(-1),
        hands_components=np.asarray(arrays["hands_components"]),
        tip_vertices=np.asarray(tips),
        tip_set=tip_set,
        vertex_tint=np.asarray(arrays["vertex_tint"]) if "vertex_tint" in arrays else np.ones_like(template),
        license_tags=tuple(license_tags),
    )
