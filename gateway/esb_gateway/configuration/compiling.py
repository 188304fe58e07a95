"""functions.yml, routing.yml and resources.yml, compiled into the values that the gateway works with.

`esb_schemas.contract` has the content of the first two and every default; of the last, the notifications count. Here
names are resolved: a route gets its API, its function and its authorizer, and a name that does not exist is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from esb_gateway.apis.api import Api, Route, Validation
from esb_gateway.apis.api_types import API_TYPES
from esb_gateway.apis.auth.auth_config import compile_authorizers, compile_route_auth
from esb_gateway.apis.auth.resource_policies import compile_policy
from esb_gateway.apis.function_urls import FunctionUrl
from esb_gateway.apis.route_auth import RouteAuth
from esb_gateway.apis.validation import compile_validation
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.s3.notifications import BucketNotifications, read_notifications
from esb_gateway.event_sources.schedules.schedule import read_target_schedule
from esb_gateway.event_sources.source import Owner, SourceType
from esb_gateway.event_sources.table import OPEN
from esb_gateway.integrations.table import compile_integration
from esb_gateway.invocation import Function
from esb_schemas import contract
from esb_schemas.contract import Stack, payload_of_route, settings, timeout_of_route
from esb_schemas.errors import ContractError
from esb_schemas.validation.loading import load

Document: TypeAlias = Mapping[str, Any]

# Each segment is a literal or {name}; the last one may be {name+}.
_PATH: Final = re.compile(r"\$default|(/[^/{}]*|/\{[^/{}+]+\})*(/\{[^/{}+]+\+\})?")


def load_configuration(config_dir: Path) -> Configuration:
    """Read and compile the files; resources.yml may be missing. Raises ConfigurationError for one that is invalid."""
    resources = config_dir / "resources.yml"
    try:
        functions = load("functions", config_dir / "functions.yml")
        routing = load("routing", config_dir / "routing.yml")
        buckets = load("resources", resources) if resources.exists() else {}
    except ContractError as error:
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(
            f"{config_dir}: {error.strerror or error}; "
            "run esb build, or point ESB_CONFIG_DIR at the folder of functions.yml."
        ) from error
    return read_configuration(functions, routing, resources_document=buckets)


def read_configuration(
    functions_document: Document,
    routing_document: Document,
    source_types: Mapping[str, SourceType] = OPEN,
    resources_document: Document = MappingProxyType({}),
) -> Configuration:
    """Compile valid documents. Raises ConfigurationError for a name that does not exist.

    Of resources.yml, only the notifications of buckets are read.
    """
    file, routing = contract.load_functions(functions_document), contract.load_routing(routing_document)
    functions = {name: _function(name, entry, file) for name, entry in file.functions.items()}
    _check_destinations(functions)
    apis = {name: _api(name, entry, file.stack) for name, entry in routing.apis.items()}
    for route in routing.routes:  # an API that only a route names is an HTTP API with every default
        apis.setdefault(route.api, Api(route.api))
    authorizers = {name: compile_authorizers(name, api, functions) for name, api in routing.apis.items()}
    models = {name: api.models for name, api in routing.apis.items()}
    for index, route in enumerate(routing.routes):
        _check_route(index, route, apis[route.api], functions)
    return Configuration(
        stack=file.stack,
        functions=MappingProxyType(functions),
        apis=tuple(apis.values()),
        routes=tuple(
            _route(
                route,
                apis[route.api],
                functions,
                compile_route_auth(
                    index,
                    route.auth,
                    authorizers.get(route.api, {}),
                    has_policy=apis[route.api].policy is not None,
                ),
                compile_validation(route.validation, models.get(route.api, {})),
            )
            for index, route in enumerate(routing.routes)
        ),
        urls=tuple(_url(name, entry.url, file.stack) for name, entry in file.functions.items() if entry.url),
        event_sources=(
            *(
                source_types[event.type].read(event, _owner(functions[name], file.stack))
                for name, entry in file.functions.items()
                for event in entry.events
            ),
            *(read_target_schedule(entry, file.stack) for entry in file.schedules),
            *_notifications(resources_document, functions, file.stack),
        ),
        api_keys=routing.api_keys,
        usage_plans=routing.usage_plans,
    )


def _function(name: str, entry: contract.Function, file: contract.Functions) -> Function:
    return Function(
        name=name,
        arn=file.stack.function_arn(name),
        handler=entry.handler or "",
        runtime=entry.runtime or "",
        reserved_concurrency=entry.reserved_concurrency,
        code=entry.code,
        layers=entry.layers,
        secret_environment=entry.secret_environment,
        builds=entry.builds,
        log_format=entry.log_format,
        egress=entry.egress,
        may_loop=entry.recursive_loop == "Allow",
        description=entry.description,
        package_type=entry.package_type,
        architecture=entry.architecture,
        ephemeral_storage=entry.ephemeral_storage,
        logical_id=entry.logical_id,
        aliases=entry.aliases,
        published=entry.published,
        auto_publish_alias=entry.auto_publish_alias,
        event_invoke=entry.event_invoke,
        **settings(entry, file.defaults)._asdict(),
    )


def _owner(function: Function, stack: Stack) -> Owner:
    return Owner(function.name, function.trigger_arn, function.logical_id or function.name, stack, function.may_loop)


def _check_destinations(functions: Mapping[str, Function]) -> None:
    for name, function in functions.items():
        for key, target in function.event_invoke._asdict().items():
            if isinstance(target, contract.Destination) and target.function not in (None, *functions):
                raise ConfigurationError(
                    f"functions.yml: functions.{name}.event_invoke.{key}: there is no function {target.function}; "
                    "name one that is there, or give an arn."
                )


def _notifications(
    resources: Document, functions: Mapping[str, Function], stack: Stack
) -> Iterator[BucketNotifications]:
    """None if there are no notifications, so that nothing reads what changes."""
    found = read_notifications(resources, Owner("", "", "", stack))
    for each in found.notifications:
        if each.function is not None and each.function not in functions:
            raise ConfigurationError(
                f"resources.yml: S3: {each.bucket} notifies {each.function}, and there is no such function; "
                "name one of functions.yml."
            )
    if found.notifications:
        yield found


def _url(function: str, entry: contract.FunctionUrl, stack: Stack) -> FunctionUrl:
    arn = stack.function_arn(function)
    return FunctionUrl(
        function=function,
        arn=f"{arn}:{entry.qualifier}" if entry.qualifier else arn,
        signed=entry.auth_type == "AWS_IAM",
        streams=entry.invoke_mode == "RESPONSE_STREAM",
        cors=entry.cors,
    )


def _api(name: str, entry: contract.Api, stack: Stack) -> Api:
    return Api(
        id=name,
        type=API_TYPES[entry.type],
        stage=entry.stage,
        stage_variables=entry.stage_variables,
        binary_media_types=entry.binary_media_types,
        cors=entry.cors,
        key_from_authorizer=entry.api_key_source == "AUTHORIZER",
        gateway_responses=entry.gateway_responses,
        policy=compile_policy(name, entry, stack),
    )


def _route(
    entry: contract.Route,
    api: Api,
    functions: Mapping[str, Function],
    auth: RouteAuth | None,
    validation: Validation | None,
) -> Route:
    return Route(
        api=api,
        method=entry.method,
        path=entry.path,
        payload=payload_of_route(entry, api.type.name),
        timeout=timeout_of_route(entry, api.type.name),
        integration=compile_integration(entry, functions),
        operation_name=entry.operation_name,
        auth=auth,
        validation=validation,
    )


def _check_route(index: int, route: contract.Route, api: Api, functions: Mapping[str, Function]) -> None:
    if route.integration is None and route.function not in functions:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].function: there is no function {route.function} in functions.yml; "
            "name one that is there, or remove the route."
        )
    if (payload := payload_of_route(route, api.type.name)) not in api.type.payloads:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].payload: a REST API sends payload 1.0 only, not {payload}; "
            f"omit payload, or make {api.id} an HTTP API."
        )
    if _PATH.fullmatch(route.path) is None:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].path: {route.path} is not a valid path; "
            "a segment is plain text or {name}, and only the last one may be {name+}."
        )
