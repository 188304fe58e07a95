"""routing.yml: which request reaches which function, or what else answers it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from esb_schemas.contract.cors import Cors, load_cors
from esb_schemas.documents.contract_version import VERSION
from esb_schemas.documents.records import NOTHING, each, listed, loader, plain

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
    """An authorizer: it checks the callers of an API.

    `function` is a name of functions.yml; `identity_sources` are written as in an HTTP API,
    `$request.header.Authorization`. None: `payload_of_authorizer` and `result_ttl_of` have what counts.
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
    """The changes to a REST API's own responses of one type. `templates`, by media type, contain variables.

    Without a status or templates, those are AWS's.
    """

    status: int | None = None
    headers: Mapping[str, str] = NOTHING
    templates: Mapping[str, str] = NOTHING


class PolicyStatement(NamedTuple):
    """A statement of a REST API's resource policy about who may call, whoever signs.

    `resources` are patterns of the ARNs of methods; `execute-api:/` stands for the API's ARN and a slash. `conditions`
    are values by operator and key, as in `esb_schemas.policy_conditions`.
    """

    effect: Literal["Allow", "Deny"]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = NOTHING


class Api(NamedTuple):
    """A REST API or an HTTP API; `authorizers` and `models` by name, `gateway_responses` by type.

    Without statements in `policy`, everybody may call.
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
    """An answer that the gateway gives itself."""

    type: Literal["MOCK"]
    status: int
    headers: Mapping[str, str] = NOTHING
    body: str = ""


class HttpProxy(NamedTuple):
    """Another server, to which a request is sent on; `{name}` in `uri` is a parameter of the route's path.

    `headers` are set on the request; the method ANY is the client's.
    """

    type: Literal["HTTP_PROXY"]
    uri: str
    method: str = "ANY"
    headers: Mapping[str, str] = NOTHING


class ServiceCall(NamedTuple):
    """An operation of a service in the stack, which an HTTP API calls without a function; only such APIs can.

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

    None: `payload_of_route` and `timeout_of_route` have what counts. The file has the keys of `auth` in the route.
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
    """An API key; without a hash of its value the gateway derives the value from the stack's secret."""

    enabled: bool = True
    value_sha256: str | None = None


class Throttle(NamedTuple):
    """A token bucket: requests a second (None: no limit), and how many at once (None: `burst_limit_of`)."""

    rate_limit: float | None = None
    burst_limit: int | None = None


class Quota(NamedTuple):
    """Requests in a period; `offset` is the day of the week or month on which it begins, counted from 0."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]
    offset: int = 0


class PlannedApi(NamedTuple):
    """The limits of single routes of an API, by `GET /orders`."""

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
    """The event format of a route; what AWS says of integrations with services applies to authorizers, too."""
    return "1.0" if isinstance(route.integration, ServiceCall) else route.payload or _PAYLOAD[api]


def payload_of_authorizer(authorizer: Authorizer, api: ApiType) -> Payload:
    """The event format of an authorizer's function."""
    return authorizer.payload or _PAYLOAD[api]


def timeout_of_route(route: Route, api: ApiType) -> float:
    """Seconds that a caller waits for an answer."""
    return (route.timeout_in_millis or _TIMEOUT_IN_MILLIS[api]) / 1000


def result_ttl_of(authorizer: Authorizer, api: ApiType) -> int:
    """For how many seconds an answer of an authorizer's function is kept: 0 without identity sources to keep it by."""
    if not authorizer.identity_sources:
        return 0
    said = authorizer.result_ttl_in_seconds
    return _RESULT_TTL_IN_SECONDS[api] if said is None else said


def burst_limit_of(throttle: Throttle) -> int:
    """The size of the token bucket: without a limit the requests that a second gives back, at least one."""
    return max(1, int(throttle.rate_limit or 0)) if throttle.burst_limit is None else throttle.burst_limit


def _values_by_key(conditions: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(values) for key, values in conditions.items()}


_load_throttle: Final = loader(Throttle)
load_api: Final = loader(
    Api,
    cors=load_cors,
    authorizers=each(loader(Authorizer)),
    gateway_responses=each(loader(GatewayResponse)),
    policy=listed(loader(PolicyStatement, conditions=each(_values_by_key))),
)
_load_usage_plan: Final = loader(
    UsagePlan,
    apis=each(loader(PlannedApi, methods=each(_load_throttle))),
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
    apis=each(load_api),
    routes=listed(load_route),
    api_keys=each(loader(ApiKey)),
    usage_plans=each(_load_usage_plan),
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
