"""The variables of `esb-gateway serve`, some of which `esb.env` and `esb-gateway local` take, too."""

from __future__ import annotations

from typing import Final

from esb_schemas.agreements.provisioned import SERVERS_VARIABLE
from esb_schemas.agreements.provisioned import VARIABLE as PROVISIONED_FILE
from esb_schemas.backends import BACKENDS, NOT_IN_THIS_STACK_PORT, backend
from esb_schemas.environment.variable import Table, Variable

_DATABASE: Final = backend("dynamodb").endpoint_variable
_OWN: Final = tuple(dict.fromkeys(row.endpoint_variable for row in BACKENDS if row.own))

GATEWAY: Final = (
    Variable(
        "AWS_ACCESS_KEY_ID", "", "the stack's credentials; the Invoke API and own pages check signatures against them"
    ),
    Variable("AWS_SECRET_ACCESS_KEY", "", "their secret"),
    Variable("ESB_ACCESS_LOG", "on", "`on`: one line for each request; `off`: none", site=True, local=True),
    Variable(
        "ESB_ALLOWED_ORIGINS",
        "",
        "websites that may use the database from a browser, such as `https://admin.example`, separated by spaces",
        local=True,
    ),
    Variable(
        "ESB_AUTH",
        "on",
        "`off`: nothing that the stack's credentials protect needs a signature, and a log line says so",
        site=True,
        local=True,
    ),
    Variable("ESB_BODY_TIMEOUT", "30", "seconds for each 4 KB of a body (408)", site=True, local=True),
    Variable("ESB_CONFIG_DIR", "/app/config", "the folder of `functions.yml`, `routing.yml` and `resources.yml`"),
    Variable(
        SERVERS_VARIABLE,
        "",
        "servers and volumes: a new container answers 503 until `resources.yml` is provisioned there",
    ),
    Variable(
        "ESB_DEBUG", "", "functions that are [debugged](debugging.md#in-containers): one slot each, and no deadline"
    ),
    Variable(
        "ESB_DRAIN_SECONDS",
        "10",
        "seconds that requests may take to end when it stops; 0 for `esb-gateway local`",
        local=True,
    ),
    Variable(
        "ESB_ENGINE_PORTS",
        "",
        "`dynamodb:8000`: ports of the gateway that check signatures for a server that does not",
    ),
    Variable("ESB_EVENTS_FILE", "/var/lib/esb/events.sqlite3", "the file of the asynchronous invocations"),
    Variable(
        "ESB_EVENTS_MAX_BYTES",
        str(1024**3),
        "the maximum size of the file of asynchronous invocations, at least 64 MB; new ones are refused beyond it",
        site=True,
        local=True,
    ),
    Variable(
        "ESB_HEAD_TIMEOUT",
        "20",
        "seconds from the first byte of a request's headers to their last (408)",
        site=True,
        local=True,
    ),
    Variable("ESB_HOST", "0.0.0.0", "the address of the public listener"),  # noqa: S104 - of the container
    Variable("ESB_IDLE_TIMEOUT", "75", "seconds that a connection is kept between requests", site=True, local=True),
    Variable(
        "ESB_JWKS_DIR",
        "",
        "[key sets of token issuers](authorizers.md), as files; else the folder `jwks` beside `routing.yml`",
        local=True,
    ),
    Variable(
        "ESB_MAX_CONNECTIONS",
        "4096",
        "connections at a time, fewer if the system allows fewer files; more are answered 503 and closed",
        site=True,
        local=True,
    ),
    Variable(
        "ESB_MAX_CONNECTIONS_PER_ADDRESS",
        "",
        "how many of these may come from one address (IPv6: one network of 64 bits); else half of the maximum. Behind "
        "a proxy, or where Docker translates addresses, all clients have the same address, and share that half: set it "
        "to `ESB_MAX_CONNECTIONS` if it is too few",
        site=True,
        local=True,
    ),
    Variable(
        "ESB_NOT_IN_THIS_STACK_PORT",
        str(NOT_IN_THIS_STACK_PORT),
        "the listener that answers SDKs for services which the stack lacks",
    ),
    Variable("ESB_PLAIN_PORT", "", "with TLS: a port without it, for clients beside the gateway"),
    Variable("ESB_PORT", "8080", "the port of the public listener; 0 is any free one"),
    Variable(
        PROVISIONED_FILE,
        "",
        "the file in which the provisioner says what it has provisioned and what has drifted",
    ),
    Variable("ESB_RUNTIME_PORT", "9001", "the listener of the functions, the Runtime API"),
    Variable(
        "ESB_RUNTIME_SECRET",
        "",
        "each function's host name on the runtime port, API keys and signing keys are derived from it",
    ),
    Variable("ESB_STORAGE_EVENTS", "", "the URL of the server that tells of changed objects, for notifications"),
    Variable(
        "ESB_SWEEP_EXPIRED", "off", "`on`: [delete expired items](expired-items.md), for a database that does not"
    ),
    Variable("ESB_TLS_CERT", "", "the certificate, a PEM file: the public listener speaks TLS", local=True),
    Variable("ESB_TLS_KEY", "", "its key, a PEM file", local=True),
    Variable(
        "ESB_WRITE_TIMEOUT",
        "60",
        "seconds without a byte that the client takes, after which it is disconnected",
        site=True,
        local=True,
    ),
    Variable(
        _DATABASE, "", "the URL of the database, for streams of tables, `ESB_ENGINE_PORTS` and `ESB_SWEEP_EXPIRED`"
    ),
    *(Variable(name, "", "the URL of the server of queues, topics and buses") for name in _OWN),
)

TABLE: Final = Table(
    "The gateway",
    "What `esb-gateway serve` reads. In the stack, Compose sets them; those with “yes” below *site* are lines of "
    "`esb.env`. `esb-gateway local` reads those with “yes” below *local*.",
    GATEWAY,
)
