"""Each test names the defect that it catches."""

import io

from rich.console import Console

from flows.progress import StepMeter
from flows.screens import print_marked, print_plan, print_status, print_summary, print_verdict
from tasks.layout import Layout
from tasks.status import StepStatus
from tasks.verify import Finding, Verdict

DONE = StepMeter("pose", 2, 0, 2, 0, {"ok": 2}, started_s=10.0, ended_s=82.0)
RESUMED = StepMeter("pose", 2, 2, 0, 0, {"ok": 2}, started_s=10.0, ended_s=10.1)
PUBLISHED = StepMeter("publish", 1, 0, 1, 0, {"ok": 1}, started_s=1.0, ended_s=3.0)


class Screen(Console):
    """A console that remembers its text."""

    def __init__(self) -> None:
        super().__init__(file=io.StringIO(), width=100)

    @property
    def text(self) -> str:
        assert isinstance(self.file, io.StringIO)
        return self.file.getvalue()


def test_the_end_says_what_how_long_and_where() -> None:
    """Catches a long report address that is broken into lines, which no terminal can click."""
    report = "file:///" + "long/" * 40 + "index.html"
    screen = Screen()
    print_summary(screen, "b1", [DONE, PUBLISHED], {"clips": 2, "samples": 98}, report)
    assert "Build b1: 2 clips, 98 samples" in screen.text
    assert "Time: pose 1 min 12 s, publish 2 s" in screen.text
    assert f"Report: {report}\n" in screen.text


def test_a_run_without_work_says_so() -> None:
    """Catches step times of zero seconds for work that an earlier run did."""
    screen = Screen()
    print_summary(screen, "b1", [RESUMED, PUBLISHED], {"clips": 2}, "r")
    assert "nothing was done again" in screen.text
    assert "Time:" not in screen.text


def test_a_plan_marks_what_is_only_expected() -> None:
    """Catches guesses that look like counts."""
    screen = Screen()
    statuses = [StepStatus("pose", True, 2, 1, 16, 8), StepStatus("appearance", False)]
    layout = Layout(16, 16, {"pose": 8, "appearance": 100}, {"pose": 1, "appearance": 2})
    print_plan(screen, "b1", "./store", statuses, {"pose": 16, "appearance": 480}, layout)
    pose, appearance = (
        next(line for line in screen.text.splitlines() if name in line) for name in ("pose", "appearance")
    )
    assert [cell.strip() for cell in pose.split("│")[1:-1]] == ["pose", "16", "8", "8", "2", "1", "1"]
    assert [cell.strip() for cell in appearance.split("│")[2:-1]] == ["~480", "0", "~480", "~5", "0", "~5"]
    assert "about 5 task runs" in screen.text
    assert "expected" in screen.text.splitlines()[-1]


def test_a_status_shows_failures_and_what_waits() -> None:
    """Catches a finished-looking build with a step to do."""
    screen = Screen()
    statuses = [
        StepStatus("pose", True, 1, 1, 4, 4, {"ok": 2, "filtered": 1, "failed": 1}),
        StepStatus("appearance", True, 2, 1, 60, 30, {"ok": 30, "filtered": 0, "failed": 0}),
        StepStatus("select-candidates", True, 1, 1, 1, 1, {"ok": 45, "filtered": 15, "failed": 0}),
        StepStatus("video", False),
    ]
    print_status(screen, "b1", statuses, False, "r")
    lines = {line.split("│")[1].strip(): line for line in screen.text.splitlines() if "│" in line}
    assert [cell.strip() for cell in lines["pose"].split("│")[1:-1]] == [
        "pose",
        "1/1",
        "4/4",
        "2",
        "1",
        "1",
        "finished",
    ]
    assert "to do" in lines["appearance"]
    assert "1/1" in lines["select-candidates"].split("│")[2]
    assert lines["select-candidates"].split("│")[3].strip() == ""
    assert "waits" in lines["video"]
    assert "not published" in screen.text
    assert "Report" not in screen.text


def test_findings_are_printed_as_they_are() -> None:
    """Catches a key with brackets that is swallowed as markup."""
    screen = Screen()
    print_verdict(screen, "b1", Verdict(3, 60, 4, (Finding("altered media", "cas/ab/[x].png", "its bytes [differ]"),)))
    assert "altered media: cas/ab/[x].png: its bytes [differ]\n" in screen.text
    assert "1 finding in 3 parts, 60 rows, 4 media files" in screen.text
    whole = Screen()
    print_verdict(whole, "b1", Verdict(3, 60, 4, ()))
    assert "Build b1 is whole: 3 parts, 60 rows, 4 media files" in whole.text


def test_what_is_tried_again_is_counted() -> None:
    """Catches a retry that says nothing where nothing failed."""
    screen = Screen()
    print_marked(screen, "b1", {"pose": 1, "video": 2})
    print_marked(screen, "b1", {})
    first, second = screen.text.splitlines()
    assert first.endswith("1 of pose, 2 of video")
    assert "nothing failed" in second
