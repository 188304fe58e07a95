"""A schedule's firing becomes one durable event, however often it is handed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from esb_gateway.async_invoke.event_file import FIRED_KEPT, EventFile
from esb_gateway.async_invoke.rules import Event
from esb_gateway.event_sources.schedules.delivery import Delivery
from esb_gateway.event_sources.schedules.schedules import Firing, Schedule
from esb_gateway.invocation import Invocation
from esb_schemas.schedule_expressions import parse

NOW = 1_700_000_000
ARN = "arn:aws:lambda:us-east-1:123456789012:function:work"
NIGHTLY = Schedule("work", ARN, "Nightly", "arn:aws:events:::rule/n", "rate(1 day)", parse("rate(1 day)"))


def fire(world: Any, due: int = NOW) -> None:
    Delivery(world.queue, world.around)(Firing(NIGHTLY, due, due))
    world.settle()


def test_a_firing_runs_its_function_with_the_event(make_world: Any) -> None:
    world = make_world()
    fire(world)
    (invocation,) = world.invoker.submitted
    assert invocation.function == "work"
    assert invocation.arn == ARN
    assert json.loads(invocation.payload)["time"] == "2023-11-14T22:13:20Z"
    assert world.around.counts.firings == {("work", "Nightly", "fired"): 1}


def test_the_same_firing_runs_once_also_after_it_has_ended_and_after_a_restart(make_world: Any) -> None:
    world = make_world()
    fire(world)
    fire(world)
    world.end(world.invoker.submitted[0].request_id)
    fire(world)
    assert len(world.invoker.submitted) == 1
    world.restart()
    fire(world)
    assert world.invoker.submitted == []
    fire(world, NOW + 86400)
    assert len(world.invoker.submitted) == 1


def test_a_firing_that_found_no_room_is_told_and_may_come_again(make_world: Any) -> None:
    world = make_world()
    world.store.broken = True
    fire(world)
    assert any("work/Nightly could not be fired: The disk is broken." in line for line in world.lines)
    assert world.around.counts.firings == {("work", "Nightly", "failed"): 1}
    world.store.broken = False
    fire(world)
    assert len(world.invoker.submitted) == 1


def test_the_file_knows_when_it_fired_last_and_forgets_what_is_old(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    event = Event(Invocation("work", b"{}", "id-1", "Root=1", "arn"), NOW, NOW)
    file = EventFile(path, 1024**3, NOW)
    assert file.last_fired is None
    file.begin()
    assert file.put_once("work/Nightly", NOW, event) is not None
    assert file.put_once("work/Nightly", NOW, event) is None
    file.commit()
    file.close()
    file = EventFile(path, 1024**3, NOW)
    assert file.last_fired == NOW
    file.begin()
    assert file.put_once("work/Nightly", NOW, event) is None
    file.sweep(NOW + FIRED_KEPT + 1)
    assert file.drop("id-1") is not None
    assert file.put_once("work/Nightly", NOW, event) is not None
    file.commit()
    file.close()
