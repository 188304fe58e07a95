"""A made-up kind of event source, handed to the tables: from its entry in functions.yml to the function's event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.event_sources.running_sources import RESTART_DELAY, RunningSources
from esb_gateway.event_sources.source import Deliver, Mapping, Owner, SourceContext, SourceEvent, SourceType
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.event_sources import EVENT_SOURCES, EventSourceType


class Mailbox(NamedTuple):
    """The entry, as esb_schemas would load it."""

    type: str
    name: str
    box: str


@dataclass(frozen=True)
class MailboxMapping:
    """The entry, compiled."""

    type: str
    function: str
    function_arn: str
    key: str
    box: str


@dataclass
class MailboxService:
    """What a real source would poll; and a log of the sources that were opened and cancelled."""

    boxes: dict[str, asyncio.Queue[bytes]] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def box(self, name: str) -> asyncio.Queue[bytes]:
        return self.boxes.setdefault(name, asyncio.Queue())

    def source_type(self) -> SourceType:
        def read(entry: Mailbox, owner: Owner) -> MailboxMapping:
            key = f"{owner.name}/{entry.name}"
            return MailboxMapping(entry.type, owner.name, owner.stack.function_arn(owner.name), key, entry.box)

        def open_(mapping: MailboxMapping, _context: SourceContext) -> MailboxSource:
            self.events.append(f"open {mapping.box}")
            return MailboxSource(mapping, self)

        return SourceType(read, open_)


class MailboxSource:
    """Delivers each letter of its box."""

    def __init__(self, mapping: MailboxMapping, service: MailboxService) -> None:
        self._mapping = mapping
        self._service = service
        self._number = 0

    async def run(self, deliver: Deliver) -> None:
        mapping = self._mapping
        if self._service.failure is not None:
            failure, self._service.failure = self._service.failure, None
            raise failure
        try:
            while True:
                letter = await self._service.box(mapping.box).get()
                self._number += 1
                await deliver(SourceEvent(mapping.function, mapping.function_arn, letter, mapping.key, self._number))
        finally:
            self._service.events.append(f"end {mapping.box}")


class SourcesFixture:
    """Running sources of one made-up type, and what they delivered."""

    def __init__(self) -> None:
        self.service = MailboxService()
        self.table = {"Mailbox": self.service.source_type()}
        self.delivered: asyncio.Queue[SourceEvent] = asyncio.Queue()
        self.logged: list[str] = []
        self.slept: list[float] = []
        telemetry = Telemetry(lambda _kind, _level, fields: self.logged.append(fields["message"]), lambda: 0)
        self.sources = RunningSources(
            SourceContext(telemetry, Identifiers(bytes), self._sleep), self.delivered.put, self.table
        )

    def mappings(self, **boxes: str) -> tuple[Mapping, ...]:
        """The mappings of a functions.yml with a mailbox for each function."""
        functions = {
            name: {
                "handler": "app.handler",
                "runtime": "python3.12",
                "events": [{"type": "Mailbox", "name": "Mail", "box": box}],
            }
            for name, box in boxes.items()
        }
        return read_configuration({"functions": functions}, {"routes": []}, self.table).event_sources

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def mailboxes_in_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    row = EventSourceType(("Mailbox",), "mailbox", lambda entry: Mailbox(**entry), (), Path())
    monkeypatch.setitem(EVENT_SOURCES, "Mailbox", row)


def run(scenario: Callable[[SourcesFixture], Awaitable[Any]]) -> SourcesFixture:
    async def main() -> SourcesFixture:
        fixture = SourcesFixture()
        try:
            await asyncio.wait_for(scenario(fixture), 60)
        finally:
            fixture.sources.stop()
            await asyncio.sleep(0)
        return fixture

    return asyncio.run(main())


def test_a_made_up_source_delivers_an_event_to_its_function() -> None:
    async def scenario(fixture: SourcesFixture) -> None:
        fixture.sources.start(fixture.mappings(work="inbox"), None)
        await fixture.service.box("inbox").put(b'"hello"')
        event = await fixture.delivered.get()
        assert event.function_arn == "arn:aws:lambda:us-east-1:123456789012:function:work"
        assert (event.function, event.payload, event.key) == ("work", b'"hello"', "work/Mail")

    assert run(scenario).service.events == ["open inbox", "end inbox"]


def test_a_changed_configuration_replaces_only_what_has_changed() -> None:
    async def scenario(fixture: SourcesFixture) -> None:
        fixture.sources.start(fixture.mappings(stays="a", changes="b", goes="c"), None)
        await asyncio.sleep(0)
        fixture.sources.reconfigure(fixture.mappings(new="e", changes="d", stays="a"))
        assert [mapping.function for mapping in fixture.sources.mappings] == ["new", "changes", "stays"]
        await fixture.service.box("a").put(b"1")
        assert (await fixture.delivered.get()).function == "stays"
        assert sorted(fixture.service.events[3:5]) == ["end b", "end c"]
        assert fixture.service.events[5:] == ["open e", "open d"]

    run(scenario)


def test_a_source_that_fails_is_logged_and_goes_on() -> None:
    async def scenario(fixture: SourcesFixture) -> None:
        fixture.service.failure = RuntimeError("no such box")
        fixture.sources.start(fixture.mappings(work="inbox"), None)
        await fixture.service.box("inbox").put(b"1")
        await fixture.delivered.get()

    fixture = run(scenario)
    assert fixture.logged == ["work/Mail: the event source failed and starts again: RuntimeError('no such box')"]
    assert fixture.slept == [RESTART_DELAY]
