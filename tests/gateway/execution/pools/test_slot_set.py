"""Which slots are retired first."""

from __future__ import annotations

from esb_gateway.execution.pools.slot_set import SlotSet
from esb_gateway.execution.pools.slots import Slot, State, Work
from esb_gateway.invocation import Invocation


def add(slots: SlotSet, state: State, *, busy: bool = False, retiring: bool = False) -> Slot:
    slot = slots.add(state, 0.0)
    slot.managed, slot.retiring = True, retiring
    if busy:
        slot.work = Work(Invocation("f", b"", "id", "", ""), lambda _: None, 0.0)
    if state is State.IDLE:
        slots.idle.append(slot)
    return slot


def test_the_cheapest_ends_come_first() -> None:
    slots = SlotSet()
    busy, starting, idle, retiring = (
        add(slots, State.BUSY, busy=True),
        add(slots, State.STARTING),
        add(slots, State.IDLE),
        add(slots, State.BUSY, busy=True, retiring=True),
    )
    assert slots.surplus(0) == [retiring, idle, starting, busy]
    assert slots.surplus(3) == [retiring]
    assert slots.surplus(4) == []


def test_a_withdrawn_slot_takes_nobodys_place() -> None:
    slots = SlotSet()
    withdrawn = add(slots, State.BUSY, busy=True, retiring=True)
    withdrawn.withdrawn = True
    idle, busy = add(slots, State.IDLE), add(slots, State.BUSY, busy=True)
    assert slots.surplus(limit=3) == []
    assert slots.surplus(limit=2) == [idle], "one for the withdrawn slot, one for the others"
    assert slots.surplus(limit=0) == [idle, busy]


def test_a_slot_that_leaves_is_counted_until_its_end_is_seen() -> None:
    slots = SlotSet()
    slot = add(slots, State.IDLE)
    slots.leave(slot, deadline=1.0)
    assert (slots.active, len(slots), slots.idle, slots.managed_idle()) == (0, 1, [], [])
    slots.remove(slot)
    assert len(slots) == 0
    assert add(slots, State.STARTING).number == 0
