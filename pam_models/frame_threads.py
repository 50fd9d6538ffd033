"""Frames side by side: compiled kernels that let go of the interpreter run on slices of a clip in threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2


def over_frames(kernel: Callable[[int, int], None], frames: int, least: int) -> None:
    """Call `kernel(first, end)` for slices that make up `range(frames)`, in as many threads as OpenCV may use.

    A slice of fewer than `least` frames is not worth another thread. The result cannot depend on the number of threads
    where every frame is made from its own inputs alone. A kernel must not call this itself.
    """
    threads = min(cv2.getNumThreads(), frames // max(least, 1))
    if threads < 2:
        kernel(0, frames)
        return
    ends = [frames * part // threads for part in range(threads + 1)]
    pool = _helpers(os.getpid(), cv2.getNumThreads() - 1)
    under_way = [pool.submit(kernel, *ends[part : part + 2]) for part in range(1, threads)]
    try:
        kernel(*ends[:2])
    finally:
        # Nothing may write into the caller's arrays any more once this has returned or raised.
        for done in under_way:
            done.exception()
    for done in under_way:
        done.result()


@lru_cache(maxsize=1)
def _helpers(process: int, threads: int) -> ThreadPoolExecutor:
    """Threads beside the caller's, kept warm; a forked process has none of its parent's and starts its own."""
    del process
    return ThreadPoolExecutor(threads, thread_name_prefix="frames")
