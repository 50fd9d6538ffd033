"""Stopping from outside."""

import os
import signal
import threading

import pytest

from pam_models.training.stopping import stopping_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_ask_for_a_stop_and_nothing_else(number: signal.Signals) -> None:
    """Catches Ctrl-C that ends a step in its middle, and handlers that stay."""
    before = signal.getsignal(number)
    with stopping_on_signals("model") as stop:
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert stop.asked
    assert signal.getsignal(number) is before


def test_another_thread_than_the_main_one_leaves_signals_alone() -> None:
    """Catches a training within a worker thread that fails before its first step."""
    reached: list[bool] = []

    def run() -> None:
        with stopping_on_signals("model") as stop:
            reached.append(not stop.asked)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert reached == [True]
