"""Slices of a clip in threads."""

import multiprocessing

import cv2
import numpy as np
import pytest

from pam_models.frame_threads import over_frames


def make_all(threads: int, frames: int) -> np.ndarray:
    """How often each frame is made."""
    cv2.setNumThreads(threads)
    made = np.zeros(frames, int)

    def kernel(first: int, end: int) -> None:
        made[first:end] += 1

    over_frames(kernel, frames, 1)
    return made


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """Catches a loader's forked worker that waits for ever for threads that only its parent has."""
    before = cv2.getNumThreads()
    try:
        assert (make_all(2, 8) == 1).all(), "the parent's threads are there before the fork"
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert (pool.apply_async(make_all, (2, 8)).get(timeout=30) == 1).all()
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize(("threads", "frames", "least"), [(1, 7, 1), (3, 7, 0), (8, 3, 1), (4, 9, 5), (2, 0, 5)])
def test_every_frame_is_made_once(threads: int, frames: int, least: int) -> None:
    """Catches slices that overlap, leave frames out, or run past the end."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    made = np.zeros(frames, int)

    def kernel(first: int, end: int) -> None:
        made[first:end] += 1

    try:
        over_frames(kernel, frames, least)
    finally:
        cv2.setNumThreads(before)
    assert (made == 1).all()


def test_an_error_in_a_thread_is_not_lost() -> None:
    """Catches frames left empty by a kernel that failed."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)

    def kernel(first: int, end: int) -> None:
        raise ValueError(f"frames {first} to {end}")

    try:
        with pytest.raises(ValueError, match="frames 0 to"):
            over_frames(kernel, 8, 2)
    finally:
        cv2.setNumThreads(before)
