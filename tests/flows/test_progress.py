"""Each test names the defect that it catches."""

import threading
from collections.abc import Sequence

import pytest

from flows.progress import BuildProgress, SilentView, StepMeter, followed, shown_on, spoken_time


class Recorder:
    """A view that remembers what it was shown."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int, int]] = []
        self.open = False

    def start(self, meters: Sequence[StepMeter]) -> None:
        self.open = True

    def show(self, meter: StepMeter) -> None:
        self.events.append((meter.step, meter.finished, meter.total))

    def stop(self) -> None:
        self.open = False


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_resumed_items_do_not_inflate_the_rate() -> None:
    """Catches a time left that is far too short after a restart because old items count as fast work."""
    clock = Clock()
    progress = BuildProgress(["pose"], SilentView(), clock)
    progress.begin("pose", total=100, resumed=90)
    clock.now_s += 10
    progress.report("pose", "shard", 5)
    meter = progress.meters["pose"]
    assert meter.finished == 95
    assert meter.rate(clock.now_s) == pytest.approx(0.5)
    assert meter.seconds_left(clock.now_s) == pytest.approx(10.0)


def test_the_clock_of_a_step_stops_at_its_end() -> None:
    """Catches step times that go on growing while later steps run."""
    clock = Clock()
    progress = BuildProgress(["pose", "video"], SilentView(), clock)
    progress.begin("pose", total=2)
    clock.now_s += 4
    progress.report("pose", "shard", 2)
    progress.end("pose", {"ok": 2})
    clock.now_s += 1000
    assert progress.meters["pose"].seconds(clock.now_s) == pytest.approx(4.0)
    assert progress.meters["video"].seconds(clock.now_s) == 0.0


def test_counts_from_many_threads_are_all_kept() -> None:
    """Catches a lost update when two shard tasks report at once."""
    progress = BuildProgress(["appearance"], SilentView())
    progress.begin("appearance", total=8000)

    def report(shard: str) -> None:
        for done in range(1, 1001):
            progress.report("appearance", shard, done, failed=done)

    threads = [threading.Thread(target=report, args=(f"shard-{index}",)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.meters["appearance"].done == 8000
    assert progress.meters["appearance"].failed == 8000


def test_a_shard_that_is_run_again_is_not_counted_twice() -> None:
    """Catches 150 % after a shard's retry."""
    progress = BuildProgress(["pose"], SilentView())
    progress.begin("pose", total=8)
    progress.report("pose", "shard", 6, failed=1)
    progress.report("pose", "shard", 2)
    meter = progress.report("pose", "shard", 8)
    assert (meter.done, meter.failed, meter.percent) == (8, 0, 100.0)


def test_a_reduce_step_shows_its_rows() -> None:
    """Catches ``0/0`` beside the cut."""
    progress = BuildProgress(["select-candidates"], SilentView())
    progress.begin("select-candidates", total=0)
    meter = progress.end("select-candidates", {"ok": 45, "filtered": 15, "failed": 0})
    assert (meter.finished, meter.total) == (60, 60)
    assert "15 filtered" in meter.summary(progress.clock())


def test_an_empty_step_is_complete_only_when_it_ended() -> None:
    """Catches a division by zero, and a bar that is full before the step began."""
    meter = StepMeter("select-clips")
    assert meter.percent == 0.0
    meter.started_s, meter.ended_s = 1.0, 2.0
    assert meter.percent == 100.0


def test_the_view_is_closed_when_the_build_fails() -> None:
    """Catches a terminal left with a hidden cursor and a live display after an error."""
    view = Recorder()
    with pytest.raises(RuntimeError), shown_on(view), followed(["pose"]) as progress:
        progress.begin("pose", total=3)
        assert view.open
        raise RuntimeError
    assert not view.open
    assert view.events == [("pose", 0, 3)]


def test_the_view_is_chosen_for_the_block_only() -> None:
    """Catches a view that leaks from one build into the next."""
    view = Recorder()
    with shown_on(view):
        pass
    with followed(["pose"]) as progress:
        progress.begin("pose", total=1)
    assert view.events == []


def test_a_summary_names_trouble_and_earlier_work() -> None:
    """Catches failures that a person does not see in the terminal."""
    meter = StepMeter("video", total=4, resumed=1, done=2, failed=1, started_s=0.0)
    assert meter.summary(8.0) == "4.0 s each, 4 s left, 1 done before, 1 failed"
    assert StepMeter("video").summary(8.0) == "waiting"


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.6, "8 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (11222, "3 h 07 min")]
)
def test_time_is_spoken_in_two_units(seconds: float, words: str) -> None:
    """Catches ``60 s`` and minutes that lose their leading zero."""
    assert spoken_time(seconds) == words
