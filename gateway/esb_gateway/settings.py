"""The settings in the environment. Only the commands pass it in; no other module reads `os.environ`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esb_gateway.aws_client import STORAGE_EVENTS
from esb_gateway.errors import ConfigurationError
from esb_schemas.backends import BACKENDS, NOT_IN_THIS_STACK_PORT, backend
from esb_schemas.provisioned import VARIABLE
from esb_wire.http.limits import DEFAULT_LIMITS, ConnectionLimits

EVENTS_BYTES = (64 * 1024 * 1024, 2**63 - 1)
CONNECTIONS = (1, 1_000_000)
SIGNED_SERVICES = ("dynamodb",)  # S3 has rules of its own for what is signed
MAX_SECONDS = 3600

_PER_ADDRESS = "ESB_MAX_CONNECTIONS_PER_ADDRESS"


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
    """How this gateway runs. `access_key` and `secret_key` are the stack's credentials."""

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
    embedded: Mapping[str, str] = field(default_factory=dict)  # variables of the servers that `local` started
    debugged: tuple[str, ...] = ()  # functions in containers that a debugger waits in
    static: Path | None = None  # a folder of files for paths that no route has
    sweeps: str | None = None  # the URL of a database that does not delete expired items itself


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment. Raises ConfigurationError for an invalid value, or a missing credential."""
    sweeps = _switch(environment, "ESB_SWEEP_EXPIRED", default="off")
    settings = Settings(
        config_dir=Path(environment.get("ESB_CONFIG_DIR", "/app/config")),
        host=environment.get("ESB_HOST", "0.0.0.0"),  # noqa: S104 - as above
        port=_port(environment, "ESB_PORT", 8080),
        runtime_port=_port(environment, "ESB_RUNTIME_PORT", 9001),
        not_in_this_stack_port=_port(environment, "ESB_NOT_IN_THIS_STACK_PORT", NOT_IN_THIS_STACK_PORT),
        auth=_switch(environment, "ESB_AUTH"),
        access_key=environment.get("AWS_ACCESS_KEY_ID", ""),
        secret_key=environment.get("AWS_SECRET_ACCESS_KEY", ""),
        runtime_secret=environment.get("ESB_RUNTIME_SECRET", ""),
        jwks_dir=Path(environment["ESB_JWKS_DIR"]) if environment.get("ESB_JWKS_DIR") else None,
        access_log=_switch(environment, "ESB_ACCESS_LOG"),
        events_file=Path(environment.get("ESB_EVENTS_FILE", "/var/lib/esb/events.sqlite3")),
        events_max_bytes=_number(environment, "ESB_EVENTS_MAX_BYTES", 1024**3, "a number of bytes", EVENTS_BYTES),
        tls=_tls(environment),
        plain_port=_port(environment, "ESB_PLAIN_PORT", 0) if environment.get("ESB_PLAIN_PORT") else None,
        limits=ConnectionLimits(
            idle=_seconds(environment, "ESB_IDLE_TIMEOUT", DEFAULT_LIMITS.idle),
            head=_seconds(environment, "ESB_HEAD_TIMEOUT", DEFAULT_LIMITS.head),
            body=_seconds(environment, "ESB_BODY_TIMEOUT", DEFAULT_LIMITS.body),
            write=_seconds(environment, "ESB_WRITE_TIMEOUT", DEFAULT_LIMITS.write),
            connections=_connections(environment, "ESB_MAX_CONNECTIONS", DEFAULT_LIMITS.connections),
            per_address=_connections(environment, _PER_ADDRESS, DEFAULT_LIMITS.connections // 2)
            if environment.get(_PER_ADDRESS)
            else None,
        ),
        debugged=tuple(environment.get("ESB_DEBUG", "").replace(",", " ").split()),
        drain_seconds=_seconds(environment, "ESB_DRAIN_SECONDS", 10, least=0),
        endpoints=dict(_endpoints(environment)),
        engine_ports=tuple(_engine_ports(environment)),
        sweeps=_engine_url(environment, "dynamodb", "ESB_SWEEP_EXPIRED=on") if sweeps else None,
        provisioned_file=Path(environment[VARIABLE]) if environment.get(VARIABLE) else None,
        allowed_origins=frozenset(environment.get("ESB_ALLOWED_ORIGINS", "").replace(",", " ").split()),
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


def _endpoints(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    own = {row.service: row.endpoint_variable for row in BACKENDS if row.own}
    tables = dict.fromkeys(("dynamodb", "dynamodbstreams"), backend("dynamodb").endpoint_variable)
    for service, variable in {**own, **tables, STORAGE_EVENTS: "ESB_STORAGE_EVENTS"}.items():
        url = environment.get(variable, "").rstrip("/")
        if url and not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"environment: {variable} is not a URL such as http://HOST:PORT.")
        if url:
            yield service, url


def _engine_ports(environment: Mapping[str, str]) -> Iterator[EnginePort]:
    """ESB_ENGINE_PORTS, such as `dynamodb:8000`: services by the names of boto3's clients."""
    for text in environment.get("ESB_ENGINE_PORTS", "").split():
        service, _, port = text.partition(":")
        if service not in SIGNED_SERVICES or not (port.isascii() and port.isdigit() and 0 <= int(port) <= 65535):
            raise ConfigurationError(
                f"environment: ESB_ENGINE_PORTS={text} is not a service and a port; write it like dynamodb:8000."
            )
        yield EnginePort(service, int(port), _engine_url(environment, service, "ESB_ENGINE_PORTS"))


def _engine_url(environment: Mapping[str, str], service: str, reason: str) -> str:
    """The URL of the server behind a backing service, which `reason` makes necessary."""
    variable = backend(service).endpoint_variable
    url = environment.get(variable, "")
    if not re.fullmatch(r"http://[^/@:]+(:\d+)?/?", url):
        raise ConfigurationError(
            f"environment: {variable}={url} is not a URL like http://HOST:PORT, which {reason} needs; set it."
        )
    return url


def _number(environment: Mapping[str, str], name: str, default: int, what: str, limits: tuple[int, int]) -> int:
    text, (least, most) = environment.get(name) or str(default), limits
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ConfigurationError(
            f"environment: {name}={text} is not {what} from {least} to {most}; leave it out for {default}."
        )
    return int(text)


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    return _number(environment, name, default, "a port", (0, 65535))


def _connections(environment: Mapping[str, str], name: str, default: int) -> int:
    return _number(environment, name, default, "a number of connections", CONNECTIONS)


def _tls(environment: Mapping[str, str]) -> tuple[Path, Path] | None:
    certificate, key = environment.get("ESB_TLS_CERT", ""), environment.get("ESB_TLS_KEY", "")
    if bool(certificate) != bool(key):
        raise ConfigurationError(
            "environment: ESB_TLS_CERT and ESB_TLS_KEY are set together or not at all; name both files, or none."
        )
    return (Path(certificate), Path(key)) if certificate else None


def _seconds(environment: Mapping[str, str], name: str, default: float, least: float = 1) -> float:
    text = environment.get(name) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not least <= seconds <= MAX_SECONDS:
        raise ConfigurationError(
            f"environment: {name}={text} is not a number of seconds from {least:g} to {MAX_SECONDS}; "
            f"leave it out for {default:g}."
        )
    return seconds


def _switch(environment: Mapping[str, str], name: str, default: str = "on") -> bool:
    text = environment.get(name) or default
    if text not in ("on", "off"):
        raise ConfigurationError(f"environment: {name}={text} is neither on nor off; use one of them.")
    return text == "on"
