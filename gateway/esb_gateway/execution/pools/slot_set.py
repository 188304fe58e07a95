"""The slots of one function, by number and by what they do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from esb_gateway.execution.pools.slots import Slot, State


class SlotSet:
    """`active` counts the slots that are not leaving. `idle` has the idle ones, the longest idle first."""

    def __init__(self) -> None:
        self._by_number: dict[int, Slot] = {}
        self.active = 0
        self.idle: list[Slot] = []

    def __iter__(self) -> Iterator[Slot]:
        """The slots now; they may change during the iteration."""
        return iter(list(self._by_number.values()))

    def __len__(self) -> int:
        """All slots, leaving ones too."""
        return len(self._by_number)

    def add(self, state: State, now: float) -> Slot:
        """A new slot, with the lowest number that is free."""
        number = next(number for number in count() if number not in self._by_number)
        slot = self._by_number[number] = Slot(number, state, since=now)
        self.active += 1
        return slot

    def leave(self, slot: Slot, deadline: float) -> None:
        """The slot gets no more work, and is killed at `deadline` if its end has not been seen by then."""
        if slot.state is State.IDLE:
            self.idle.remove(slot)
        if slot.state is not State.LEAVING:
            self.active -= 1
        slot.state = State.LEAVING
        slot.deadline = deadline

    def remove(self, slot: Slot) -> None:
        """The end of a leaving slot was seen."""
        self._by_number.pop(slot.number, None)

    def counts(self) -> dict[State, int]:
        """The number of slots in each state."""
        states = [slot.state for slot in self._by_number.values()]
        return {state: states.count(state) for state in State}

    def starting_without_work(self) -> int:
        """The number of slots that will poll and have nothing to do yet."""
        return sum(slot.state is State.STARTING and slot.work is None for slot in self._by_number.values())

    def withdrawn(self) -> int:
        """The number of slots that run their last invocation in a container that is stopping."""
        return sum(slot.withdrawn and slot.state is not State.LEAVING for slot in self._by_number.values())

    def in_place(self) -> int:
        """The number of slots that keep the ports of their container: all but those that leave together with it."""
        return sum(not slot.withdrawn or slot.state is not State.LEAVING for slot in self._by_number.values())

    def can_serve(self) -> bool:
        """Whether a slot has finished its init and takes work, now or later."""
        serving = (State.IDLE, State.BUSY, State.RETURNING)
        return any(slot.state in serving for slot in self._by_number.values())

    def surplus(self, limit: int) -> list[Slot]:
        """The managed slots beyond `limit`, those first whose end costs least.

        Retiring slots end anyway, so they count first and no other is retired in their place. Then come slots without
        work, idle ones before starting ones: an idle slot can be stopped at once, and a starting one is about to serve.
        Withdrawn slots do not count, nor does the part of `limit` that is for them: if they did, the containers that
        stay would keep too many.
        """
        managed = [
            slot
            for slot in self._by_number.values()
            if slot.managed and not slot.withdrawn and slot.state is not State.LEAVING
        ]
        managed.sort(key=lambda slot: (not slot.retiring, slot.work is not None, slot.state is not State.IDLE))
        return managed[: max(0, len(managed) - max(0, limit - self.withdrawn()))]

    def managed_idle(self) -> list[Slot]:
        """The idle slots that the gateway may stop, the longest idle first."""
        return [slot for slot in self.idle if slot.managed]
