"""The credentials and parameters that EventBridge's connections add to a request.

EventBridge user guide, "Connections for API targets". The secrets are read when a request is sent, so that a delivery
that waits uses those of today.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

HIDDEN: Final = "***"
_SHORTEST: Final = 4  # characters of a secret that is looked for within a text; a shorter one would be found everywhere


def authorized(
    request: Mapping[str, Any], body: str, auth: Mapping[str, Any], token: str = ""
) -> tuple[dict[str, Any], str]:
    """A request and its body with what the `AuthParameters` of a connection add; `token` is that of OAuth."""
    more = auth.get("InvocationHttpParameters", {})
    headers = {**request["headers"], **_pairs(more.get("HeaderParameters", ())), **_credentials(auth, token)}
    query = [f"{quote(one['Key'])}={quote(one.get('Value', ''))}" for one in more.get("QueryStringParameters", ())]
    parts = urlsplit(request["url"])
    url = urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, *query)))))
    return {**request, "url": url, "headers": headers}, _with_parameters(body, _pairs(more.get("BodyParameters", ())))


def without_secrets(text: str, auth: Mapping[str, Any], token: str = "") -> str:
    """A text, such as an answer that repeats the request, in which no secret of a connection stands in clear."""
    authorization = _credentials(auth, token).get("Authorization", "").partition(" ")[2]
    for secret in sorted({token, authorization, *_secrets(auth)}, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def _secrets(auth: Mapping[str, Any]) -> Iterator[str]:
    oauth = auth.get("OAuthParameters", {})
    yield auth.get("BasicAuthParameters", {}).get("Password", "")
    yield auth.get("ApiKeyAuthParameters", {}).get("ApiKeyValue", "")
    yield oauth.get("ClientParameters", {}).get("ClientSecret", "")
    for more in (auth.get("InvocationHttpParameters", {}), oauth.get("OAuthHttpParameters", {})):
        yield from (one.get("Value", "") for each in more.values() for one in each if one.get("IsValueSecret", True))


def _credentials(auth: Mapping[str, Any], token: str) -> dict[str, str]:
    if token:
        return {"Authorization": f"Bearer {token}"}
    if "BasicAuthParameters" in auth:
        basic = auth["BasicAuthParameters"]
        pair = f"{basic['Username']}:{basic['Password']}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}
    key = auth.get("ApiKeyAuthParameters")
    return {} if key is None else {key["ApiKeyName"]: key["ApiKeyValue"]}


def _pairs(parameters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Headers and members of a body; the last one of a key counts."""
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
