"""What a template says, resolved and expanded: the one value that every artifact is rendered from.

Everything here is frozen and has no behaviour. Order is the template's; mappings are never changed once made.

Values of this package are named tuples: to define them takes a fifth of the time that frozen dataclasses take, which
would be a sixth of a small build. The kinds of code have their `kind`, so that no two of them are ever equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from esb_generator.values import NOTHING, Mark


class FolderCode(NamedTuple):
    """CodeUri names a folder, or a single file; `path` is relative to the template's folder, with forward slashes."""

    path: str
    kind: Literal["folder"] = "folder"


class ArchiveCode(NamedTuple):
    """CodeUri names a .zip or .jar file; `path` is relative to the template's folder."""

    path: str
    kind: Literal["archive"] = "archive"


class InlineCode(NamedTuple):
    """InlineCode: the text of the handler's module."""

    text: str
    kind: Literal["inline"] = "inline"


class ImageCode(NamedTuple):
    """PackageType Image: a Dockerfile to build (`context` relative to the template's folder), or an image (`uri`)."""

    uri: str | None = None
    context: str | None = None
    dockerfile: str = "Dockerfile"
    target: str | None = None
    build_args: Mapping[str, str] = NOTHING
    kind: Literal["image"] = "image"


Code: TypeAlias = FolderCode | ArchiveCode | InlineCode | ImageCode


class ImageConfig(NamedTuple):
    """ImageConfig of an image function."""

    command: tuple[str, ...] = ()
    entry_point: tuple[str, ...] = ()
    working_directory: str | None = None


class Schedule(NamedTuple):
    """A schedule of a function. `window` in minutes; dates in UTC, as functions.yml writes them.

    `resource` is the end of the ARN of the rule or schedule. None means AWS's default.
    """

    name: str
    expression: str
    input: str | None = None
    enabled: bool = True
    type: Literal["Schedule", "ScheduleV2"] = "Schedule"
    timezone: str | None = None
    window: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    resource: str | None = None


class EventSource(Protocol):
    """What calls a function besides requests: an entry of its `events` in functions.yml."""

    @property
    def name(self) -> str:
        """The event's name in the template."""

    @property
    def type(self) -> str:
        """The entry's `type`."""


class Cors(NamedTuple):
    """CORS as the contract has it; an empty tuple means that the template does not say."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


class FunctionUrl(NamedTuple):
    """The URL of a function, or of one of its aliases."""

    auth_type: Literal["NONE", "AWS_IAM"]
    streams: bool = False
    qualifier: str | None = None
    cors: Cors | None = None


class Destination(NamedTuple):
    """Where records of asynchronous invocations go: a function of the template, by its name, or an ARN."""

    function: str | None = None
    arn: str | None = None


class EventInvoke(NamedTuple):
    """What becomes of asynchronous invocations; `maximum_event_age` in seconds, None means AWS's default."""

    maximum_retry_attempts: int | None = None
    maximum_event_age: int | None = None
    on_success: Destination | None = None
    on_failure: Destination | None = None
    dead_letter: Destination | None = None


class Function(NamedTuple):
    """A Lambda function. `timeout` in seconds, `memory_size`, `ephemeral_storage` in MB; None means AWS's default."""

    name: str
    logical_id: str
    mark: Mark
    code: Code
    handler: str | None = None
    runtime: str | None = None
    description: str | None = None
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    layers: tuple[str, ...] = ()  # logical ids, lowest first
    timeout: int | None = None
    memory_size: int | None = None
    ephemeral_storage: int | None = None
    environment: Mapping[str, str] = NOTHING
    log_format: Literal["Text", "JSON"] | None = None
    provisioned_concurrency: int | None = None
    reserved_concurrency: int | None = None
    aliases: tuple[str, ...] = ()
    image: ImageConfig | None = None
    event_sources: tuple[EventSource, ...] = ()
    url: FunctionUrl | None = None
    event_invoke: EventInvoke | None = None


class Layer(NamedTuple):
    """A layer whose content lies in a folder or an archive, relative to the template's folder."""

    logical_id: str
    name: str
    mark: Mark
    content: FolderCode | ArchiveCode
    build_method: str | None = None


class Authorizer(NamedTuple):
    """What checks the callers of an API; `scopes` are those that its routes ask for unless they name their own.

    `function` is a logical id. `identity_sources` are written as in an HTTP API, `$request.header.Authorization`.
    """

    name: str
    type: Literal["TOKEN", "REQUEST", "JWT", "COGNITO_USER_POOLS"]
    function: str | None = None
    payload: Literal["1.0", "2.0"] | None = None
    simple_responses: bool = False
    identity_sources: tuple[str, ...] = ()
    validation_expression: str | None = None
    result_ttl: int | None = None  # seconds
    user_pool_arns: tuple[str, ...] = ()
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    issued_here: bool = False
    scopes: tuple[str, ...] = ()


class RouteAuth(NamedTuple):
    """What is checked before a route's function is called: a signature, or an authorizer; and perhaps an API key."""

    authorization: Literal["NONE", "AWS_IAM"] = "NONE"
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    api_key_required: bool = False


OPEN = RouteAuth()


class ApiKey(NamedTuple):
    """An API key; without a hash of its value the gateway derives the value from the stack's secret."""

    logical_id: str
    enabled: bool = True
    value_sha256: str | None = None


class Throttle(NamedTuple):
    """A token bucket: requests a second, and how many at once."""

    rate_limit: float | None = None
    burst_limit: int | None = None


class Quota(NamedTuple):
    """Requests in a period; `offset` is the day of the week or month on which it begins."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]
    offset: int = 0


class UsagePlan(NamedTuple):
    """Which keys may call which APIs; the limits of single routes are by `GET /orders` within each API."""

    logical_id: str
    apis: Mapping[str, Mapping[str, Throttle]]
    keys: tuple[str, ...] = ()
    throttle: Throttle | None = None
    quota: Quota | None = None


class Api(NamedTuple):
    """A REST API or an HTTP API."""

    logical_id: str
    type: Literal["REST", "HTTP"]
    mark: Mark
    stage: str
    name: str | None = None
    stage_variables: Mapping[str, str] = NOTHING
    binary_media_types: tuple[str, ...] = ()
    cors: Cors | None = None
    authorizers: tuple[Authorizer, ...] = ()
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER"


class Mock(NamedTuple):
    """An answer that the gateway gives itself."""

    status: int
    headers: Mapping[str, str] = NOTHING
    body: str = ""


class HttpProxy(NamedTuple):
    """Another server, to which a request is sent on; `{name}` in `uri` is a parameter of the route's path.

    `headers` are set on the request.
    """

    uri: str
    method: str = "ANY"
    headers: Mapping[str, str] = NOTHING


class Route(NamedTuple):
    """A route of an API, which is a logical id, to a function, which is one too, or to an integration."""

    path: str
    method: str
    function: str | None
    api: str
    mark: Mark
    payload: Literal["1.0", "2.0"]
    timeout_in_millis: int | None = None
    operation_name: str | None = None
    auth: RouteAuth = OPEN
    integration: Mock | HttpProxy | None = None


class ResourceEntry(NamedTuple):
    """What the provisioner makes: `definition` is an entry of resources.yml, boto3's names and shapes.

    `kind` is what users call it, such as table.
    """

    kind: str
    logical_id: str
    name: str
    mark: Mark
    definition: Mapping[str, Any]


class Application(NamedTuple):
    """A whole SAM application; `resources` has every section that there are services for."""

    stack_name: str
    region: str
    account_id: str
    functions: tuple[Function, ...] = ()
    layers: tuple[Layer, ...] = ()
    apis: tuple[Api, ...] = ()
    routes: tuple[Route, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()
    usage_plans: tuple[UsagePlan, ...] = ()
    resources: Mapping[str, tuple[ResourceEntry, ...]] = NOTHING  # by the section of resources.yml
