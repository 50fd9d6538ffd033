"""What can be said of the page without a server; the flow's own test looks at real artifacts."""

import logging

import pytest

import flows.page
from flows.page import BuildPage, summary_markdown
from flows.progress import StepMeter

LOG = logging.getLogger("test")


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_bars_move_seldom_and_always_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches one request to the server for every item, and a bar that stays at 97 %."""
    clock = Clock()
    page = BuildPage("b", LOG, clock)
    moved: list[float] = []
    monkeypatch.setattr(page, "_move", lambda step, percent, text: moved.append(percent))
    meter = StepMeter("pose", total=100, started_s=0.0)
    for done in range(101):
        meter.done = done
        clock.now_s = done * 0.0625
        page.show(meter)
        page._behind.settle(10)
    meter.ended_s = clock.now_s
    page.show(meter)
    page.settle()
    assert moved == [0.0, 32.0, 64.0, 96.0, 100.0]


def test_a_page_that_cannot_be_written_does_not_stop_the_build(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches a build that fails because Prefect's server was gone for a minute."""

    def refuse(**_: object) -> None:
        raise ConnectionError("server gone")

    for name in ("create_progress_artifact", "create_markdown_artifact", "create_table_artifact"):
        monkeypatch.setattr(flows.page, name, refuse)
    page = BuildPage("b", LOG)
    page.show(StepMeter("pose", total=1))
    page.settle()
    page.summarise("# done")
    page.list_failures([{"item": "x"}], 1)
    assert [record.getMessage() for record in caplog.records if "server gone" in record.getMessage()] == [
        "the progress on Prefect's page could not be written: server gone",
        "the summary on Prefect's page could not be written: server gone",
        "the failures on Prefect's page could not be written: server gone",
    ]


def test_the_summary_counts_what_became_of_items() -> None:
    """Catches failed or filtered items that are counted as ok, and steps that never began in the table."""
    meters = [
        StepMeter("pose", 10, 2, 8, 1, {"ok": 6, "filtered": 3, "failed": 1}, started_s=0.0, ended_s=75.0),
        StepMeter("video"),
    ]
    text = summary_markdown("b1", "s3://bucket/x", "s3://bucket/x/builds/b1/report/index.html", meters, {"clips": 2})
    assert "| pose | 10 | 6 | 3 | 1 | 2 | 1 min 15 s |" in text
    assert "video" not in text
    assert "**2** clips" in text
    assert "`s3://bucket/x/builds/b1/report/index.html`" in text


def test_an_unfinished_build_names_no_report() -> None:
    """Catches a link to a report that was never written."""
    text = summary_markdown("b1", "/data", None, [], {})
    assert "Report" not in text
    assert "run it again" in text


def test_pictures_stand_in_the_summary_itself() -> None:
    """Catches pictures by address: a browser cannot reach the store."""
    text = summary_markdown("b1", "/data", None, [], {}, ["data:image/png;base64,AAAA"])
    assert "![first frame of a clip](data:image/png;base64,AAAA)" in text


def test_a_report_that_a_browser_can_open_is_a_link() -> None:
    """Catches a path that has to be copied by hand, and a link to s3:// that no browser opens."""
    text = summary_markdown("b1", "/data", "file:///data/builds/b1/report/index.html", [], {})
    assert "[file:///data/builds/b1/report/index.html](file:///data/builds/b1/report/index.html)" in text
