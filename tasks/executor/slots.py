"""The places of a pool: one actor each, at most two batches in flight, one alone for a batch under suspicion."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, get_ident
from typing import Any

from tasks.executor.placement import Place

IN_FLIGHT = 2


@dataclass
class Slot:
    """One actor's place. `generation` grows each time the actor is replaced, so that old answers are told from new.

    A `retiring` actor gets no further batch; `served` counts the items that it has done.
    """

    handle: Any
    place: Place = field(default_factory=lambda: Place(1))
    generation: int = 0
    ready: bool = True
    retiring: bool = False
    served: int = 0
    exclusive: bool = False
    reserved_by: int | None = None
    queue: deque[Any] = field(default_factory=deque)
    head_since_s: float = 0.0

    @property
    def takes_work(self) -> bool:
        """Whether the actor is there and stays."""
        return self.ready and not self.retiring


@dataclass(frozen=True)
class Seat:
    """A batch's hold on a slot."""

    slot: Slot
    generation: int
    handle: Any


class Slots:
    """Hands out seats to several threads. A thread that wants a slot alone reserves one, and takes it when it has run
    empty.
    """

    def __init__(self, slots: list[Slot]) -> None:
        self.all = slots
        self._changed = Condition()

    def take(self, submit: Callable[[Any], Any], *, alone: bool, wait_s: float) -> tuple[Any, Seat] | None:
        """Submits to a free actor and returns the reference and the seat; None when none came free within `wait_s`."""
        deadline = time.monotonic() + wait_s
        with self._changed:
            while True:
                slot = self._alone() if alone else self._shared()
                if slot is not None:
                    slot.exclusive, slot.reserved_by = alone, None
                    reference = submit(slot.handle)
                    if not slot.queue:
                        slot.head_since_s = time.monotonic()
                    slot.queue.append(reference)
                    return reference, Seat(slot, slot.generation, slot.handle)
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def _shared(self) -> Slot | None:
        free = [
            slot
            for slot in self.all
            if slot.takes_work and not slot.exclusive and slot.reserved_by is None and len(slot.queue) < IN_FLIGHT
        ]
        return min(free, key=lambda slot: len(slot.queue), default=None)

    def _alone(self) -> Slot | None:
        me = get_ident()
        mine = next((slot for slot in self.all if slot.reserved_by == me), None)
        if mine is None:
            open_slots = [slot for slot in self.all if not slot.exclusive and slot.reserved_by is None]
            mine = min(open_slots, key=lambda slot: len(slot.queue), default=None)
            if mine is None:
                return None
            mine.reserved_by = me
        return mine if mine.takes_work and not mine.queue else None

    def give_back(self, seat: Seat, reference: Any) -> None:  # noqa: ANN401  a Ray reference
        """Frees a seat after its batch ended; nothing happens when the actor was replaced meanwhile."""
        with self._changed:
            slot = seat.slot
            if slot.generation == seat.generation and reference in slot.queue:
                slot.queue.remove(reference)
                slot.head_since_s = time.monotonic()
                slot.exclusive = slot.exclusive and bool(slot.queue)
            self._changed.notify_all()

    def forget_reservations(self) -> None:
        """Drops this thread's reservation, when it leaves before having used it."""
        with self._changed:
            for slot in self.all:
                if slot.reserved_by == get_ident():
                    slot.reserved_by = None
            self._changed.notify_all()

    def running_s(self, seat: Seat, reference: Any) -> float:  # noqa: ANN401  a Ray reference
        """Seconds since the batch came to the head of its actor's queue; 0 while another is before it."""
        with self._changed:
            slot = seat.slot
            if slot.generation != seat.generation or not slot.queue or slot.queue[0] != reference:
                return 0.0
            return time.monotonic() - slot.head_since_s

    def served(self, seat: Seat, items: int) -> int:
        """Adds to the items that an actor has done, and returns how many they are."""
        with self._changed:
            if seat.slot.generation == seat.generation:
                seat.slot.served += items
            return seat.slot.served

    def retire(self, seat: Seat) -> None:
        """Gives an actor no further batch, so that it can be replaced when it has run empty."""
        with self._changed:
            if seat.slot.generation == seat.generation:
                seat.slot.retiring = True

    def begin_replacement(self, seat: Seat, *, only_retired: bool = False) -> bool:
        """True for the one thread that shall replace an actor: a dead one, or one that retired and has run empty."""
        with self._changed:
            slot = seat.slot
            if slot.generation != seat.generation or (only_retired and (not slot.retiring or slot.queue)):
                return False
            slot.generation += 1
            slot.ready, slot.exclusive, slot.retiring, slot.served = False, False, False, 0
            slot.queue.clear()
            return True

    def end_replacement(self, slot: Slot, handle: Any) -> None:  # noqa: ANN401  a Ray actor's handle
        """Puts the new actor into its place."""
        with self._changed:
            slot.handle, slot.ready = handle, True
            self._changed.notify_all()
