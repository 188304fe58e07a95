"""routing.yml: which request reaches which function, or what else answers it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from esb_schemas.contract.cors import Cors, load_cors
from esb_schemas.documents.contract_version import VERSION
from esb_schemas.documents.records import NOTHING, dict_of, loader, plain, tuple_of

ApiType: TypeAlias = Literal["REST", "HTTP"]
Payload: TypeAlias = Literal["1.0", "2.0"]
BodySchema: TypeAlias = Mapping[str, Any]  # JSON Schema, draft 4; `{"$ref": "model:Order"}` is a model of the API

MODEL: Final = "model:"  # before the name of a model, in a reference to it
DEFAULT_API: Final = "ServerlessHttpApi"  # of a route that names none

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, integration timeout
_TIMEOUT_IN_MILLIS: Final[Mapping[ApiType, int]] = {"REST": 29_000, "HTTP": 30_000}
_PAYLOAD: Final[Mapping[ApiType, Payload]] = {"REST": "1.0", "HTTP": "2.0"}
_RESULT_TTL_IN_SECONDS: Final[Mapping[ApiType, int]] = {"REST": 300, "HTTP": 0}


class Authorizer(NamedTuple):
    """An authorizer of an API.

    `function` is a name of functions.yml; `identity_sources` have the syntax of HTTP APIs, such as
    `$request.header.Authorization`. `payload_of_authorizer` and `result_ttl_of` give the defaults for None.
    """

    type: Literal["TOKEN", "REQUEST", "JWT", "COGNITO_USER_POOLS"]
    function: str | None = None
    payload: Payload | None = None
    simple_responses: bool = False
    identity_sources: tuple[str, ...] = ()
    validation_expression: str | None = None
    result_ttl_in_seconds: int | None = None
    user_pool_arns: tuple[str, ...] = ()
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    issued_here: bool = False


class GatewayResponse(NamedTuple):
    """A gateway response of a REST API. `templates`, by media type, contain variables.

    The defaults of status and templates are AWS's.
    """

    status: int | None = None
    headers: Mapping[str, str] = NOTHING
    templates: Mapping[str, str] = NOTHING


class PolicyStatement(NamedTuple):
    """A statement of a REST API's resource policy. Its principal is everyone.

    `resources` are patterns of the ARNs of methods; `execute-api:/` stands for the API's ARN and a slash. `conditions`
    are values by operator and key, as in `esb_schemas.policy_conditions`.
    """

    effect: Literal["Allow", "Deny"]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = NOTHING


class Api(NamedTuple):
    """A REST API or an HTTP API; `authorizers` and `models` by name, `gateway_responses` by type.

    If `policy` has no statements, everyone may call the API.
    """

    type: ApiType = "HTTP"
    name: str | None = None
    stage: str = "$default"
    stage_variables: Mapping[str, str] = NOTHING
    binary_media_types: tuple[str, ...] = ()
    cors: Cors | None = None
    authorizers: Mapping[str, Authorizer] = NOTHING
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER"
    models: Mapping[str, BodySchema] = NOTHING
    gateway_responses: Mapping[str, GatewayResponse] = NOTHING
    policy: tuple[PolicyStatement, ...] = ()


class Mock(NamedTuple):
    """A fixed response, without a backend."""

    type: Literal["MOCK"]
    status: int
    headers: Mapping[str, str] = NOTHING
    body: str = ""


class HttpProxy(NamedTuple):
    """Another server that requests are forwarded to; `{name}` in `uri` is a parameter of the route's path.

    `headers` are set on the request. The method ANY keeps the client's method.
    """

    type: Literal["HTTP_PROXY"]
    uri: str
    method: str = "ANY"
    headers: Mapping[str, str] = NOTHING


class ServiceCall(NamedTuple):
    """An AWS service integration of an HTTP API: a call of an operation of a service in the stack.

    `subtype` is a name of `service_integrations.subtypes`. The values of `request_parameters` are mapping expressions;
    `response_parameters` are changes of the response, by its status.
    """

    type: Literal["AWS_PROXY"]
    subtype: str
    request_parameters: Mapping[str, str]
    response_parameters: Mapping[str, Mapping[str, str]] = NOTHING


Integration: TypeAlias = Mock | HttpProxy | ServiceCall

INTEGRATIONS: Final[Mapping[str, Callable[..., Integration]]] = {
    "MOCK": Mock,
    "HTTP_PROXY": HttpProxy,
    "AWS_PROXY": ServiceCall,
}


class RouteAuth(NamedTuple):
    """The checks before a route is answered: a signature, or an authorizer; and perhaps an API key."""

    authorization: Literal["NONE", "AWS_IAM"] = "NONE"
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    api_key_required: bool = False


OPEN: Final = RouteAuth()


class Validation(NamedTuple):
    """The required parts of a request: parameters, such as `header.X-Tenant`, and a body that is valid.

    `bodies` are schemas by media type; `$default` is for all other media types.
    """

    parameters: tuple[str, ...] = ()
    bodies: Mapping[str, BodySchema] = NOTHING


class Route(NamedTuple):
    """A route to a function, by its name in functions.yml, or to an integration.

    `payload_of_route` and `timeout_of_route` give the defaults for None. In the file, the keys of `auth` are the
    route's.
    """

    path: str
    method: str
    function: str | None = None
    integration: Integration | None = None
    api: str = DEFAULT_API
    payload: Payload | None = None
    timeout_in_millis: int | None = None
    operation_name: str | None = None
    auth: RouteAuth = OPEN
    validation: Validation | None = None


class ApiKey(NamedTuple):
    """An API key. If it has no hash of its value, the gateway derives the value from the stack's secret."""

    enabled: bool = True
    value_sha256: str | None = None


class Throttle(NamedTuple):
    """A token bucket: requests per second (None: no limit), and its size in requests (None: `burst_limit_of`)."""

    rate_limit: float | None = None
    burst_limit: int | None = None


class Quota(NamedTuple):
    """The number of requests in a period. It begins on day `offset` of the week or month, counted from 0."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]
    offset: int = 0


class PlannedApi(NamedTuple):
    """The limits of single routes of an API; the keys are like `GET /orders`."""

    methods: Mapping[str, Throttle] = NOTHING


class UsagePlan(NamedTuple):
    """The APIs of a plan and the keys that may call them, both by logical id."""

    apis: Mapping[str, PlannedApi] = NOTHING
    keys: tuple[str, ...] = ()
    throttle: Throttle | None = None
    quota: Quota | None = None


class Routing(NamedTuple):
    """The file; all but the routes by logical id, the routes in matching order."""

    apis: Mapping[str, Api] = NOTHING
    routes: tuple[Route, ...] = ()
    api_keys: Mapping[str, ApiKey] = NOTHING
    usage_plans: Mapping[str, UsagePlan] = NOTHING


def payload_of_route(route: Route, api: ApiType) -> Payload:
    """The payload format version of a route."""
    return "1.0" if isinstance(route.integration, ServiceCall) else route.payload or _PAYLOAD[api]


def payload_of_authorizer(authorizer: Authorizer, api: ApiType) -> Payload:
    """The event format of an authorizer's function."""
    return authorizer.payload or _PAYLOAD[api]


def timeout_of_route(route: Route, api: ApiType) -> float:
    """The integration timeout in seconds."""
    return (route.timeout_in_millis or _TIMEOUT_IN_MILLIS[api]) / 1000


def result_ttl_of(authorizer: Authorizer, api: ApiType) -> int:
    """How long the result of an authorizer's function is cached, in seconds; 0 if there are no identity sources."""
    if not authorizer.identity_sources:
        return 0
    seconds = authorizer.result_ttl_in_seconds
    return _RESULT_TTL_IN_SECONDS[api] if seconds is None else seconds


def burst_limit_of(throttle: Throttle) -> int:
    """The size of the token bucket in requests. The default is one second's worth, and at least one."""
    return max(1, int(throttle.rate_limit or 0)) if throttle.burst_limit is None else throttle.burst_limit


def _values_by_key(conditions: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(values) for key, values in conditions.items()}


_load_throttle: Final = loader(Throttle)
load_api: Final = loader(
    Api,
    cors=load_cors,
    authorizers=dict_of(loader(Authorizer)),
    gateway_responses=dict_of(loader(GatewayResponse)),
    policy=tuple_of(loader(PolicyStatement, conditions=dict_of(_values_by_key))),
)
_load_usage_plan: Final = loader(
    UsagePlan,
    apis=dict_of(loader(PlannedApi, methods=dict_of(_load_throttle))),
    throttle=_load_throttle,
    quota=loader(Quota),
)
_load_auth: Final = loader(RouteAuth)


def load_routing(document: Mapping[str, Any]) -> Routing:
    """The value of a valid routing.yml."""
    return _load_file({key: value for key, value in document.items() if key != "Version"})


def load_route(entry: Mapping[str, Any]) -> Route:
    """One route of a valid file."""
    auth = {key: value for key, value in entry.items() if key in RouteAuth._fields}
    return _load_route({"auth": auth, **{key: value for key, value in entry.items() if key not in auth}})


def load_integration(entry: Mapping[str, Any]) -> Integration:
    """The integration of a route of a valid file. Raises KeyError for a type without a row in INTEGRATIONS."""
    return INTEGRATIONS[entry["type"]](**entry)


_load_route: Final = loader(Route, auth=_load_auth, integration=load_integration, validation=loader(Validation))
_load_file: Final = loader(
    Routing,
    apis=dict_of(load_api),
    routes=tuple_of(load_route),
    api_keys=dict_of(loader(ApiKey)),
    usage_plans=dict_of(_load_usage_plan),
)


def dump_routing(value: Routing) -> dict[str, Any]:
    """The document that the value is read from, as plain data."""
    document = {
        "Version": VERSION,
        "apis": {name: plain(api, always=("type", "stage")) for name, api in value.apis.items()},
        "routes": [dump_route(route) for route in value.routes],
    }
    if value.api_keys:
        document["api_keys"] = plain(value.api_keys)
    if value.usage_plans:
        document["usage_plans"] = plain(value.usage_plans)
    return document


def dump_route(route: Route) -> dict[str, Any]:
    """One route as plain data; its API is always named."""
    return {**plain(route._replace(auth=OPEN), always=("api",)), **plain(route.auth)}
