"""functions.yml and routing.yml as the values that the gateway works with, every default filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from esb_gateway.apis.auth.auth_config import read_authorizers, read_guard, read_keys
from esb_gateway.apis.auth.route_auth import Authorizer, Keys
from esb_gateway.apis.function_urls import FunctionUrl
from esb_gateway.apis.routing import Api, ApiType, Cors, Route
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.schedules.schedules import Schedule
from esb_gateway.integrations.types import HttpProxy, Integration, Mock
from esb_gateway.invocation import Destination, EventInvoke, Function, Stack
from esb_schemas import ContractError, load
from esb_schemas.schedule_expressions import parse, timezone
from esb_wire.http.messages import Response

# Each segment is a literal or {name}; the last one may be {name+}.
_PATH = re.compile(r"\$default|(/[^/{}]*|/\{[^/{}+]+\})*(/\{[^/{}+]+\+\})?")

Document: TypeAlias = Mapping[str, Any]

DEFAULT_API = "ServerlessHttpApi"
_TIMEOUTS = {ApiType.REST: 29.0, ApiType.HTTP: 30.0}  # API Gateway quotas: integration timeout, in seconds
_PAYLOADS = {ApiType.REST: "1.0", ApiType.HTTP: "2.0"}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the gateway runs and routes, and who may call."""

    stack: Stack
    functions: Mapping[str, Function]
    apis: tuple[Api, ...]
    routes: tuple[Route, ...]
    urls: tuple[FunctionUrl, ...] = ()
    keys: Keys = Keys()  # noqa: RUF009  (frozen)
    schedules: tuple[Schedule, ...] = ()


def load_configuration(config_dir: Path) -> Configuration:
    """Read both files. Raises ConfigurationError: a file that breaks its contract, or a route to nowhere."""
    return read_configuration(*load_documents(config_dir))


def load_documents(config_dir: Path) -> tuple[Document, Document]:
    """Both files, functions first, each valid in itself. Raises ConfigurationError."""
    try:
        return load("functions", config_dir / "functions.yml"), load("routing", config_dir / "routing.yml")
    except ContractError as error:
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(
            f"{config_dir}: {error.strerror or error}; "
            "run esb build, or point ESB_CONFIG_DIR at the folder of functions.yml."
        ) from error


def read_configuration(functions: Document, routing: Document) -> Configuration:
    """Two valid documents as a Configuration. Raises ConfigurationError for a function that is named and not there."""
    stack = Stack(**functions.get("stack", {}))
    defaults = functions.get("defaults", {})
    known = {name: _function(name, entry or {}, defaults, stack) for name, entry in functions["functions"].items()}
    _check_destinations(known)
    apis = _apis(routing)
    authorizers = {name: read_authorizers(name, entry or {}, known) for name, entry in routing.get("apis", {}).items()}
    routes = tuple(_route(index, entry, apis, known, authorizers) for index, entry in enumerate(routing["routes"]))
    urls = tuple(_url(name, entry["url"]) for name, entry in functions["functions"].items() if entry and "url" in entry)
    schedules = tuple(
        _schedule(name, entry.get("logical_id", name), event, stack)
        for name, entry in functions["functions"].items()
        for event in (entry or {}).get("events", ())
    )
    keys = read_keys(routing)
    return Configuration(stack, MappingProxyType(known), tuple(apis.values()), routes, urls, keys, schedules)


def _function(name: str, entry: Document, defaults: Document, stack: Stack) -> Function:
    scaling = {**defaults.get("scaling", {}), **entry.get("scaling", {})}
    reserved = entry.get("reserved_concurrency")
    minimum = scaling.get("min_capacity", 0)
    maximum = max(minimum, scaling.get("max_capacity", 4))
    return Function(
        name=name,
        arn=stack.function_arn(name),
        handler=entry.get("handler", ""),
        runtime=entry.get("runtime", ""),
        timeout=float(entry.get("timeout", defaults.get("timeout", 3))),
        memory_size=int(entry.get("memory_size", defaults.get("memory_size", 128))),
        min_capacity=minimum,
        max_capacity=maximum,
        idle_timeout=float(scaling.get("idle_timeout", 300)),
        queue_depth=int(scaling.get("queue_depth", 1000)),
        reserved_concurrency=reserved,
        code=entry.get("code"),
        layers=tuple(entry.get("layers", ())),
        environment={**defaults.get("environment", {}), **entry.get("environment", {})},
        log_format=entry.get("log_format", "Text"),
        aliases=tuple(entry.get("aliases", ())),
        event_invoke=_event_invoke(entry.get("event_invoke", {})),
    )


def _schedule(function: str, owner: str, event: Document, stack: Stack) -> Schedule:
    by_scheduler = event["type"] == "ScheduleV2"
    name = event["name"]
    usual = f"schedule/default/{owner}{name}" if by_scheduler else f"rule/{stack.name}-{owner}{name}"
    service = "scheduler" if by_scheduler else "events"
    return Schedule(
        function=function,
        function_arn=stack.function_arn(function),
        name=name,
        arn=f"arn:aws:{service}:{stack.region}:{stack.account_id}:{event.get('resource', usual)}",
        text=event["schedule"],
        expression=parse(event["schedule"], scheduler=by_scheduler),
        by_scheduler=by_scheduler,
        timezone=timezone(event.get("timezone", "UTC")),
        window=60 * event.get("flexible_time_window", 0),
        start=_seconds(event.get("start_date")),
        end=_seconds(event.get("end_date")),
        input=event.get("input"),
        enabled=event.get("enabled", True),
    )


def _seconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())


def _url(function: str, entry: Document) -> FunctionUrl:
    return FunctionUrl(
        function=function,
        signed=entry["auth_type"] == "AWS_IAM",
        streams=entry.get("invoke_mode") == "RESPONSE_STREAM",
        qualifier=entry.get("qualifier"),
        cors=_cors(entry["cors"]) if "cors" in entry else None,
    )


def _event_invoke(entry: Document) -> EventInvoke:
    return EventInvoke(
        maximum_retry_attempts=int(entry.get("maximum_retry_attempts", 2)),
        maximum_event_age=float(entry.get("maximum_event_age", 21600)),
        on_success=_destination(entry.get("on_success")),
        on_failure=_destination(entry.get("on_failure")),
        dead_letter=_destination(entry.get("dead_letter")),
    )


def _destination(entry: Document | None) -> Destination | None:
    return None if entry is None else Destination(entry.get("function"), entry.get("arn", ""))


def _check_destinations(functions: Mapping[str, Function]) -> None:
    for name, function in functions.items():
        for key in ("on_success", "on_failure", "dead_letter"):
            target: Destination | None = getattr(function.event_invoke, key)
            if target is not None and target.function is not None and target.function not in functions:
                raise ConfigurationError(
                    f"functions.yml: functions.{name}.event_invoke.{key}: there is no function {target.function}; "
                    "name one that is there, or give an arn."
                )


def _apis(routing: Document) -> dict[str, Api]:
    """The APIs in the file's order; then those that only a route names, each an HTTP API with every default."""
    apis = {name: _api(name, entry or {}) for name, entry in routing.get("apis", {}).items()}
    for route in routing["routes"]:
        name = route.get("api", DEFAULT_API)
        apis.setdefault(name, Api(name))
    return apis


def _api(name: str, entry: Document) -> Api:
    return Api(
        id=name,
        type=ApiType(entry.get("type", "HTTP")),
        stage=entry.get("stage", "$default"),
        stage_variables=MappingProxyType(dict(entry.get("stage_variables", {}))),
        binary_media_types=tuple(entry.get("binary_media_types", ())),
        cors=_cors(entry["cors"]) if "cors" in entry else None,
        key_from_authorizer=entry.get("api_key_source") == "AUTHORIZER",
    )


def _cors(entry: Document) -> Cors:
    return Cors(
        allow_origins=tuple(entry.get("allow_origins", ())),
        allow_methods=tuple(entry.get("allow_methods", ())),
        allow_headers=tuple(entry.get("allow_headers", ())),
        expose_headers=tuple(entry.get("expose_headers", ())),
        allow_credentials=entry.get("allow_credentials", False),
        max_age=entry.get("max_age"),
    )


def _route(
    index: int,
    entry: Document,
    apis: Mapping[str, Api],
    functions: Mapping[str, Function],
    authorizers: Mapping[str, Mapping[str, Authorizer]],
) -> Route:
    name = entry.get("function", "")
    if "integration" not in entry and name not in functions:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].function: there is no function {name} in functions.yml; "
            "name one that is there, or remove the route."
        )
    api = apis[entry.get("api", DEFAULT_API)]
    payload = entry.get("payload", _PAYLOADS[api.type])
    if api.type is ApiType.REST and payload != "1.0":
        raise ConfigurationError(
            f"routing.yml: routes[{index}].payload: a REST API sends payload 1.0 only, not {payload}; "
            f"leave payload out, or make {api.id} an HTTP API."
        )
    _check_path(index, entry["path"])
    millis = entry.get("timeout_in_millis")
    return Route(
        api=api,
        method=entry["method"],
        path=entry["path"],
        function=name,
        payload=payload,
        timeout=_TIMEOUTS[api.type] if millis is None else millis / 1000,
        operation_name=entry.get("operation_name"),
        guard=read_guard(index, entry, authorizers.get(api.id, {})),
        integration=_integration(entry["integration"]) if "integration" in entry else None,
    )


def _integration(entry: Document) -> Integration:
    headers = tuple(entry.get("headers", {}).items())
    if entry["type"] == "MOCK":
        return Mock(Response(entry["status"], headers, entry.get("body", "").encode()))
    return HttpProxy(entry["uri"], entry.get("method", "ANY"), headers)


def _check_path(index: int, path: str) -> None:
    if _PATH.fullmatch(path) is None:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].path: {path} is no path of a route; "
            "a segment is plain text or {name}, and only the last one may be {name+}."
        )
