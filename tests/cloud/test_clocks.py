"""The store's time: monotonic within a run, and across restarts whatever the wall clock does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from esb_cloud.clocks import Clocks, StoreClock

NOW = 1_800_000_000.0
DAY = 86_400.0


@dataclass
class Machine:
    """A machine's clocks."""

    steady: float = 1000.0
    wall: float = NOW
    since_boot: float = 5000.0
    boot: str = "first"

    def clocks(self) -> Clocks:
        return Clocks(lambda: self.steady, lambda: self.wall, lambda: self.since_boot, lambda: self.boot)

    def sleep(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += seconds
        self.since_boot += seconds


def test_a_new_store_begins_with_the_wall_clock() -> None:
    assert StoreClock(Machine().clocks(), None).now() == NOW


@pytest.mark.parametrize("step", [DAY, -DAY, -NOW])
def test_a_step_of_the_wall_clock_changes_nothing_within_a_run(step: float) -> None:
    machine = Machine()
    clock = StoreClock(machine.clocks(), None)
    machine.sleep(10)
    machine.wall += step
    assert clock.now() == NOW + 10
    assert clock.wall() == NOW + 10 + step


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_a_step_while_the_process_restarts_changes_nothing(step: float) -> None:
    machine = Machine()
    saved = StoreClock(machine.clocks(), None).save()
    machine.sleep(10)
    machine.wall += step
    machine.steady = 7.0
    assert StoreClock(machine.clocks(), saved).now() == NOW + 10


def test_time_passes_while_the_machine_is_off() -> None:
    machine = Machine()
    saved = StoreClock(machine.clocks(), None).save()
    machine.sleep(3600)
    machine.boot, machine.since_boot = "second", 20.0
    assert StoreClock(machine.clocks(), saved).now() == NOW + 3600


def test_no_time_passes_if_the_machine_starts_without_a_clock_that_is_set() -> None:
    machine = Machine()
    saved = StoreClock(machine.clocks(), None).save()
    machine.boot, machine.since_boot, machine.wall = "second", 20.0, 12.0
    assert StoreClock(machine.clocks(), saved).now() == NOW


def test_no_time_passes_if_the_clock_was_not_set_when_it_was_saved() -> None:
    machine = Machine(wall=12.0)
    saved = StoreClock(machine.clocks(), None).save()
    machine.boot, machine.wall = "second", NOW
    assert StoreClock(machine.clocks(), saved).now() == 12.0
