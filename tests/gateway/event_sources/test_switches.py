"""Mappings that a person pauses and resumes, across restarts and builds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.event_sources.descriptions import EventSourceMappings
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.source import Mapping, SourceContext
from esb_gateway.event_sources.switches import NAME, Switches
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers


class FakeCheckpoints:
    """Keeps texts by their names."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def load(self, name: str) -> str | None:
        return self.texts.get(name)

    async def save(self, name: str, position: str) -> None:
        self.texts[name] = position

    async def remove(self, prefix: str, kept: frozenset[str]) -> None:
        raise AssertionError(prefix, kept)


def mappings(**enabled: bool) -> tuple[Mapping, ...]:
    """Of a queue and of a table's stream, and a schedule."""
    events: list[dict[str, Any]] = [
        {"type": "sqs", "name": "Queue", "queue": "arn:aws:sqs:us-east-1:123456789012:orders"},
        {"type": "dynamodb", "name": "Table", "table": "orders", "starting_position": "LATEST"},
    ]
    for event in events:
        event["enabled"] = enabled.get(event["name"].lower(), True)
    events.append({"type": "Schedule", "name": "Tick", "schedule": "rate(1 day)"})
    function = {"handler": "app.handler", "runtime": "python3.12", "events": events}
    return read_configuration({"functions": {"work": function}}, {"routes": []}).event_sources


class Gateway:
    """The sources of one gateway; nothing is invoked."""

    def __init__(self, checkpoints: FakeCheckpoints) -> None:
        self.logged: list[str] = []
        self.now = 1_700_000_000.0
        self.switches = Switches(checkpoints, lambda: self.now)
        telemetry = Telemetry(lambda _kind, _level, fields: self.logged.append(fields["message"]), lambda: self.now)
        context = SourceContext(telemetry, Identifiers(bytes), asyncio.sleep)

        async def deliver(_event: Any) -> None:
            raise AssertionError

        self.sources = RunningSources(context, deliver, switches=self.switches)
        self.api = EventSourceMappings(self.sources)

    def states(self) -> dict[str, str]:
        """By what they read."""
        return {each["EventSourceArn"].split(":")[2]: each["State"] for each in self.api.documents(5.0)}

    def uuid(self, service: str) -> str:
        found = {each["EventSourceArn"].split(":")[2]: str(each["UUID"]) for each in self.api.documents(5.0)}
        return found[service]


def run(*scenarios: Callable[[Gateway], Awaitable[None]]) -> FakeCheckpoints:
    """Each with a gateway of its own, one after the other, over one file."""
    checkpoints = FakeCheckpoints()

    async def main() -> None:
        for scenario in scenarios:
            gateway = Gateway(checkpoints)
            await gateway.switches.load()
            try:
                await scenario(gateway)
            finally:
                gateway.sources.stop()
                await asyncio.sleep(0)

    asyncio.run(main())
    return checkpoints


async def paused(gateway: Gateway) -> None:
    gateway.sources.start(mappings(), None)
    await gateway.api.switch(gateway.uuid("sqs"), enabled=False)


def test_each_kind_is_paused_and_resumed() -> None:
    async def scenario(gateway: Gateway) -> None:
        gateway.sources.start(mappings(), None)
        assert gateway.states() == {"sqs": "Enabled", "dynamodb": "Enabled"}
        for service in ("sqs", "dynamodb"):
            await gateway.api.switch(gateway.uuid(service), enabled=False)
        assert gateway.states() == {"sqs": "Disabled", "dynamodb": "Disabled"}
        assert [each["LastModified"] for each in gateway.api.documents(5.0)] == [gateway.now] * 2
        await gateway.api.switch(gateway.uuid("sqs"), enabled=True)
        assert gateway.states() == {"sqs": "Enabled", "dynamodb": "Disabled"}
        assert [each["LastModified"] for each in gateway.api.documents(5.0)] == [5.0, gateway.now]
        assert "work/Queue: paused by UpdateEventSourceMapping" in gateway.logged
        assert "work/Queue: resumed by UpdateEventSourceMapping" in gateway.logged

    run(scenario)


def test_others_go_on_undisturbed() -> None:
    async def scenario(gateway: Gateway) -> None:
        await paused(gateway)
        tasks = {task.get_name() for task in asyncio.all_tasks() if not task.cancelling()}
        assert {"work/Table", "work/Tick", "work/Queue"} <= tasks
        assert [each.key for each in gateway.sources.mappings] == ["work/Queue", "work/Table", "work/Tick"]

    run(scenario)


def test_a_pause_outlives_the_gateway_and_is_told_at_the_start() -> None:
    async def again(gateway: Gateway) -> None:
        gateway.sources.start(mappings(), None)
        assert gateway.states()["sqs"] == "Disabled"
        since = "2023-11-14T22:13:20+00:00"
        text = f"work/Queue: paused or resumed by UpdateEventSourceMapping at {since}, which is still so"
        assert gateway.logged[0] == text

    run(paused, again)


def test_a_build_that_says_the_same_leaves_it_paused() -> None:
    async def scenario(gateway: Gateway) -> None:
        await paused(gateway)
        gateway.sources.reconfigure(mappings())
        assert gateway.states()["sqs"] == "Disabled"

    run(scenario)


def test_a_build_that_says_something_else_wins_for_good() -> None:
    async def changed(gateway: Gateway) -> None:
        await paused(gateway)
        gateway.sources.reconfigure(mappings(queue=False))
        gateway.sources.reconfigure(mappings(queue=True))
        assert gateway.states()["sqs"] == "Enabled"
        while True:  # the file is written beside it
            await asyncio.sleep(0)
            if await gateway.switches._checkpoints.load(NAME) == "{}":
                break

    async def again(gateway: Gateway) -> None:
        gateway.sources.start(mappings(), None)
        assert gateway.states()["sqs"] == "Enabled"

    run(changed, again)


def test_one_that_the_template_disables_can_be_resumed() -> None:
    async def resumed(gateway: Gateway) -> None:
        gateway.sources.start(mappings(queue=False), None)
        await gateway.api.switch(gateway.uuid("sqs"), enabled=True)
        assert gateway.states()["sqs"] == "Enabled"

    async def again(gateway: Gateway) -> None:
        gateway.sources.start(mappings(queue=False), None)
        assert gateway.states()["sqs"] == "Enabled"

    run(resumed, again)


def test_a_switch_while_the_gateway_stops_starts_nothing() -> None:
    async def scenario(gateway: Gateway) -> None:
        gateway.sources.start(mappings(), None)
        id_ = gateway.uuid("sqs")
        gateway.sources.stop()
        await gateway.api.switch(id_, enabled=False)
        assert gateway.sources.mappings == []

    assert "false, true" in run(scenario).texts[NAME]


def test_a_mapping_that_does_not_exist() -> None:
    async def scenario(gateway: Gateway) -> None:
        gateway.sources.start(mappings(), None)
        await gateway.api.switch("nobody", enabled=False)
        assert gateway.states() == {"sqs": "Enabled", "dynamodb": "Enabled"}

    assert run(scenario).texts == {}


def test_a_switch_that_a_build_has_overtaken_is_forgotten_before_the_gateway_ends() -> None:
    saving: list[asyncio.Event] = []

    class SlowCheckpoints(FakeCheckpoints):
        async def save(self, name: str, position: str) -> None:
            if saving:
                await saving[0].wait()
            await super().save(name, position)

    async def main() -> None:
        checkpoints = SlowCheckpoints()
        gateway = Gateway(checkpoints)
        await gateway.switches.load()
        await paused(gateway)
        saving.append(asyncio.Event())
        gateway.sources.reconfigure(mappings(queue=False))
        gateway.sources.stop()
        finishing = asyncio.create_task(gateway.sources.finish(60))
        await asyncio.sleep(0)
        assert not finishing.done()
        saving[0].set()
        await finishing
        assert checkpoints.texts[NAME] == "{}"

    asyncio.run(main())
