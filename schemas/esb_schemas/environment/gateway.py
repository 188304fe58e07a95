"""The variables of `esb-gateway serve`. Some can also be set in `esb.env` or for `esb-gateway local`."""

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
        "AWS_ACCESS_KEY_ID", "", "the stack's credentials; for signatures of the Lambda API and ESB's own endpoints"
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
        "`off`: signatures with the stack's credentials are not checked, and a log line says so",
        site=True,
        local=True,
    ),
    Variable("ESB_BODY_TIMEOUT", "30", "seconds in which each 4 KB of a body must arrive (408)", site=True, local=True),
    Variable("ESB_CONFIG_DIR", "/app/config", "the folder of `functions.yml`, `routing.yml` and `resources.yml`"),
    Variable(
        SERVERS_VARIABLE,
        "",
        "servers and volumes: the gateway answers 503 until `resources.yml` is provisioned on them",
    ),
    Variable(
        "ESB_DEBUG", "", "functions that are [debugged](debugging.md#in-containers): one slot each, and no deadline"
    ),
    Variable(
        "ESB_DRAIN_SECONDS",
        "10",
        "seconds that requests have to finish when the gateway stops; 0 for `esb-gateway local`",
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
        "open connections, fewer if the system allows fewer open files; others get 503 and are closed",
        site=True,
        local=True,
    ),
    Variable(
        "ESB_MAX_CONNECTIONS_PER_ADDRESS",
        "",
        "open connections from one address (IPv6: one /64 network); default: half of the maximum. Behind "
        "a proxy, or if Docker translates addresses, all clients have the same address and share that half: set this "
        "to `ESB_MAX_CONNECTIONS` if that is too few",
        site=True,
        local=True,
    ),
    Variable(
        "ESB_NOT_IN_THIS_STACK_PORT",
        str(NOT_IN_THIS_STACK_PORT),
        "the port that refuses calls of services that the stack lacks",
    ),
    Variable("ESB_PLAIN_PORT", "", "if the public listener uses TLS: a port without TLS, for clients in the stack"),
    Variable("ESB_PORT", "8080", "the port of the public listener; 0 is any free one"),
    Variable(
        PROVISIONED_FILE,
        "",
        "the provisioner's record of what it has provisioned and what has drifted",
    ),
    Variable("ESB_RUNTIME_PORT", "9001", "the port of the Runtime API, for functions"),
    Variable(
        "ESB_RUNTIME_SECRET",
        "",
        "the secret from which host names of functions on the runtime port, API keys and signing keys are derived",
    ),
    Variable("ESB_STORAGE_EVENTS", "", "the URL of the feed of changed objects, for bucket notifications"),
    Variable("ESB_SWEEP_EXPIRED", "off", "`on`: [delete expired items](expired-items.md), as the database does not"),
    Variable("ESB_TLS_CERT", "", "a certificate, a PEM file; the public listener then uses TLS", local=True),
    Variable("ESB_TLS_KEY", "", "its key, a PEM file", local=True),
    Variable(
        "ESB_WRITE_TIMEOUT",
        "60",
        "seconds after which a client that reads nothing of its response is disconnected",
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
