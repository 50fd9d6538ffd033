"""Pictures between the width that Stage II paints at and the clips' own: 640x480 and 720x480 in the paper."""

import cv2
import numpy as np
from jaxtyping import UInt8


def stretched(
    picture: UInt8[np.ndarray, "H W 3"], width: int, height: int, categorical: bool = False
) -> UInt8[np.ndarray, "h w 3"]:
    """Resize without keeping the aspect, as the official loader does: bilinear, or nearest for categorical pictures.

    A picture of that size is returned as it is.
    """
    if picture.shape[:2] == (height, width):
        return picture
    how = cv2.INTER_NEAREST if categorical else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
