"""Whether Ray is still there, told by the sockets of its servers."""

import socket
import time
from collections.abc import Iterator

import pytest
import ray

from tasks.errors import ClusterGoneError
from tasks.executor import pulse
from tasks.executor.pulse import Pulse, current_pulse

HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(pulse, "PATIENCE_HERE_S", 0.1)
    monkeypatch.setattr(pulse, "PATIENCE_ELSEWHERE_S", 30.0)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as listening:
        yield listening


def test_a_server_that_stays_away_is_gone(server: socket.socket) -> None:
    """Catches a driver that waits for ever for a raylet that was killed, and one that asks for another worker then."""
    found = Pulse({"its head": server.getsockname()}, HOST)
    found.require()
    server.close()
    with pytest.raises(ClusterGoneError, match=r"^Ray is gone: its head at 127\.0\.0\.1:\d+ takes no connection"):
        found.settle()
    assert found.gone
    with pytest.raises(ClusterGoneError):
        found.require()


def test_a_server_that_comes_back_in_time_is_forgiven(server: socket.socket) -> None:
    """Catches a build that ends because a head on another machine was restarted."""
    address = server.getsockname()
    found = Pulse({"its head": address}, "another machine")
    server.close()
    for _ in range(3):
        time.sleep(0.1)
        found.require()
    with socket.create_server(address):
        time.sleep(0.05)
        found.settle()
    assert not found.gone


def test_ray_itself_has_a_pulse(two_gpus: None) -> None:
    """Catches a look at the wrong sockets, which ends a build whose Ray is well."""
    time.sleep(0.05)
    current_pulse().settle()
    time.sleep(0.2)
    current_pulse().settle()
    assert current_pulse() is current_pulse(), "all pools share one"


def test_an_answer_that_is_late_is_told_and_one_that_never_comes_raises(two_gpus: None, server: socket.socket) -> None:
    """Catches a wait that ends early, that goes on past its time, or that outlives the Ray it waits for."""
    found = Pulse({"its head": server.getsockname()}, HOST)
    assert found.answered(ray.put(1), 5.0)
    late = ray.remote(lambda: time.sleep(3.0)).remote()
    assert not found.answered(late, 0.1)
    server.close()
    with pytest.raises(ClusterGoneError):
        found.answered(late, 30.0)
