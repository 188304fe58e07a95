"""What EventBridge's connections add to a request: their credentials, and parameters of their own.

EventBridge user guide, "Connections for API targets". The secrets are read when a request is sent, so that a delivery
that waits uses those of today.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit


def authorized(request: Mapping[str, Any], body: str, auth: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """A request and its body with what the `AuthParameters` of a connection add."""
    more = auth.get("InvocationHttpParameters", {})
    headers = {**request["headers"], **_pairs(more.get("HeaderParameters", ())), **_credentials(auth)}
    query = [f"{quote(key)}={quote(value)}" for key, value in _pairs(more.get("QueryStringParameters", ())).items()]
    parts = urlsplit(request["url"])
    url = urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, *query)))))
    return {**request, "url": url, "headers": headers}, _with_parameters(body, _pairs(more.get("BodyParameters", ())))


def _credentials(auth: Mapping[str, Any]) -> dict[str, str]:
    if "BasicAuthParameters" in auth:
        basic = auth["BasicAuthParameters"]
        pair = f"{basic['Username']}:{basic['Password']}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}
    key = auth.get("ApiKeyAuthParameters")
    return {} if key is None else {key["ApiKeyName"]: key["ApiKeyValue"]}


def _pairs(parameters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {one["Key"]: one.get("Value", "") for one in parameters}


def _with_parameters(body: str, parameters: Mapping[str, str]) -> str:
    """The parameters become members of a body that is a JSON object."""
    if not parameters:
        return body
    try:
        content = json.loads(body)
    except ValueError:
        return body
    return json.dumps({**content, **parameters}) if isinstance(content, dict) else body
