"""How busy simulated GPUs were."""

from pathlib import Path

from tasks.trace import Span, business_of, spans_in


def test_the_share_counts_loading_and_waiting_as_idle() -> None:
    """Catches a share that leaves out what a GPU waits for."""
    spans = [
        Span("load", "video", "0", 0.0, 2.0),
        Span("load", "video", "1", 1.0, 3.0),
        Span("busy", "video", "0", 3.0, 9.0),
        Span("busy", "video", "1", 3.0, 11.0),
        Span("load", "score", "1", 8.0, 8.5),
    ]
    found = business_of(spans, 2)
    assert found is not None and (found.start_s, found.end_s) == (1.0, 11.0)
    assert found.share == 14 / 20
    assert business_of(spans[:2], 2) is None


def test_spans_are_read_as_they_were_noted(tmp_path: Path) -> None:
    """Catches spans of one worker that are lost beside another's."""
    (tmp_path / "1.txt").write_text("load video 0 1.5 2.5\nbusy video 0 3 4\n")
    (tmp_path / "2.txt").write_text("busy video 1 3 5\n")
    assert [span.end_s for span in spans_in(tmp_path)] == [2.5, 4.0, 5.0]
