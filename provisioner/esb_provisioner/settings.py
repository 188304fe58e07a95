"""What the environment says, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

Service: TypeAlias = Literal["dynamodb", "s3"]

LABELS: Final[Mapping[Service, str]] = {"dynamodb": "DynamoDB", "s3": "S3"}
VARIABLES: Final[Mapping[Service, tuple[str, ...]]] = {
    "dynamodb": ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"),
    "s3": ("S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}
DEFAULT_REGION: Final = "us-east-1"


class UsageError(Exception):
    """The command cannot be run like this; the text is one sentence with the mend."""


@dataclass(frozen=True)
class Credentials:
    """A pair of keys; never shown."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """Where the servers are and who asks. A service without an endpoint means AWS itself.

    Without credentials, and only for AWS itself, the AWS SDK's own chain finds them.
    """

    endpoints: Mapping[Service, str]
    region: str
    credentials: Credentials | None

    def place(self, service: Service) -> str:
        """How a person knows the server: "DynamoDB at http://database:8000"."""
        return f"{LABELS[service]} at {self.endpoints.get(service, f'AWS ({self.region})')}"


def read(environ: Mapping[str, str], needed: Iterable[Service], *, allow_aws: bool) -> Settings:
    """The settings for the needed services. Raises UsageError when one would be AWS itself, unasked."""
    endpoints = {service: url for service in sorted(needed) if (url := endpoint(service, environ, allow_aws))}
    credentials = keys(environ)
    if endpoints and credentials is None:
        raise UsageError(
            "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "(to those of .esb/secrets.env; a server that checks none takes any)"
        )
    return Settings(endpoints, region(environ), credentials)


def region(environ: Mapping[str, str]) -> str:
    """The region, by the names that AWS's tools use."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def endpoint(service: Service, environ: Mapping[str, str], allow_aws: bool) -> str | None:
    """The service's URL, None for AWS itself."""
    own = VARIABLES[service][0]
    name = next((name for name in VARIABLES[service] if environ.get(name)), None)
    if name is None:
        if allow_aws:
            return None
        raise UsageError(f"{own} is not set, and ESB does not touch real AWS unless --allow-aws is given")
    url = environ[name].rstrip("/")
    check_url(name, url)
    if (urlsplit(url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")) and not allow_aws:
        raise UsageError(f"{name} is real AWS, which ESB does not touch unless --allow-aws is given")
    return url


def check_url(name: str, url: str) -> None:
    """An http(s) URL with a host, a valid port and no password. The URL is not repeated: it may hold a secret."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise UsageError(f"{name} is not a URL such as http://database:8000")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{name} has credentials in it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead")


def keys(environ: Mapping[str, str]) -> Credentials | None:
    """The key pair of the environment, None when it has none."""
    access, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(access, secret, environ.get("AWS_SESSION_TOKEN") or None) if access and secret else None
