"""The other hand: a mirror image in the plane y = 0, with poses and translations mirrored alike."""

import dataclasses

import numpy as np
from jaxtyping import Float

from pam_models.hand.model import HandModel

_FLIP = np.array([1.0, -1.0, 1.0], np.float32)


def mirror_pose(pose: Float[np.ndarray, "*N P"]) -> Float[np.ndarray, "*N P"]:
    """Mirror axis-angle triples in y: (x, y, z) becomes (-x, y, -z), for rotations are M R M. Its own inverse."""
    triples = np.asarray(pose)
    turned = triples.reshape(*triples.shape[:-1], -1, 3) * np.array([-1.0, 1.0, -1.0], triples.dtype)
    return np.asarray(turned.reshape(triples.shape))


def mirror_points(points: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 3"]:
    """Mirror points or translations in y. Its own inverse."""
    return np.asarray(np.asarray(points) * _FLIP.astype(np.asarray(points).dtype))


def mirrored_hand(hand: HandModel) -> HandModel:
    """Mirror a hand in y, so that skinning it with a mirrored pose gives the mirror image, faces still outward."""
    # Column 9j + 3r + c of posedirs meets (R - I)[r, c], which the mirror multiplies by flip[r] * flip[c].
    feature_flip = np.tile(np.outer(_FLIP, _FLIP).ravel(), 15)
    components = mirror_pose(hand.hands_components)
    return dataclasses.replace(
        hand,
        side="left" if hand.side == "right" else "right",
        v_template=mirror_points(hand.v_template),
        shapedirs=hand.shapedirs * _FLIP[:, None],
        posedirs=hand.posedirs * _FLIP[:, None] * feature_flip,
        faces=hand.faces[:, [0, 2, 1]],
        hands_mean=mirror_pose(hand.hands_mean),
        hands_components=components,
    )
