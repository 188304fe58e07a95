"""The settings in the environment. Only the commands pass it in; no other module reads `os.environ`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esb_gateway.aws_client.protocols import STORAGE_EVENTS
from esb_gateway.errors import ConfigurationError
from esb_schemas.agreements.provisioned import SERVERS_VARIABLE, VARIABLE
from esb_schemas.backends import BACKENDS, NOT_IN_THIS_STACK_PORT, backend
from esb_schemas.environment.gateway import GATEWAY
from esb_schemas.environment.variable import values
from esb_wire.http.limits import DEFAULT_LIMITS, ConnectionLimits

EVENTS_BYTES = (64 * 1024 * 1024, 2**63 - 1)
CONNECTIONS = (1, 1_000_000)
SIGNED_SERVICES = ("dynamodb",)  # S3 has rules of its own for what is signed
MAX_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class EnginePort:
    """A port of this process that leads to the engine of a backing service, which listens at `url`.

    Requests need the stack's signature if `signed`.
    """

    service: str
    port: int
    url: str
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this gateway. `access_key` and `secret_key` are the stack's credentials."""

    config_dir: Path = Path("/app/config")
    host: str = "0.0.0.0"  # noqa: S104 - the container's own interface; the host publishes it on 127.0.0.1
    port: int = 8080
    runtime_port: int = 9001
    not_in_this_stack_port: int = NOT_IN_THIS_STACK_PORT
    auth: bool = True
    access_key: str = ""
    secret_key: str = ""
    runtime_secret: str = ""
    jwks_dir: Path | None = None  # None: the folder jwks beside routing.yml
    access_log: bool = True
    events_file: Path | None = Path("/var/lib/esb/events.sqlite3")  # None: a temporary one
    events_max_bytes: int = 1024**3
    tls: tuple[Path, Path] | None = None  # the files of certificate and key
    plain_port: int | None = None  # with TLS: a port without it, for clients beside the gateway
    limits: ConnectionLimits = DEFAULT_LIMITS
    drain_seconds: float = 10
    endpoints: Mapping[str, str] = field(default_factory=dict)  # URLs of servers that sources poll; see aws_client
    engine_ports: tuple[EnginePort, ...] = ()
    allowed_origins: frozenset[str] = frozenset()  # websites that may use these
    tested_stores: str | None = None  # the URL of embedded stores whose contents tests may delete
    provisioned_file: Path | None = None  # the provisioner's record; None: there is none
    data_servers: str = ""  # where resources.yml has to be provisioned before a new container serves; empty: no matter
    embedded: Mapping[str, str] = field(default_factory=dict)  # variables of the servers that `local` started
    debugged: tuple[str, ...] = ()  # functions in containers that a debugger waits in
    static: Path | None = None  # a folder of files for paths that no route has
    remakes_tables: bool = False  # the database makes its tables anew at each start, as moto does from its file
    sweeps: str | None = None  # the URL of a database that does not delete expired items itself


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment. Raises ConfigurationError for an invalid value, or a missing credential."""
    known = values(GATEWAY, environment)
    sweeps = _switch(known, "ESB_SWEEP_EXPIRED")
    settings = Settings(
        config_dir=Path(known["ESB_CONFIG_DIR"]),
        host=known["ESB_HOST"],
        port=_port(known, "ESB_PORT"),
        runtime_port=_port(known, "ESB_RUNTIME_PORT"),
        not_in_this_stack_port=_port(known, "ESB_NOT_IN_THIS_STACK_PORT"),
        auth=_switch(known, "ESB_AUTH"),
        access_key=known["AWS_ACCESS_KEY_ID"],
        secret_key=known["AWS_SECRET_ACCESS_KEY"],
        runtime_secret=known["ESB_RUNTIME_SECRET"],
        jwks_dir=_path(known["ESB_JWKS_DIR"]),
        access_log=_switch(known, "ESB_ACCESS_LOG"),
        events_file=Path(known["ESB_EVENTS_FILE"]),
        events_max_bytes=_number(known, "ESB_EVENTS_MAX_BYTES", "a number of bytes", EVENTS_BYTES),
        tls=_tls(known),
        plain_port=_port(known, "ESB_PLAIN_PORT") if known["ESB_PLAIN_PORT"] else None,
        limits=_limits(known),
        debugged=_words(known["ESB_DEBUG"]),
        drain_seconds=_seconds(known, "ESB_DRAIN_SECONDS", least=0),
        endpoints=dict(_endpoints(known)),
        engine_ports=tuple(_engine_ports(known)),
        sweeps=_engine_url(known, "dynamodb", "ESB_SWEEP_EXPIRED=on") if sweeps else None,
        provisioned_file=_path(known[VARIABLE]),
        data_servers=known[SERVERS_VARIABLE],
        allowed_origins=frozenset(_words(known["ESB_ALLOWED_ORIGINS"])),
    )
    if settings.auth and not (settings.access_key and settings.secret_key):
        raise ConfigurationError(
            "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed to check the Invoke API's signatures; "
            "pass secrets.env, or set ESB_AUTH=off to let everyone call."
        )
    if (settings.engine_ports or settings.sweeps) and not (settings.access_key and settings.secret_key):
        raise ConfigurationError(
            "environment: ESB_ENGINE_PORTS and ESB_SWEEP_EXPIRED need AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to "
            "check and to sign requests; pass secrets.env, or leave them out."
        )
    return settings


def _limits(known: Mapping[str, str]) -> ConnectionLimits:
    per_address = "ESB_MAX_CONNECTIONS_PER_ADDRESS"
    return ConnectionLimits(
        idle=_seconds(known, "ESB_IDLE_TIMEOUT"),
        head=_seconds(known, "ESB_HEAD_TIMEOUT"),
        body=_seconds(known, "ESB_BODY_TIMEOUT"),
        write=_seconds(known, "ESB_WRITE_TIMEOUT"),
        connections=_connections(known, "ESB_MAX_CONNECTIONS"),
        per_address=_connections(known, per_address) if known[per_address] else None,
    )


def _endpoints(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    own = {row.service: row.endpoint_variable for row in BACKENDS if row.own}
    tables = dict.fromkeys(("dynamodb", "dynamodbstreams"), backend("dynamodb").endpoint_variable)
    for service, variable in {**own, **tables, STORAGE_EVENTS: "ESB_STORAGE_EVENTS"}.items():
        url = known[variable].rstrip("/")
        if url and not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"environment: {variable} is not a URL such as http://HOST:PORT.")
        if url:
            yield service, url


def _engine_ports(known: Mapping[str, str]) -> Iterator[EnginePort]:
    """ESB_ENGINE_PORTS, such as `dynamodb:8000`: services by the names of boto3's clients."""
    for text in known["ESB_ENGINE_PORTS"].split():
        service, _, port = text.partition(":")
        if service not in SIGNED_SERVICES or not (port.isascii() and port.isdigit() and 0 <= int(port) <= 65535):
            raise ConfigurationError(
                f"environment: ESB_ENGINE_PORTS={text} is not a service and a port; write it like dynamodb:8000."
            )
        yield EnginePort(service, int(port), _engine_url(known, service, "ESB_ENGINE_PORTS"))


def _engine_url(known: Mapping[str, str], service: str, reason: str) -> str:
    """The URL of the server behind a backing service, which `reason` makes necessary."""
    variable = backend(service).endpoint_variable
    url = known[variable]
    if not re.fullmatch(r"http://[^/@:]+(:\d+)?/?", url):
        raise ConfigurationError(
            f"environment: {variable}={url} is not a URL like http://HOST:PORT, which {reason} needs; set it."
        )
    return url


def _number(known: Mapping[str, str], name: str, what: str, limits: tuple[int, int]) -> int:
    text, (least, most) = known[name], limits
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ConfigurationError(f"environment: {name}={text} is not {what} from {least} to {most}; {_ADVICE[name]}.")
    return int(text)


def _port(known: Mapping[str, str], name: str) -> int:
    return _number(known, name, "a port", (0, 65535))


def _connections(known: Mapping[str, str], name: str) -> int:
    return _number(known, name, "a number of connections", CONNECTIONS)


def _tls(known: Mapping[str, str]) -> tuple[Path, Path] | None:
    certificate, key = known["ESB_TLS_CERT"], known["ESB_TLS_KEY"]
    if bool(certificate) != bool(key):
        raise ConfigurationError(
            "environment: ESB_TLS_CERT and ESB_TLS_KEY are set together or not at all; name both files, or none."
        )
    return (Path(certificate), Path(key)) if certificate else None


def _seconds(known: Mapping[str, str], name: str, least: float = 1) -> float:
    text = known[name]
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not least <= seconds <= MAX_SECONDS:
        raise ConfigurationError(
            f"environment: {name}={text} is not a number of seconds from {least:g} to {MAX_SECONDS}; {_ADVICE[name]}."
        )
    return seconds


def _switch(known: Mapping[str, str], name: str) -> bool:
    if known[name] not in ("on", "off"):
        raise ConfigurationError(f"environment: {name}={known[name]} is neither on nor off; use one of them.")
    return known[name] == "on"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _path(text: str) -> Path | None:
    return Path(text) if text else None


_ADVICE = {row.name: f"leave it out for {row.default}" if row.default else "leave it out" for row in GATEWAY}
