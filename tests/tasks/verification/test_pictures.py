"""Labels against maps; real maps are looked at in test_labels.py."""

import numpy as np

from tasks.verification.findings import Findings
from tasks.verification.pictures import Shown, check_masks


def test_clips_of_one_trajectory_agree_or_are_found() -> None:
    """Catches a clip whose boxes were altered where another clip of the same motion still has them right."""
    shown, frames = Shown(), np.arange(3)
    boxes, visible = np.ones((3, 4)), np.ones((3, 21), bool)
    assert shown.agree("t", "right", frames, boxes, visible)
    assert shown.agree("t", "left", frames, boxes * 2, visible)
    assert shown.agree("t", "right", frames, boxes, visible)
    assert not shown.agree("t", "right", frames, boxes + np.array([0, 0, 0, 0.1]), visible)
    assert not shown.agree("t", "right", frames, boxes, ~visible)


def test_bytes_that_are_no_maps_are_one_finding() -> None:
    """Catches a traceback out of a damaged file, and anything in it that is executed."""
    findings = Findings()
    check_masks(b"not an archive", ("right", None), {}, "cas/aa/x.npz", findings)
    assert [finding.kind for finding in findings.found] == ["unreadable media"]
