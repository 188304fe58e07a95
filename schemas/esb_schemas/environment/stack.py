"""The variables that Compose interpolates: settings of a site, and those of the stack in `.esb/.env`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esb_schemas.agreements.storage_events import TOKEN_VARIABLE
from esb_schemas.backends import BACKENDS, HOST_IP, LOGS_AUTH, Backend
from esb_schemas.engines.engine import S3_IDENTITIES
from esb_schemas.engines.table import option
from esb_schemas.environment.gateway import GATEWAY
from esb_schemas.environment.variable import Table, Variable

# Compose takes the project's name from the project's own environment, not from an include's.
_NOT_IN_SITE_FILE: Final = "in the shell, or in `.env` beside `compose.yaml`, alone"


def _servers() -> Iterator[Variable]:
    """The variables of each server once, even if it has several services."""
    found: dict[str, Variable] = {}
    for row in BACKENDS:
        for each in _server(row):
            found.setdefault(each.name, each)
    yield from found.values()


def _server(row: Backend) -> Iterator[Variable]:
    what = f"`{row.host}`"
    yield Variable(row.port_variable, str(row.port), f"the port of this machine on which {what} is published")
    yield Variable(row.bind_variable, HOST_IP, f"the address on which {what} is published")
    name = option(row.service)
    if name:
        text = f"the URL of {row.label} after `esb build {name} external`; on a swarm, another server instead of {what}"
        yield Variable(row.url_variable, "", text)
    else:
        yield Variable(
            row.url_variable, row.url, f"the URL of another server instead of {what}" + (f", for {row.label}" * row.own)
        )
    if row.image_variable:
        yield Variable(row.image_variable, "", f"the image of {what}; default: that of [the table](engines.md)")
    yield Variable(row.replicas_variable, "1", f"swarm: 0 if {what} is elsewhere; never more than 1")
    if row.public_url_variable:
        yield Variable(
            row.public_url_variable,
            f"http://{HOST_IP}:<{row.port_variable}>",
            "the URL in presigned URLs; a swarm does not publish the port",
        )


SITE: Final = (
    Variable(
        "COMPOSE_PROJECT_NAME",
        "",
        f"another name than the stack's, to run it twice on one machine; {_NOT_IN_SITE_FILE}",
    ),
    Variable("ESB_BIND", HOST_IP, "the address that the gateway's port is published on"),
    Variable("ESB_GATEWAY_PORT", "8080", "the gateway's port on this machine"),
    Variable(
        "ESB_TLS_DIR",
        "",
        "a folder, as an absolute path, with `tls.crt` and `tls.key`: the port uses [TLS](operations.md#tls)",
    ),
    Variable("ESB_JWKS_DIR", "", "a folder, as an absolute path, with [key sets of token issuers](authorizers.md)"),
    Variable("ESB_DRAIN_SECONDS", "10", "seconds that requests have to finish when the gateway stops"),
    Variable(
        "ESB_ALLOWED_ORIGINS",
        "",
        "websites that may use the database's port from a browser, such as `https://admin.example`; for databases that "
        "do not check signatures themselves",
    ),
    Variable("ESB_SWEEP_EXPIRED", "on", "`off`: the gateway does not [delete expired items](expired-items.md)"),
    *_servers(),
    Variable("ESB_S3_DOMAINS", "localhost", "RustFS: additional host names of the server, with ports: `box.lan:9000`"),
    Variable(LOGS_AUTH.set_username_variable, LOGS_AUTH.username, "the user of the log server"),
    Variable(LOGS_AUTH.set_password_variable, "", "its password; default: the one in `.esb/.env`"),
    Variable("IMAGE_PREFIX", "esb", "the prefix of names of images that are built"),
    Variable("IMAGE_TAG", "", "their tag; default: a hash of the content"),
    Variable(
        "PYTHON_IMAGE",
        "",
        "the base image of ESB's own services; default: `python:3.12-slim-bookworm`",
    ),
    Variable("UV_IMAGE", "", "the image with uv; default: uv's own, by its digest"),
    Variable(
        "ESB_DATA_NODE", "", "swarm: the node of the servers and the gateway, by its name in `docker node ls`; required"
    ),
    Variable(
        "ESB_REPLICAS_<FUNCTION>",
        "1",
        "swarm: the number of containers of a function. In the name, `-` is `_1` and `_` is `__`",
    ),
    Variable(
        "ESB_BUILD_IMAGE_<LANGUAGE>",
        "",
        "the image of a [build stage](building.md#build-images): `PYTHON`, `NODE`, `MAKEFILE`, `GO`, `RUST`, `JAVA`, "
        "`DOTNET`, `RUBY`, or a runtime such as `PYTHON3_12`",
    ),
    Variable(
        "ESB_BUILD_SETTINGS", "", "a file of [variables for build stages](building.md#mirrors-proxies-and-certificates)"
    ),
    Variable("ESB_BUILD_CA", "", "a file of certificates that build stages trust"),
    *(row for row in GATEWAY if row.site),
)
SECRETS: Final = (
    Variable("ESB_ACCESS_KEY_ID", "", "the stack's credentials, from `secrets.env`"),
    Variable("ESB_SECRET_ACCESS_KEY", "", "their secret"),
    Variable(
        "ESB_SECRET_ACCESS_KEY_<FUNCTION>",
        "",
        "`esb build --credentials function`: the secret of a function's credentials",
    ),
    Variable("ESB_TOKEN_<FUNCTION>", "", "the token by which a function's container identifies itself to the gateway"),
    Variable("ESB_VALUE_<FUNCTION>_0<NAME>", "", "the value of a secret variable of a function"),
    Variable("ESB_CONNECTION_<CONNECTION>_0<NUMBER>", "", "a secret of an EventBridge connection"),
    Variable("ESB_ENGINE_CERTIFICATE", "", "certificate and key of the engines, as PEM in Base64"),
    Variable(S3_IDENTITIES, "", "the credentials that the storage accepts, as JSON in Base64"),
    Variable(LOGS_AUTH.set_password_variable, "", "the log server's password"),
    Variable(TOKEN_VARIABLE, "", "the token by which the webhook for changes of objects authenticates the storage"),
)

TABLES: Final = (
    Table(
        "Settings of a stack",
        "Lines of [`esb.env`](compose.md#settings), beside the folder `.esb/`. Compose reads them; variables of the "
        "shell have priority.",
        SITE,
    ),
    Table(
        "Secrets of a stack",
        "`esb build` writes them to `.esb/.env`, which only its owner can read. Compose gives each service only those "
        "that it needs. In names, `-` is `_1` and `_` is `__`.",
        SECRETS,
    ),
)
