"""Frames side by side: compiled kernels that let go of the interpreter run on slices of a clip in threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2


def over_frames(kernel: Callable[[int, int], None], frames: int, least: int) -> None:
    """Call `kernel(first, end)` for slices that make up `range(frames)`, in as many threads as OpenCV may use.

    A slice of fewer than `least` frames is not worth the start of a thread. The result cannot depend on the number of
    threads where every frame is made from its own inputs alone.
    """
    threads = min(cv2.getNumThreads(), frames // max(least, 1))
    if threads < 2:
        kernel(0, frames)
        return
    ends = [frames * part // threads for part in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(kernel, *ends[part : part + 2]) for part in range(threads)]:
            done.result()
