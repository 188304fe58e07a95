"""A client of a running gateway, for the commands that ask one."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from esb_gateway.errors import ConfigurationError
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign

GATEWAY_URL_VARIABLE: Final = "ESB_GATEWAY_URL"
_PORTS: Final = ("ESB_PLAIN_PORT", "ESB_PORT", "ESB_GATEWAY_PORT")


class NoGatewayError(ConfigurationError):
    """Nothing listens at the gateway's address, so the request was not sent."""


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
        """Raises NoGatewayError if it cannot connect, ConfigurationError if the URL is none or no response comes."""
        parts = self._parts()
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout)
        sent = {"Host": parts.netloc, **headers}
        if self.credentials is not None:
            lowered = {name.lower(): value for name, value in sent.items()}
            sent |= sign(Request(method, path, query, (), lowered, body, ""), self.credentials, self.now)
        try:
            connection.connect()
        except OSError as error:
            raise NoGatewayError(
                f"{self.url}: no gateway answers there ({error}); start it, or give its address with --url."
            ) from error
        try:
            connection.request(method, f"{path}?{query}" if query else path, body, sent)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, received, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ConfigurationError(
                f"{self.url}: no whole response came from there ({error!r}); its log may say why."
            ) from error
        finally:
            connection.close()

    def _parts(self) -> SplitResult:
        try:
            parts = urlsplit(self.url)
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return parts
        except ValueError:  # a port that is no number
            pass
        raise ConfigurationError(f"{self.url}: not a URL of a gateway; write it as http://127.0.0.1:8080.")


def default_url(environment: Mapping[str, str]) -> str:
    """Where the gateway of this machine, or of this container, listens."""
    if url := environment.get(GATEWAY_URL_VARIABLE):
        return url
    port = next(filter(None, map(environment.get, _PORTS)), "8080")
    return f"http://127.0.0.1:{port}"


def credentials_in(known: Mapping[str, str]) -> Credentials | None:
    """Those of the variables; None if there are none."""
    access_key = known.get("AWS_ACCESS_KEY_ID", "")
    return Credentials(access_key, known.get("AWS_SECRET_ACCESS_KEY", "")) if access_key else None


def folder_of(root: Path | None) -> Path:
    """The output folder of `esb build` that a command is about."""
    return root or Path(".esb")
