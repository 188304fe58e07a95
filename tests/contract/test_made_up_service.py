"""A service that no package knows goes all the way by its own rows: from a template to an event at a function.

Its rows stand beside each package's tests: tests/schemas/widgets.py (the section and the event source),
tests/generator/services/widgets.py (the resource type and the SAM event), tests/provisioner/made_up_queue.py (the
calls), and the event source below. A real service adds the same to the packages, and a line to each registry.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.source import Deliver, Owner, SourceContext, SourceEvent, SourceType
from esb_gateway.event_sources.table import OPEN
from esb_gateway.invocation import Accepted, Invocation
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_generator import pipeline
from esb_generator.resources.registry import Registry
from esb_generator.services import SERVICES
from esb_generator.settings.request import Request
from esb_provisioner import desired
from esb_provisioner.provisioning import Progress, carry_out
from esb_provisioner.services import RESOURCE_TYPES
from esb_schemas.validation.loading import load
from tests.generator.services.widgets import SERVICE
from tests.provisioner.fakes import FakeClock, preview
from tests.provisioner.made_up_queue import QUEUE, FakeQueues, Queue
from tests.schemas.widgets import WidgetSource, registered

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::Widget::Queue, Properties: {DelaySeconds: 5}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Events:
        Order: {Type: Widget, Properties: {Queue: !GetAtt Orders.QueueName, BatchSize: 3}}
"""
WIDGETS = replace(
    QUEUE,
    section="Widget",
    parse=lambda entry, _region: Queue(entry["QueueName"], {"DelaySeconds": entry["DelaySeconds"]}),
)
DEADLINE = 60  # seconds


@dataclass(frozen=True)
class WidgetMapping:
    """An entry of functions.yml, compiled by the gateway."""

    type: str
    function: str
    function_arn: str
    key: str
    queue: str


class WidgetPoller:
    """Delivers the messages of a queue that somebody put there."""

    def __init__(self, mapping: WidgetMapping, messages: asyncio.Queue[bytes]) -> None:
        self._mapping = mapping
        self._messages = messages

    async def run(self, deliver: Deliver) -> None:
        mapping = self._mapping
        for number in range(1, 100):
            message = await self._messages.get()
            await deliver(SourceEvent(mapping.function, mapping.function_arn, message, mapping.key, number))


class Functions:
    """Accepts what is delivered, in the place of the durable queue."""

    def __init__(self) -> None:
        self.invoked: asyncio.Queue[Invocation] = asyncio.Queue()

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        self.invoked.put_nowait(invocation)
        done(None)

    def accept_once(self, _key: str, _due: int, invocation: Invocation, done: Accepted) -> None:
        self.accept(invocation, done)


def source_type(messages: dict[str, asyncio.Queue[bytes]]) -> SourceType:
    def read(entry: WidgetSource, owner: Owner) -> WidgetMapping:
        key = f"{owner.name}/{entry.name}"
        return WidgetMapping("Widget", owner.name, owner.stack.function_arn(owner.name), key, entry.queue)

    def open_(mapping: WidgetMapping, _context: SourceContext) -> WidgetPoller:
        return WidgetPoller(mapping, messages[mapping.queue])

    return SourceType(read, open_)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Path]:
    """The folder `config` of the built application."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    with registered():
        pipeline.run(Request(here=tmp_path), registry=Registry((*SERVICES, SERVICE)))
        yield tmp_path / ".esb/config"


def test_its_resource_is_provisioned_from_what_the_build_wrote(built: Path) -> None:
    queues, clock = FakeQueues(), FakeClock()
    wanted = desired.load(built / "resources.yml", types=(*RESOURCE_TYPES, WIDGETS))
    (name,) = (resource.name for resource in wanted)
    with ThreadPoolExecutor(2) as pool:
        carry_out(wanted, queues, pool, clock, Progress())
        assert not str(preview(wanted, queues, pool))
    assert queues.queues == {name: {"DelaySeconds": "5"}}


def test_its_events_reach_the_function_that_the_build_named(built: Path) -> None:
    async def main() -> Invocation:
        messages: dict[str, asyncio.Queue[bytes]] = {}
        sources = {**OPEN, "Widget": source_type(messages)}
        configuration = compiled(built, sources)
        (mapping,) = configuration.event_sources
        assert isinstance(mapping, WidgetMapping)
        messages[mapping.queue] = asyncio.Queue()
        functions = Functions()
        telemetry, identifiers = Telemetry(lambda *_line: None, lambda: 0), Identifiers(os.urandom)
        deliver = Delivery(functions, identifiers, telemetry)
        running = RunningSources(SourceContext(telemetry, identifiers, asyncio.sleep), deliver, sources)
        running.start(configuration.event_sources, None)
        messages[mapping.queue].put_nowait(b'{"order":1}')
        async with asyncio.timeout(DEADLINE):
            invocation = await functions.invoked.get()
        running.stop()
        return invocation

    invocation = asyncio.run(main())
    assert (invocation.function, invocation.payload) == ("Worker", b'{"order":1}')


def compiled(folder: Path, sources: dict[str, SourceType]) -> Configuration:
    functions = load("functions", folder / "functions.yml")
    return read_configuration(functions, load("routing", folder / "routing.yml"), sources)
