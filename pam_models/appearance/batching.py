"""How many pictures a GPU holds at once: a larger batch fills its multiprocessors, up to its memory."""

_LIVE_TENSORS = 64
_SHARE = 0.8
_PIXEL_BYTES = 2048


def pictures_at_once(tokens: int, width: int, height_px: int, width_px: int, free_bytes: int, itemsize: int = 2) -> int:
    """Return how many pictures of `tokens` (picture and text) at the model's `width` fit into the free memory.

    A Flux block keeps at most about 64 tensors of (tokens, width) alive for one picture, the wide ones of its single
    blocks counted by their share; one picture at a time is decoded, at about 2 KB a pixel. At least one.
    """
    left = _SHARE * free_bytes - _PIXEL_BYTES * height_px * width_px
    return max(1, int(left // (_LIVE_TENSORS * tokens * width * itemsize)))
