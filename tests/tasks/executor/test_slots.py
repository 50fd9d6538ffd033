"""Seats of a pool."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tasks.executor.slots import IN_FLIGHT, Seat, Slot, Slots


@pytest.fixture
def submit() -> Callable[[Any], str]:
    numbers = iter(range(100))
    return lambda handle: f"{handle}-{next(numbers)}"


def test_at_most_two_batches_for_each_actor(submit: Callable[[Any], str]) -> None:
    """Catches a queue inside an actor that grows with the shard, and one actor that gets everything."""
    slots = Slots([Slot("a"), Slot("b")])
    taken = [slots.take(submit, alone=False, wait_s=0) for _ in range(2 * IN_FLIGHT)]
    assert all(taken) and [len(slot.queue) for slot in slots.all] == [2, 2]
    assert slots.take(submit, alone=False, wait_s=0) is None
    assert taken[0] is not None
    slots.give_back(taken[0][1], taken[0][0])
    assert slots.take(submit, alone=False, wait_s=0) is not None


def test_a_suspect_waits_for_an_empty_actor_and_has_it_alone(submit: Callable[[Any], str]) -> None:
    """Catches two batches on an actor that dies: both would be blamed."""
    slots = Slots([Slot("a")])
    first = slots.take(submit, alone=False, wait_s=0)
    assert first is not None
    assert slots.take(submit, alone=True, wait_s=0) is None
    assert slots.take(submit, alone=False, wait_s=0) is None, "a reserved actor takes nothing new"
    slots.give_back(first[1], first[0])
    alone = slots.take(submit, alone=True, wait_s=0)
    assert alone is not None
    assert slots.take(submit, alone=False, wait_s=0) is None
    slots.give_back(alone[1], alone[0])
    assert slots.take(submit, alone=False, wait_s=0) is not None


def test_a_thread_that_leaves_gives_its_reservation_back(submit: Callable[[Any], str]) -> None:
    """Catches an actor that nobody may use after a shard was given up."""
    slots = Slots([Slot("a")])
    first = slots.take(submit, alone=False, wait_s=0)
    slots.take(submit, alone=True, wait_s=0)
    slots.forget_reservations()
    assert slots.take(submit, alone=False, wait_s=0) is not None and first is not None


def test_a_seat_of_a_dead_actor_means_nothing_to_the_new_one(submit: Callable[[Any], str]) -> None:
    """Catches an old answer that frees a seat of the new actor, and two threads that both replace it."""
    slots = Slots([Slot("a")])
    old = slots.take(submit, alone=False, wait_s=0)
    assert old is not None
    assert slots.begin_replacement(old[1]) and not slots.begin_replacement(old[1])
    assert slots.take(submit, alone=False, wait_s=0) is None, "not before it is set up"
    slots.end_replacement(old[1].slot, "new")
    new = slots.take(submit, alone=False, wait_s=0)
    assert new is not None and new[1].handle == "new"
    slots.give_back(old[1], old[0])
    assert len(slots.all[0].queue) == 1


def test_only_the_first_in_the_queue_is_running(submit: Callable[[Any], str]) -> None:
    """Catches a time-out that blames a batch that has not begun."""
    slots = Slots([Slot("a")])
    first, second = (slots.take(submit, alone=False, wait_s=0) for _ in range(2))
    assert first is not None and second is not None
    time.sleep(0.02)
    assert slots.running_s(first[1], first[0]) >= 0.02 and slots.running_s(second[1], second[0]) == 0
    slots.give_back(first[1], first[0])
    assert slots.running_s(second[1], second[0]) < 0.02
    assert slots.running_s(Seat(first[1].slot, 7, "x"), second[0]) == 0


def test_a_waiting_thread_is_woken(submit: Callable[[Any], str]) -> None:
    """Catches a shard that sleeps through its turn."""
    slots = Slots([Slot("a")])
    held = [slots.take(submit, alone=False, wait_s=0) for _ in range(2)]
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(slots.take(submit, alone=False, wait_s=30)))
    thread.start()
    assert held[0] is not None
    slots.give_back(held[0][1], held[0][0])
    thread.join(5)
    assert got and got[0] is not None
