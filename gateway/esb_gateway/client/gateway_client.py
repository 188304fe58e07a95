"""A client of a running gateway, for the commands that ask one."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from esb_gateway.errors import ConfigurationError
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign


class NoServerError(ConfigurationError):
    """Nothing listens at the address, so the request was not sent."""


class Reply(NamedTuple):
    """`headers` by their lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class GatewayClient:
    """Calls one gateway; without credentials it does not sign.

    `now` is the time in seconds since 1970; `timeout`, in seconds, is for each read.
    """

    url: str
    credentials: Credentials | None = field(repr=False)
    now: float
    timeout: float = 30.0

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        body: bytes = b"",
    ) -> Reply:
        """Raises NoServerError if it cannot connect, ConfigurationError if the URL is none or no response comes."""
        parts = split_url(self.url, "a gateway", "http://127.0.0.1:8080")
        sent = {"Host": parts.netloc, **headers}
        if self.credentials is not None:
            lowered = {name.lower(): value for name, value in sent.items()}
            sent |= sign(Request(method, path, query, (), lowered, body, ""), self.credentials, self.now)
        target = f"{path}?{query}" if query else path
        return exchange(parts, method, target, sent, body, timeout=self.timeout, name="gateway")


def split_url(url: str, name: str, example: str) -> SplitResult:
    """The parts of the URL of a server. Raises ConfigurationError if it is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        if parts.scheme in ("http", "https") and host and parts.port != 0 and re.fullmatch(r"[!-~]+", url):
            return parts
    except ValueError:  # a port that is no number, a host that is none
        pass
    raise ConfigurationError(f"{url}: not a URL of {name}; write it as {example}.")


def exchange(  # noqa: PLR0913 - the parts of a request
    server: SplitResult, method: str, target: str, headers: Mapping[str, str], body: bytes, *, timeout: float, name: str
) -> Reply:
    """Send a request, once. Raises NoServerError if it cannot connect, ConfigurationError if no response comes."""
    kind = http.client.HTTPSConnection if server.scheme == "https" else http.client.HTTPConnection
    connection = kind(server.hostname or "", server.port, timeout=timeout)
    try:
        connection.connect()
    except OSError as error:
        raise NoServerError(
            f"{server.geturl()}: no {name} answers there ({error}); start it, or give its address with --url."
        ) from error
    try:
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, received, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise ConfigurationError(
            f"{server.geturl()}: no whole response came from there ({error!r}); its log may say why."
        ) from error
    finally:
        connection.close()


def credentials_in(known: Mapping[str, str]) -> Credentials | None:
    """Those of the variables; None if there are none."""
    access_key = known.get("AWS_ACCESS_KEY_ID", "")
    return Credentials(access_key, known.get("AWS_SECRET_ACCESS_KEY", "")) if access_key else None


def folder_of(root: Path | None) -> Path:
    """The output folder of `esb build` that a command is about."""
    return root or Path(".esb")
