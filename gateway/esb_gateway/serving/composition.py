"""The parts of a gateway, put together: requests, events and what watches them share functions and connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from esb_gateway.admin.env_page import PATH as ENV
from esb_gateway.admin.env_page import EnvPage
from esb_gateway.admin.in_flight import InFlight
from esb_gateway.admin.pages import Page, pages
from esb_gateway.admin.queues_page import PATH as QUEUES
from esb_gateway.admin.queues_page import QueuesPage
from esb_gateway.async_invoke.checkpoints import CheckpointStore
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.async_invoke.rules import Delays
from esb_gateway.aws_client.client import AwsClients
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.descriptions import EventSourceMappings
from esb_gateway.event_sources.invoking import Invoking, Reservations
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.source import SourceContext
from esb_gateway.event_sources.switches import Switches
from esb_gateway.execution.functions import Functions
from esb_gateway.forwarding.plain_forwarder import PlainForwarder
from esb_gateway.inspection.page import PATH as INSPECTION
from esb_gateway.inspection.page import InspectionPage
from esb_gateway.inspection.recorder import Recorder
from esb_gateway.inspection.stack_state import StackState
from esb_gateway.serving.dependencies import Dependencies
from esb_gateway.serving.gateway import Gateway
from esb_gateway.settings import Settings
from esb_gateway.targets.deliveries import Deliveries
from esb_gateway.targets.table import available
from esb_wire.sigv4 import Credentials, for_operators


class Parts(NamedTuple):
    """The parts of a running gateway, except its listeners."""

    gateway: Gateway
    events: EventQueue
    sources: RunningSources
    deliveries: Deliveries
    aws: AwsClients


def assemble(  # noqa: PLR0913 - it is a composition root
    settings: Settings,
    configuration: Configuration,
    functions: Functions,
    deps: Dependencies,
    store: EventStore,
    *,
    switches: Switches,
    delays: Delays,
) -> Parts:
    """Nothing runs yet. If the stores are those of tests, a recorder notes which function gets which event."""
    credentials = Credentials(settings.access_key, settings.secret_key)
    forwarder = partial(PlainForwarder, deps.open_forwarder)
    aws = AwsClients(_endpoints(settings), credentials, forwarder, time.time, deps.offload)
    recorder = None if settings.tested_stores is None else Recorder(functions, time.time)
    invoker = recorder or functions
    deliveries = Deliveries(invoker, aws)
    events = EventQueue(
        deliveries,
        store,
        deps.telemetry,
        call_later=deps.call_later,
        identifiers=deps.identifiers,
        offload=deps.offload,
        delays=delays,
        targets=available(lambda service: service in settings.endpoints),
    )
    invoking = Invoking(invoker, Reservations(functions.free_slots), aws, time.monotonic)
    checkpoints = CheckpointStore(store, asyncio.sleep)
    context = SourceContext(
        deps.telemetry,
        deps.identifiers,
        asyncio.sleep,
        invoking=invoking,
        checkpoints=checkpoints,
        retries_at_once=recorder is not None,
        remakes_tables=settings.remakes_tables,
        ttl_removals=deps.ttl_removals,
        offload=deps.offload,
    )
    sources = RunningSources(context, Delivery(events, deps.identifiers, deps.telemetry), switches=switches)
    shown = {
        **pages(functions, events, sources, deps.telemetry, deps.readiness.drifted),
        **_operators_pages(settings, deps, events, sources, invoking),
    }
    if recorder is not None:
        state = StackState(recorder, events, sources, invoking, aws, checkpoints)
        shown[f"{INSPECTION}/"] = InspectionPage(state, for_operators(deps.verify), time.monotonic).get
    gateway = Gateway(configuration, invoker, events, EventSourceMappings(sources), deps, pages=shown, aws=aws)
    return Parts(gateway, events, sources, deliveries, aws)


def _operators_pages(
    settings: Settings, deps: Dependencies, events: EventQueue, sources: RunningSources, invoking: Invoking
) -> dict[str, Page]:
    """By path, or by how their paths begin."""
    signed = for_operators(deps.verify)
    in_flight = InFlight(events, lambda: sources.mappings, invoking.batches, deps.telemetry.clock)
    return {
        ENV: EnvPage(settings.embedded, signed).get,
        f"{QUEUES}/": QueuesPage(invoking.aws, in_flight, signed).get,
    }


def _endpoints(settings: Settings) -> Mapping[str, str]:
    """The URLs of the servers that the gateway calls, by boto3's names of the services."""
    if settings.tested_stores is None:
        return settings.endpoints
    return {**settings.endpoints, "dynamodb": settings.tested_stores}
