"""The client of the Invoke API for `esb-gateway invoke`.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from esb_gateway.client.gateway_client import GatewayClient, Reply
from esb_gateway.errors import ConfigurationError

LONGEST: Final = 960.0  # seconds: a function may take 900, and may have to start first
_FOREIGN: Final = frozenset({"UnrecognizedClientException", "InvalidSignatureException"})


class InvokeCall(NamedTuple):
    """`client_context` is JSON text of at most 3,583 bytes."""

    function: str
    payload: bytes
    is_async: bool = False
    with_log: bool = False
    qualifier: str | None = None
    client_context: str | None = None


class Answer(NamedTuple):
    """`log` is the end of the function's log, up to 4 KB; `error` the kind of failure, None if it succeeded."""

    request_id: str
    payload: bytes
    log: str
    error: str | None


def invoke(client: GatewayClient, invocation: InvokeCall) -> Answer:
    """Raises NoServerError, and ConfigurationError if the gateway refuses the call."""
    path = f"/2015-03-31/functions/{quote(invocation.function, safe=':')}/invocations"
    query = urlencode({"Qualifier": invocation.qualifier}) if invocation.qualifier else ""
    reply = client.send("POST", path, query, headers=_headers(invocation), body=invocation.payload)
    if reply.status not in (200, 202, 204):
        raise ConfigurationError(_refusal(client.url, reply))
    log = base64.b64decode(reply.headers.get("x-amz-log-result", "")).decode(errors="replace")
    request_id = reply.headers.get("x-amzn-requestid", "")
    return Answer(request_id, reply.body, log, reply.headers.get("x-amz-function-error"))


def _headers(invocation: InvokeCall) -> Mapping[str, str]:
    headers = {"X-Amz-Invocation-Type": "Event" if invocation.is_async else "RequestResponse"}
    if invocation.with_log:
        headers["X-Amz-Log-Type"] = "Tail"
    if invocation.client_context is not None:
        headers["X-Amz-Client-Context"] = base64.b64encode(invocation.client_context.encode()).decode()
    return headers


def _refusal(url: str, reply: Reply) -> str:
    try:
        message = json.loads(reply.body)
        said = message.get("message") or message.get("Message") or ""
    except (AttributeError, ValueError):
        return f"{url}: the server at this URL is not an ESB gateway; give the gateway's with --url."
    kind = reply.headers.get("x-amzn-errortype", "").partition(":")[0]
    if kind in _FOREIGN:
        said = f"{said} The gateway there is of another stack, or has other secrets; name its folder with --root."
    return f"{url}: {reply.status} {kind}: {said}"
