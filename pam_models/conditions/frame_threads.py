"""Frames side by side: compiled kernels that let go of the interpreter run on slices of a clip in threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2

_PIXELS_A_THREAD = 2**19


def over_frames(kernel: Callable[[int, int], None], frames: int, pixels: int) -> None:
    """Call `kernel(first, end)` for slices that make up `range(frames)`, in as many threads as OpenCV may use.

    `pixels` of one frame say whether a second thread is worth its start. The result cannot depend on the number of
    threads where every frame is made from its own inputs alone.
    """
    threads = min(cv2.getNumThreads(), frames, frames * pixels // _PIXELS_A_THREAD)
    if threads < 2:
        kernel(0, frames)
        return
    ends = [frames * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(kernel, *ends[part : part + 2]) for part in range(threads)]:
            done.result()
