"""The configuration that a gateway works with, compiled from the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from esb_gateway.apis.api import Api, Route
from esb_gateway.apis.function_urls import FunctionUrl
from esb_gateway.event_sources.source import Mapping as EventSourceMapping
from esb_gateway.invocation import Function
from esb_schemas import contract
from esb_schemas.contract import Stack


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that the gateway takes from the files."""

    stack: Stack
    functions: Mapping[str, Function]
    apis: tuple[Api, ...]
    routes: tuple[Route, ...]
    urls: tuple[FunctionUrl, ...] = ()
    event_sources: tuple[EventSourceMapping, ...] = ()
    api_keys: Mapping[str, contract.ApiKey] = field(default_factory=dict)
    usage_plans: Mapping[str, contract.UsagePlan] = field(default_factory=dict)
