"""An Application as the three documents of the contract: resources.yml, functions.yml and routing.yml."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from esb_generator.model import (
    Api,
    ApiKey,
    Application,
    Authorizer,
    Cors,
    Destination,
    EventInvoke,
    Function,
    FunctionUrl,
    HttpProxy,
    ImageCode,
    Mock,
    Route,
    Schedule,
    Throttle,
    UsagePlan,
)
from esb_generator.output.containers import DEFAULT_MAX_CAPACITY
from esb_schemas import Kind


class Documents(NamedTuple):
    """The contract files as plain data, each in the shape of its JSON Schema."""

    resources: dict[str, Any]
    functions: dict[str, Any]
    routing: dict[str, Any]

    def by_kind(self) -> tuple[tuple[Kind, dict[str, Any]], ...]:
        """Each document with the kind of its schema."""
        return (("resources", self.resources), ("functions", self.functions), ("routing", self.routing))


def documents(application: Application) -> Documents:
    """What resources.yml, functions.yml and routing.yml say of an application."""
    names = {function.logical_id: function.name for function in application.functions}
    return Documents(
        resources=_plain(
            {
                "Version": 1,
                "DynamoDB": [],
                "S3": [],
                **{
                    section: [entry.definition for entry in entries]
                    for section, entries in application.resources.items()
                },
            }
        ),
        functions=_plain(
            {
                "Version": 1,
                "stack": {
                    "name": application.stack_name,
                    "region": application.region,
                    "account_id": application.account_id,
                },
                "functions": {
                    function.name: _function(function, layer_folders(application, function))
                    for function in application.functions
                },
            }
        ),
        routing=_plain(
            {
                "Version": 1,
                "apis": {api.logical_id: _api(api, names) for api in application.apis},
                "routes": [_route(route, names) for route in application.routes],
                **_present(
                    api_keys={key.logical_id: _api_key(key) for key in application.api_keys},
                    usage_plans={plan.logical_id: _usage_plan(plan) for plan in application.usage_plans},
                ),
            }
        ),
    )


def layer_folders(application: Application, function: Function) -> list[str]:
    """The folders of a function's layers, numbered in the order in which they are laid over each other."""
    names = {layer.logical_id: layer.name for layer in application.layers}
    return [f"functions/{function.name}/layers/{n}-{names[layer]}" for n, layer in enumerate(function.layers, 1)]


def _function(function: Function, layers: list[str]) -> dict[str, Any]:
    image = function.image
    is_image = isinstance(function.code, ImageCode)
    return _present(
        logical_id=function.logical_id,
        description=function.description,
        package_type="Image" if is_image else None,
        handler=function.handler,
        runtime=function.runtime,
        architecture=None if function.architecture == "x86_64" else function.architecture,
        code=None if is_image else f"functions/{function.name}/code",
        layers=layers,
        timeout=function.timeout,
        memory_size=function.memory_size,
        ephemeral_storage=function.ephemeral_storage,
        environment=function.environment,
        log_format=function.log_format,
        scaling=_scaling(function),
        reserved_concurrency=function.reserved_concurrency,
        aliases=function.aliases,
        image=image
        and _present(command=image.command, entry_point=image.entry_point, working_directory=image.working_directory),
        event_invoke=function.event_invoke and _event_invoke(function.event_invoke),
        events=[_EVENT_SOURCES[type(source)](source) for source in function.event_sources],
        url=function.url and _url(function.url),
    )


def _url(url: FunctionUrl) -> dict[str, Any]:
    return _present(
        auth_type=url.auth_type,
        invoke_mode="RESPONSE_STREAM" if url.streams else None,
        qualifier=url.qualifier,
        cors=url.cors and _cors(url.cors),
    )


def _scaling(function: Function) -> dict[str, Any]:
    provisioned, reserved = function.provisioned_concurrency, function.reserved_concurrency
    at_most = reserved if reserved is not None else provisioned and max(provisioned, DEFAULT_MAX_CAPACITY)
    return _present(min_capacity=provisioned, max_capacity=at_most)


def _event_invoke(said: EventInvoke) -> dict[str, Any]:
    return _present(
        maximum_retry_attempts=said.maximum_retry_attempts,
        maximum_event_age=said.maximum_event_age,
        on_success=said.on_success and _destination(said.on_success),
        on_failure=said.on_failure and _destination(said.on_failure),
        dead_letter=said.dead_letter and _destination(said.dead_letter),
    )


def _destination(destination: Destination) -> dict[str, Any]:
    return _present(function=destination.function, arn=destination.arn)


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return _present(
        type=schedule.type,
        name=schedule.name,
        schedule=schedule.expression,
        timezone=schedule.timezone,
        flexible_time_window=schedule.window,
        start_date=schedule.start_date,
        end_date=schedule.end_date,
        input=schedule.input,
        enabled=None if schedule.enabled else False,
        resource=schedule.resource,
    )


_EVENT_SOURCES: Mapping[type, Callable[[Any], dict[str, Any]]] = {Schedule: _schedule}


def _api(api: Api, names: Mapping[str, str]) -> dict[str, Any]:
    return _present(
        type=api.type,
        name=api.name,
        stage=api.stage,
        stage_variables=api.stage_variables,
        binary_media_types=api.binary_media_types,
        cors=api.cors and _cors(api.cors),
        authorizers={authorizer.name: _authorizer(authorizer, names) for authorizer in api.authorizers},
        api_key_source=None if api.api_key_source == "HEADER" else api.api_key_source,
    )


def _authorizer(authorizer: Authorizer, names: Mapping[str, str]) -> dict[str, Any]:
    return _present(
        type=authorizer.type,
        function=authorizer.function and names[authorizer.function],
        payload=authorizer.payload,
        simple_responses=authorizer.simple_responses or None,
        identity_sources=authorizer.identity_sources,
        validation_expression=authorizer.validation_expression,
        result_ttl_in_seconds=authorizer.result_ttl,
        user_pool_arns=authorizer.user_pool_arns,
        issuer=authorizer.issuer,
        audience=authorizer.audience,
        issued_here=authorizer.issued_here or None,
    )


def _api_key(key: ApiKey) -> dict[str, Any]:
    return _present(enabled=None if key.enabled else False, value_sha256=key.value_sha256)


def _usage_plan(plan: UsagePlan) -> dict[str, Any]:
    quota = plan.quota
    return _present(
        apis={
            api: _present(methods={method: _throttle(throttle) for method, throttle in methods.items()})
            for api, methods in plan.apis.items()
        },
        keys=plan.keys,
        throttle=plan.throttle and _throttle(plan.throttle),
        quota=quota and _present(limit=quota.limit, period=quota.period, offset=quota.offset or None),
    )


def _throttle(throttle: Throttle) -> dict[str, Any]:
    return _present(rate_limit=throttle.rate_limit, burst_limit=throttle.burst_limit)


def _cors(cors: Cors) -> dict[str, Any]:
    return _present(
        allow_origins=cors.allow_origins,
        allow_methods=cors.allow_methods,
        allow_headers=cors.allow_headers,
        expose_headers=cors.expose_headers,
        allow_credentials=cors.allow_credentials or None,
        max_age=cors.max_age,
    )


def _route(route: Route, names: Mapping[str, str]) -> dict[str, Any]:
    return _present(
        path=route.path,
        method=route.method,
        function=route.function and names[route.function],
        integration=route.integration and _integration(route.integration),
        api=route.api,
        payload=route.payload if route.function else None,
        timeout_in_millis=route.timeout_in_millis,
        operation_name=route.operation_name,
        authorization=None if route.auth.authorization == "NONE" else route.auth.authorization,
        authorizer=route.auth.authorizer,
        scopes=route.auth.scopes,
        api_key_required=route.auth.api_key_required or None,
    )


def _integration(said: Mock | HttpProxy) -> dict[str, Any]:
    match said:
        case Mock():
            return _present(type="MOCK", status=said.status, headers=said.headers, body=said.body)
        case HttpProxy():
            method = None if said.method == "ANY" else said.method
            return _present(type="HTTP_PROXY", uri=said.uri, method=method, headers=said.headers)


def _present(**entries: Any) -> dict[str, Any]:
    """The entries that say something: no None, no empty text, list or mapping."""
    return {key: value for key, value in entries.items() if value not in (None, "", (), [], {})}


def _plain(value: Any) -> Any:
    """Built-in types only, as YAML and JSON Schema want them."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bool() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return str(value)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # chosen at run time
    """Writes lists inside mappings indented, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text that a reader of YAML 1.2 takes for a number (0099, 1e3) is quoted, though YAML 1.1 reads it as text."""
    style = "'" if _NUMBER_LIKE.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][-+.:_0-9a-fA-FxXoO]*")
_Dumper.add_representer(str, _text_node)


def to_yaml(document: dict[str, Any]) -> str:
    """A document as the text of its file."""
    out = io.StringIO()
    yaml.dump(document, out, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return out.getvalue()
