"""APIs and their routes as values: what routing.yml says, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from esb_gateway.apis.api_types import HTTP, ApiType
from esb_gateway.apis.route_auth import ResourcePolicy, RouteAuth
from esb_schemas.contract import Cors, GatewayResponse
from esb_schemas.request_bodies.validation import BodyValidator

DEFAULT_PATH: Final = "$default"
DEFAULT_STAGE: Final = "$default"


@dataclass(frozen=True, slots=True)
class Api:
    """One API. `id` is its logical id in the template. Without a `policy`, everybody may call it."""

    id: str
    type: ApiType = HTTP
    stage: str = DEFAULT_STAGE
    stage_variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    binary_media_types: tuple[str, ...] = ()
    cors: Cors | None = None
    key_from_authorizer: bool = False
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=lambda: MappingProxyType({}))
    policy: ResourcePolicy | None = None

    def with_stage(self, path: str) -> str:
        """The path as AWS's URLs have it: it begins with the stage, unless that is $default."""
        return path if self.stage == DEFAULT_STAGE else f"/{self.stage}{path}"


class Integration:
    """The backend of a route. The package `integrations` has one subclass for each type of integration."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """The required parts of a request: parameters (their places and names), and a valid body.

    `bodies` are validators by media type; `$default` is for all other media types.
    """

    parameters: tuple[tuple[str, str], ...]
    bodies: Mapping[str, BodyValidator]


@dataclass(frozen=True, slots=True)
class Route:
    """One route of an API. `timeout` is how long a client waits, in seconds. Without `auth`, the route is open."""

    api: Api
    method: str
    path: str
    payload: str
    timeout: float
    integration: Integration
    operation_name: str | None = None
    auth: RouteAuth | None = None
    validation: Validation | None = None

    @property
    def key(self) -> str:
        """The route key of an HTTP API, such as `GET /orders/{id}` or `$default`."""
        return DEFAULT_PATH if self.path == DEFAULT_PATH else f"{self.method} {self.path}"

    @property
    def greedy_parameter(self) -> str:
        """The name of the parameter that takes the rest of the path; empty if there is none."""
        return self.path.rpartition("{")[2].removesuffix("+}") if self.path.endswith("+}") else ""
