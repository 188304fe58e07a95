"""Calls of the DynamoDB API, signed with the stack's credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from esb_gateway.clocks import Clock
from esb_wire.http.client import RequestSender
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import Credentials, sign

_CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class CallError(Exception):
    """An error of the API: `code` without its prefix, `document` as it was sent."""

    def __init__(self, code: str, message: str, document: Mapping[str, Any]) -> None:
        self.code = code
        self.document = document
        super().__init__(f"{code}: {message}")


class Database:
    """The database at `host`, such as `database:8000`."""

    def __init__(self, client: RequestSender, host: str, credentials: Credentials, clock: Clock) -> None:
        self._client = client
        self._host = host
        self._credentials = credentials
        self._clock = clock

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The result of an operation such as `Scan`. Raises CallError, or UnreachableError."""
        body = json.dumps(parameters, separators=(",", ":")).encode()
        named = {
            "Host": self._host,
            "Content-Type": _CONTENT_TYPE,
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        lowered = {name.lower(): value for name, value in named.items()}
        request = Request("POST", "/", "", tuple(named.items()), lowered, body, "")
        signature = sign(request, self._credentials, self._clock(), "dynamodb")
        response = await self._client.send("POST", "/", (*named.items(), *signature.items()), body)
        return _result(response)


def _result(response: Response) -> dict[str, Any]:
    try:
        document = json.loads(response.body or b"{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CallError("InvalidResponse", f"status {response.status}, and a body that is no JSON object", {})
    if response.status != 200:
        code = str(document.get("__type", response.status)).rpartition("#")[2]
        raise CallError(code, str(document.get("message") or document.get("Message") or ""), document)
    return document
