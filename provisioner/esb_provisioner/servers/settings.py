"""The environment as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from esb_schemas.backends import AWS_DOMAINS, Backend

DEFAULT_REGION: Final = "us-east-1"


class UsageError(Exception):
    """The command cannot run like this; the text is one sentence that says what to change."""


@dataclass(frozen=True)
class Credentials:
    """A pair of keys; never printed."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """The addresses of the servers, by service, and the credentials. A service without an endpoint is AWS itself.

    Without credentials, and only for AWS itself, the AWS SDK's own chain finds them.
    """

    endpoints: Mapping[str, str]
    region: str
    credentials: Credentials | None

    def address(self, backend: Backend) -> str:
        """The server in messages: "DynamoDB at http://database:8000"."""
        return f"{backend.label} at {self.endpoints.get(backend.service, f'AWS ({self.region})')}"


def read(
    environ: Mapping[str, str], needed: Iterable[Backend], *, allow_aws: bool, optional: Iterable[Backend] = ()
) -> Settings:
    """The settings for the backing services that are needed, and for those of `optional` that have an endpoint.

    Raises UsageError if an endpoint is missing or malformed, or is AWS itself without `allow_aws`.
    """
    endpoints = {backend.service: url for backend in needed if (url := endpoint(backend, environ, allow_aws))}
    credentials = keys(environ)
    if credentials:
        named = (backend for backend in optional if environ.get(backend.endpoint_variable))
        endpoints |= {backend.service: url for backend in named if (url := endpoint(backend, environ, allow_aws))}
    if endpoints and credentials is None:
        raise UsageError(
            "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "(to those of .esb/secrets.env; a server that checks none takes any)"
        )
    return Settings(endpoints, region(environ), credentials)


def region(environ: Mapping[str, str]) -> str:
    """The region, from the variables of AWS's tools."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def endpoint(backend: Backend, environ: Mapping[str, str], allow_aws: bool) -> str | None:
    """The URL of a service, None for AWS itself."""
    name = _variable(backend, environ)
    if name is None:
        if allow_aws:
            return None
        raise UsageError(
            f"{backend.endpoint_variable} is not set, and ESB does not touch real AWS unless --allow-aws is given"
        )
    url = environ[name].rstrip("/")
    check_url(name, url)
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host.endswith(tuple(f".{domain}" for domain in AWS_DOMAINS)) and not allow_aws:
        raise UsageError(f"{name} is real AWS, which ESB does not touch unless --allow-aws is given")
    return url


def is_named(backend: Backend, environ: Mapping[str, str]) -> bool:
    """Whether the environment has an endpoint for the service."""
    return _variable(backend, environ) is not None


def _variable(backend: Backend, environ: Mapping[str, str]) -> str | None:
    names = (backend.endpoint_variable, backend.sdk_variable, "AWS_ENDPOINT_URL")
    return next((name for name in names if name and environ.get(name)), None)


def check_url(name: str, url: str) -> None:
    """Require an http(s) URL with a host and a valid port. The message never quotes it, as it may contain a secret."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{name} is not a URL such as http://database:8000")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{name} has credentials in it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")


def keys(environ: Mapping[str, str]) -> Credentials | None:
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(access, secret, environ.get("AWS_SESSION_TOKEN") or None) if access and secret else None
