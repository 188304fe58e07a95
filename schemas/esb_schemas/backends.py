"""The table of backing services: which server answers which AWS API, and at which address.

The generator writes a stack for these rows, the provisioner connects to them, `esb-gateway local` starts those that
it can, and `runtime/` gets `backends_json()`. A new service is one new row; services behind one server have the same
`host`, `port` and `port_variable`.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NamedTuple

HOST_IP: Final = "127.0.0.1"  # where a published port is bound, unless its variable says otherwise


class ApiProbe(NamedTuple):
    """Call an operation of boto3's client: a response that is not an error means healthy."""

    operation: str
    params: Mapping[str, Any]


class HttpProbe(NamedTuple):
    """Request `GET path`: this status means healthy."""

    path: str
    status: int = 200


class BasicAuth(NamedTuple):
    """The environment variables for a server with HTTP Basic authentication.

    Clients in the stack read `username_variable` and `password_variable`. Compose sets them from the other two, which
    a user sets for a server of their own; for the stack's server, .env has the password.
    """

    username_variable: str
    password_variable: str
    set_username_variable: str
    set_password_variable: str
    username: str  # unless it is set


class Backend(NamedTuple):
    """One backing service of a stack.

    `service` is the name of its client in boto3, `label` its name for users. `host` is the server's name in the stack,
    for Compose and on the network. Variables are names of environment variables:

    - `endpoint_variable`: the URL, for every process of the stack;
    - `port_variable`: the port of the host machine that the server is published on, `port` by default;
    - `url_variable`: set by a user to replace the stack's server with another one;
    - `image_variable`, `replicas_variable`: the server's image, and in a swarm how many of it run.
    """

    service: str
    label: str
    host: str
    port: int
    endpoint_variable: str
    port_variable: str
    url_variable: str
    image_variable: str | None  # None: ESB builds it
    replicas_variable: str
    probe: ApiProbe | HttpProbe
    sdk_id: str | None  # of AWS_ENDPOINT_URL_<SDK_ID>; None: SDKs are not sent there
    apis: tuple[str, ...] = ()  # other clients of boto3 that use this server
    further_sdk_ids: tuple[str, ...] = ()  # as `sdk_id`, of other clients of SDKs
    required: bool = True  # whether the stack waits until it is healthy
    embedded: bool = True  # whether `esb-gateway local` starts it
    public_endpoint_variable: str | None = None  # has the URL for clients outside of the stack
    public_url_variable: str | None = None  # set by a user to change that URL
    basic_auth: BasicAuth | None = None  # None: requests are signed with AWS's signature, or not checked
    own: bool = False  # a server of ESB's, only in stacks with resources of its services

    @property
    def url(self) -> str:
        """The server's URL inside the stack."""
        return f"http://{self.host}:{self.port}"

    @property
    def bind_variable(self) -> str:
        """The variable with the address of the host machine that the port is published on, `ESB_S3_BIND`."""
        return f"{self.port_variable.removesuffix('_PORT')}_BIND"

    @property
    def sdk_variable(self) -> str | None:
        """The variable from which AWS's SDKs take the endpoint, `AWS_ENDPOINT_URL_DYNAMODB`."""
        return self.sdk_id and f"AWS_ENDPOINT_URL_{self.sdk_id}"

    @property
    def sdk_variables(self) -> tuple[str, ...]:
        """`sdk_variable` and those of the other clients of this server; empty if there are none."""
        ids = (self.sdk_id, *self.further_sdk_ids) if self.sdk_id else ()
        return tuple(f"AWS_ENDPOINT_URL_{sdk_id}" for sdk_id in ids)

    @property
    def condition(self) -> Literal["service_healthy", "service_started"]:
        """The state that Compose waits for before the provisioner runs."""
        return "service_healthy" if self.required else "service_started"


LOGS_AUTH: Final = BasicAuth(
    username_variable="VICTORIALOGS_USERNAME",
    password_variable="VICTORIALOGS_PASSWORD",  # noqa: S106 - a name
    set_username_variable="ESB_LOGS_USERNAME",
    set_password_variable="ESB_LOGS_PASSWORD",  # noqa: S106 - a name
    username="esb",
)

BACKENDS: Final[tuple[Backend, ...]] = (
    Backend(
        service="dynamodb",
        label="DynamoDB",
        host="database",
        port=8000,
        endpoint_variable="DYNAMODB_ENDPOINT",
        port_variable="ESB_DATABASE_PORT",
        url_variable="ESB_DATABASE_URL",
        image_variable="ESB_DATABASE_IMAGE",
        replicas_variable="ESB_DATABASE_REPLICAS",
        probe=ApiProbe("list_tables", {"Limit": 1}),
        sdk_id="DYNAMODB",
        apis=("dynamodbstreams",),
        further_sdk_ids=("DYNAMODB_STREAMS",),
    ),
    Backend(
        service="s3",
        label="S3",
        host="s3-storage",
        port=9000,
        endpoint_variable="S3_ENDPOINT",
        port_variable="ESB_S3_PORT",
        url_variable="ESB_S3_URL",
        image_variable="ESB_S3_IMAGE",
        replicas_variable="ESB_S3_REPLICAS",
        probe=ApiProbe("list_buckets", {}),
        sdk_id="S3",
        public_endpoint_variable="S3_PRESIGN_ENDPOINT",
        public_url_variable="ESB_S3_PUBLIC_URL",
    ),
    Backend(
        service="logs",
        label="VictoriaLogs",
        host="victorialogs",
        port=9428,
        endpoint_variable="VICTORIALOGS_URL",
        port_variable="ESB_LOGS_PORT",
        url_variable="ESB_LOGS_URL",
        image_variable="ESB_LOGS_IMAGE",
        replicas_variable="ESB_LOGS_REPLICAS",
        probe=HttpProbe("/health"),
        sdk_id=None,  # it does not speak CloudWatch's API; runtime/esb_cloudwatch.py does, for Python
        required=False,  # a log server that is down delays nothing
        embedded=False,
        basic_auth=LOGS_AUTH,
    ),
    Backend(
        service="sqs",
        label="SQS",
        host="cloud",
        port=4566,
        endpoint_variable="SQS_ENDPOINT",
        port_variable="ESB_CLOUD_PORT",
        url_variable="ESB_SQS_URL",
        image_variable=None,
        replicas_variable="ESB_CLOUD_REPLICAS",
        probe=ApiProbe("list_queues", {"MaxResults": 1}),
        sdk_id="SQS",
        own=True,
    ),
    Backend(
        service="sns",
        label="SNS",
        host="cloud",
        port=4566,
        endpoint_variable="SNS_ENDPOINT",
        port_variable="ESB_CLOUD_PORT",
        url_variable="ESB_SNS_URL",
        image_variable=None,
        replicas_variable="ESB_CLOUD_REPLICAS",
        probe=ApiProbe("list_topics", {}),
        sdk_id="SNS",
        own=True,
    ),
    Backend(
        service="events",
        label="EventBridge",
        host="cloud",
        port=4566,
        endpoint_variable="EVENTS_ENDPOINT",
        port_variable="ESB_CLOUD_PORT",
        url_variable="ESB_EVENTS_URL",
        image_variable=None,
        replicas_variable="ESB_CLOUD_REPLICAS",
        probe=ApiProbe("list_event_buses", {"Limit": 1}),
        sdk_id="EVENTBRIDGE",
        further_sdk_ids=("CLOUDWATCH_EVENTS",),
        own=True,
    ),
)

# The gateway answers the Lambda API. It is not a backing service, but clients find it in the same way.
LAMBDA_ENDPOINT_VARIABLE: Final = "LAMBDA_ENDPOINT"
GATEWAY_URL: Final = "http://gateway:8080"  # inside the stack

# An alias of the gateway, and the port on which it refuses every request: for AWS services that the stack lacks.
NOT_IN_THIS_STACK: Final = "not-in-this-stack"
NOT_IN_THIS_STACK_PORT: Final = 9002
NOT_IN_THIS_STACK_URL: Final = f"http://{NOT_IN_THIS_STACK}:{NOT_IN_THIS_STACK_PORT}"

# The domains of all AWS partitions, from botocore's endpoints.json and partitions.json.
AWS_DOMAINS: Final = (
    "amazonaws.com",
    "api.aws",
    "on.aws",  # function URLs
    "amazonaws.com.cn",
    "amazonwebservices.com.cn",
    "amazonaws.eu",
    "amazonwebservices.eu",
    "adc-e.uk",
    "ic.gov",
    "sgov.gov",
    "aws.scloud",
)


def backend(service: str) -> Backend:
    """The row of a service, by the name of its client in boto3. Raises KeyError."""
    return _BY_SERVICE[service]


def endpoint_variables() -> dict[str, str]:
    """The variables with the endpoints, by the names of boto3's clients; the Lambda API is one of them."""
    of_backends = {api: row.endpoint_variable for row in BACKENDS for api in (row.service, *row.apis)}
    return {**of_backends, "lambda": LAMBDA_ENDPOINT_VARIABLE}


def endpoint_urls(sections: Collection[str] = ()) -> dict[str, str]:
    """The URLs inside the stack of the servers, by the services' names in AWS's host names.

    A server of ESB's own is in the stack if resources.yml has entries for one of its services; `sections` are the
    sections with entries.
    """
    own = {row.host for row in BACKENDS if row.own and row.label in sections}
    found = {row.service: row.url for row in BACKENDS if row.sdk_id and (not row.own or row.host in own)}
    return {**found, "streams.dynamodb": found["dynamodb"], "lambda": GATEWAY_URL}


def backends_json() -> str:
    """The columns of the table that `runtime/` needs, as it can only use the standard library."""
    public = {row.service: row.public_endpoint_variable for row in BACKENDS if row.public_endpoint_variable}
    basic_auth = {
        row.service: [row.basic_auth.username_variable, row.basic_auth.password_variable]
        for row in BACKENDS
        if row.basic_auth
    }
    table = {
        "aws_hosts": [*AWS_DOMAINS, NOT_IN_THIS_STACK],
        "basic_auth_variables": basic_auth,
        "endpoint_variables": endpoint_variables(),
        "public_endpoint_variables": public,
    }
    return json.dumps(table, indent=2, sort_keys=True) + "\n"


_BY_SERVICE: Final[Mapping[str, Backend]] = {row.service: row for row in BACKENDS}
