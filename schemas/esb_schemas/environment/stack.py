"""The variables that Compose fills in: the settings of a site, and what `.esb/.env` has of the stack."""

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
    """Of each server one row of a kind, though several services may be behind it."""
    found: dict[str, Variable] = {}
    for row in BACKENDS:
        for each in _server(row):
            found.setdefault(each.name, each)
    yield from found.values()


def _server(row: Backend) -> Iterator[Variable]:
    what = f"`{row.host}`"
    yield Variable(row.port_variable, str(row.port), f"the port of this machine that leads to {what}")
    yield Variable(row.bind_variable, HOST_IP, f"the address that this port is published on, `{row.host}`'s")
    name = option(row.service)
    if name:
        text = (
            f"the server of {row.label} after `esb build {name} external`; on a swarm, another one in place of {what}"
        )
        yield Variable(row.url_variable, "", text)
    else:
        yield Variable(
            row.url_variable, row.url, f"another server in place of {what}" + (f", for {row.label}" * row.own)
        )
    if row.image_variable:
        yield Variable(row.image_variable, "", f"the image of {what}; else the one of [the table](engines.md)")
    yield Variable(row.replicas_variable, "1", f"swarm: 0 if {what} is elsewhere; never more than 1")
    if row.public_url_variable:
        yield Variable(
            row.public_url_variable,
            f"http://{HOST_IP}:<{row.port_variable}>",
            "where a presigned URL leads to; a swarm does not publish the port",
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
        "a folder, as an absolute path, with `tls.crt` and `tls.key`: the port speaks [TLS](operations.md#tls)",
    ),
    Variable("ESB_JWKS_DIR", "", "a folder, as an absolute path, with [key sets of token issuers](authorizers.md)"),
    Variable("ESB_DRAIN_SECONDS", "10", "how long the gateway lets requests end when it is stopped"),
    Variable(
        "ESB_ALLOWED_ORIGINS",
        "",
        "websites that may use the database's port from a browser, such as `https://admin.example`, if its server "
        "checks no signatures itself",
    ),
    Variable("ESB_SWEEP_EXPIRED", "on", "`off`: do not [delete expired items](expired-items.md), if the gateway does"),
    *_servers(),
    Variable(
        "ESB_S3_DOMAINS", "localhost", "RustFS: further host names, with ports, that it is reached by: `box.lan:9000`"
    ),
    Variable(LOGS_AUTH.set_username_variable, LOGS_AUTH.username, "who may read and write logs"),
    Variable(LOGS_AUTH.set_password_variable, "", "with this password; else the one in `.esb/.env`"),
    Variable("IMAGE_PREFIX", "esb", "the first part of the names of the images that are built"),
    Variable("IMAGE_TAG", "", "their tag; else the hash of the content"),
    Variable(
        "PYTHON_IMAGE",
        "",
        "what the images of ESB's own services are built from; else `python:3.12-slim-bookworm`",
    ),
    Variable("UV_IMAGE", "", "the image that uv is taken from; else uv's own, by its digest"),
    Variable(
        "ESB_DATA_NODE", "", "swarm: the node, by its name in `docker node ls`, that servers and gateway run on; needed"
    ),
    Variable(
        "ESB_REPLICAS_<FUNCTION>",
        "1",
        "swarm: how many containers of a function run. In the name, `-` is `_1`, `_` is `__`",
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
    Variable("ESB_ACCESS_KEY_ID", "", "the stack's credentials, of `secrets.env`"),
    Variable("ESB_SECRET_ACCESS_KEY", "", "their secret"),
    Variable(
        "ESB_SECRET_ACCESS_KEY_<FUNCTION>", "", "`esb build --credentials function`: the secret of a function's own"
    ),
    Variable("ESB_TOKEN_<FUNCTION>", "", "the proof of a function's container that it is its"),
    Variable("ESB_VALUE_<FUNCTION>_0<NAME>", "", "the value of a function's variable that the template keeps secret"),
    Variable("ESB_CONNECTION_<CONNECTION>_0<NUMBER>", "", "a secret of an EventBridge connection"),
    Variable("ESB_ENGINE_CERTIFICATE", "", "certificate and key of the servers, as PEM in Base64"),
    Variable(S3_IDENTITIES, "", "the pairs of credentials that the storage knows, as JSON in Base64"),
    Variable(LOGS_AUTH.set_password_variable, "", "the log server's password"),
    Variable(TOKEN_VARIABLE, "", "by which the storage proves to the webhook for its events that it is the storage"),
)

TABLES: Final = (
    Table(
        "Settings of a stack",
        "Lines of [`esb.env`](compose.md#settings), beside the folder `.esb/`; Compose fills them in. Variables of the "
        "shell win over the file.",
        SITE,
    ),
    Table(
        "Secrets of a stack",
        "`esb build` writes them to `.esb/.env`, for its owner alone; Compose gives each service those that it may "
        "know. In names, `-` is `_1` and `_` is `__`.",
        SECRETS,
    ),
)
