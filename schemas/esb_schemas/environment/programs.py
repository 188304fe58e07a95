"""The variables of the commands: `esb-gateway`'s, `esb-provision`, `esb-cloud` and `esb build`."""

from __future__ import annotations

from typing import Final

from esb_schemas.agreements.provisioned import COMMAND_VARIABLE, SERVERS_VARIABLE
from esb_schemas.agreements.provisioned import VARIABLE as PROVISIONED_FILE
from esb_schemas.agreements.storage_events import TOKEN_VARIABLE, URL_VARIABLE
from esb_schemas.backends import BACKENDS, LAMBDA_ENDPOINT_VARIABLE, LOGS_AUTH, backend
from esb_schemas.contract import FUNCTION_MEMORY
from esb_schemas.environment.cleared import CLEARED_VARIABLES
from esb_schemas.environment.variable import Table, Variable

_ENDPOINTS: Final = (
    *((row.endpoint_variable, row.label) for row in BACKENDS if row.sdk_variable is not None),
    (LAMBDA_ENDPOINT_VARIABLE, "the Lambda API"),
)
_LOGS: Final = backend("logs")
_KEYS: Final = (
    Variable("AWS_ACCESS_KEY_ID", "", "the stack's credentials, as in `.esb/secrets.env`"),
    Variable("AWS_SECRET_ACCESS_KEY", "", "their secret"),
)
_REGION: Final = (
    Variable("AWS_REGION", "", "the region; else `AWS_DEFAULT_REGION`, else `us-east-1`"),
    Variable("AWS_DEFAULT_REGION", "us-east-1", "the region if `AWS_REGION` is not set"),
)

CLIENTS: Final = (
    Variable("ESB_GATEWAY_URL", "", "the gateway that the commands call; `esb-gateway env` sets it"),
    Variable("ESB_GATEWAY_PORT", "8080", "its port on this machine, as Compose publishes it"),
    Variable("ESB_PORT", "", "the same, in the gateway's container"),
    Variable("ESB_PLAIN_PORT", "", "the same with TLS, in the gateway's container"),
    Variable("ESB_CONFIG_DIR", "", "`esb-gateway schedules`: the folder of `functions.yml`; else `.esb/config`"),
    Variable("ESB_RUNTIME_SECRET", "", "`esb-gateway token` and `keys`: overrides the one in `.esb/secrets.env`"),
    Variable(_LOGS.endpoint_variable, "", "`esb-gateway logs`: the log server, in a container of the stack"),
    Variable(LOGS_AUTH.username_variable, "", "its user"),
    Variable(LOGS_AUTH.password_variable, "", "its password"),
    Variable(_LOGS.port_variable, str(_LOGS.port), "`esb-gateway logs`: its port on this machine"),
    Variable(LOGS_AUTH.set_username_variable, LOGS_AUTH.username, "its user, on this machine"),
    Variable(LOGS_AUTH.set_password_variable, "", "its password, on this machine; else that of `.esb/.env`"),
    Variable("ESB_DYNOXIDE", "", "`esb-gateway local --database dynoxide`: the program; else `dynoxide` on `PATH`"),
)
STORAGE_EVENTS: Final = (
    Variable("ESB_CERTIFICATE", "", "the certificate and key for reading SeaweedFS's log, as PEM in Base64"),
    Variable(TOKEN_VARIABLE, "", "`--webhook`: the token of RustFS's requests"),
    *_KEYS,
)
PROVISIONER: Final = (
    *(
        Variable(row.endpoint_variable, "", f"the endpoint of {row.label}")
        for row in BACKENDS
        if row.sdk_variable is not None
    ),
    *(
        Variable(row.sdk_variable, "", f"AWS's name for it, used if `{row.endpoint_variable}` is not set")
        for row in BACKENDS
        if row.sdk_variable is not None
    ),
    Variable("AWS_ENDPOINT_URL", "", "the endpoint of every service without a variable above"),
    *_KEYS,
    Variable("AWS_SESSION_TOKEN", "", "the token of temporary credentials"),
    *_REGION,
    Variable(SERVERS_VARIABLE, "", "servers and volumes: the gateway waits for a successful run with the same text"),
    Variable("ESB_GATEWAY_URL", "", "a running gateway: a run waits until it serves this configuration, 60 s at most"),
    Variable(
        PROVISIONED_FILE,
        "",
        "the record of a run, for the gateway: digest of the configuration, drift and failures",
    ),
    Variable(COMMAND_VARIABLE, "", "the command in hints about drift; default: `esb-provision FILE`"),
    Variable(
        URL_VARIABLE,
        "",
        "the webhook for changes of objects: buckets with notifications are configured to call it, and a run fails if "
        "that does not work",
    ),
    Variable("ESB_SEEDS", "on", "`off`: no [seed data](seed-data.md) is loaded"),
    Variable("TERM", "", "`dumb`: no progress line"),
)
CLOUD: Final = (
    Variable("AWS_ACCESS_KEY_ID", "", "the credentials for signatures; required unless `ESB_AUTH` is `off`"),
    Variable("AWS_SECRET_ACCESS_KEY", "", "their secret"),
    *_REGION,
    Variable("ESB_AUTH", "on", "`off`: no request needs a signature"),
    Variable(
        "ESB_DRAIN_SECONDS", "10", "seconds that requests have to finish when it stops; long polls are answered at once"
    ),
    Variable(
        LAMBDA_ENDPOINT_VARIABLE,
        "",
        "the Lambda API, to invoke functions that subscribe to topics or are targets of rules",
    ),
)
BUILD: Final = (
    Variable("AWS_REGION", "us-east-1", "the region of the stack, unless `--region` or samconfig names one"),
    Variable(
        "ESB_FUNCTION_MEMORY",
        str(FUNCTION_MEMORY),
        "memory for the slots of one function, in MB: [how many run at a time](building.md#what-is-supported)",
    ),
    Variable(
        "ESB_WEB_ADAPTER",
        "",
        "the [Lambda Web Adapter](extensions.md#the-lambda-web-adapter), a file or an image, instead of its layer",
    ),
    Variable("NO_COLOR", "", "if set: no colours on a terminal"),
    Variable("TERM", "", "`dumb`: neither colours nor a progress line"),
)

ENV: Final = (
    Variable("ESB_GATEWAY_URL", "", "the gateway: routes of the application, and for commands in this shell"),
    Variable("AWS_ACCESS_KEY_ID", "", "the stack's credentials"),
    Variable("AWS_SECRET_ACCESS_KEY", "", "their secret"),
    Variable("AWS_REGION", "", "the stack's region"),
    Variable("AWS_DEFAULT_REGION", "", "the same"),
    Variable("AWS_ENDPOINT_URL_<SERVICE>", "", "the URL of each server of the stack on this machine"),
    Variable("AWS_ENDPOINT_URL", "", "an address that does not exist, so that no other call reaches AWS"),
    *(Variable(name, "", f"the URL of {label}, for ESB's programs") for name, label in _ENDPOINTS),
    *(Variable(name, "", "unset, because it would override these") for name in CLEARED_VARIABLES),
)

COMMANDS: Final = (
    Table(
        "`esb build`",
        "Read when a template is built. Those that begin with `ESB_` may also be lines of `esb.env`. SSM parameters "
        "and secrets that a template refers to are in the file of `--resolve-from`.",
        BUILD,
    ),
    Table(
        "The commands of `esb-gateway`",
        "They also read the variables that begin with `ESB_` in `esb.env` and in the `.env` beside it.",
        CLIENTS,
    ),
    Table(
        "What `esb-gateway env` sets",
        "For SDKs, the AWS CLI and tests on this machine: [invoking.md](invoking.md).",
        ENV,
    ),
)
SERVERS: Final = (
    Table(
        "`esb-provision`",
        "Compose sets them in the stack. Only services that the file uses need an endpoint.",
        PROVISIONER,
    ),
    Table("`esb-cloud`", "What `esb-cloud serve` reads; Compose sets them in the stack.", CLOUD),
    Table(
        "`esb-gateway storage-events`",
        "It runs in stacks with [notifications](bucket-notifications.md); Compose sets them.",
        STORAGE_EVENTS,
    ),
)
