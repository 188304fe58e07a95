"""A function's result, or a server's response, as the response that the client of an API gets.

Sources: "Output format of a Lambda function for proxy integration" (1.0) and "Create AWS Lambda proxy integrations for
HTTP APIs" (2.0, with its inference of a missing statusCode) in API Gateway's developer guide.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Final

from esb_gateway.apis.api import Api, Route
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.media import is_binary, media_type
from esb_wire.http.messages import Headers, Request, Response

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Headers that the connection decides, or that the listener itself sends.
_DROPPED: Final = frozenset(
    {
        "transfer-encoding", "trailer", "upgrade", "keep-alive", "proxy-connection", "te", "connection",
        "content-length", "date", "server",
    }
)  # fmt: skip
# "Response streaming for Lambda functions": what Node's `HttpResponseStream.from` writes before the body.
PRELUDE_TYPE: Final = "application/vnd.awslambda.http-integration-response"
PRELUDE_END: Final = bytes(8)
_JSON: Final = (("Content-Type", "application/json"),)
_FIELDS: Final = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


class InvalidResponse(Exception):
    """An integration must not respond like this; the message says why, `why` how the API answers then."""

    def __init__(self, message: str, why: Failure = Failure.INVALID_RESPONSE) -> None:
        self.why = why
        super().__init__(message)


def build_response(payload: bytes, route: Route, request: Request) -> Response:
    """The response for a function's result; the body of the request does not matter. Raises InvalidResponse."""
    return _response_2(payload, route.api) if route.payload == "2.0" else _response_1(payload, route.api, request)


def build_proxied_response(status: int, headers: Headers, body: bytes, api: Api) -> Response:
    """The response for that of another server. Raises InvalidResponse."""
    if not 200 <= status <= 599:
        raise InvalidResponse(f"its status is {status}")
    named = {
        word.strip().lower() for name, value in headers if name.lower() == "connection" for word in value.split(",")
    }
    return Response(status, _passed(tuple(item for item in headers if item[0].lower() not in named), api), body)


def build_url_response(payload: bytes, content_type: str, api: Api) -> Response:
    """The response of a function URL: payload 2.0, with another default Content-Type. Raises InvalidResponse.

    A streamed result that was collected may begin with a prelude.
    """
    if media_type(content_type) == PRELUDE_TYPE and PRELUDE_END in payload:
        prelude, _, body = payload.partition(PRELUDE_END)
        return build_prelude_response(prelude, api)._replace(body=body)
    return _response_2(payload, api)


def build_prelude_response(prelude: bytes, api: Api) -> Response:
    """The head of a streamed response, from the JSON before its body. Raises InvalidResponse."""
    fields = _parsed(prelude)
    if not isinstance(fields, dict):
        raise InvalidResponse("its prelude is not an object")
    head = {name: fields[name] for name in ("statusCode", "headers", "cookies") if name in fields}
    return _from_fields({"statusCode": 200, **head}, api, "application/octet-stream")


def _parsed(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidResponse("it is not JSON") from error


def _response_2(payload: bytes, api: Api) -> Response:
    """Payload 2.0. A result without statusCode is the body of a 200; in an HTTP API, also one that is not JSON."""
    try:
        result = _parsed(payload)
    except InvalidResponse:
        if not api.type.passes_non_json:
            raise
        return Response(200, _JSON, payload)
    if isinstance(result, dict) and "statusCode" in result:
        return _from_fields(result, api, api.type.default_content_type)
    if isinstance(result, str):
        return Response(200, _JSON, result.encode("utf-8", "replace"))
    return Response(200, _JSON, _compact(result) if api.type.compacts_json else payload)


def _from_fields(fields: dict[str, Any], api: Api, default_type: str) -> Response:
    headers = _passed(_single(fields), api)
    cookies = fields.get("cookies") or []
    if not isinstance(cookies, list):
        raise InvalidResponse("cookies is not a list")
    headers += tuple([("Set-Cookie", _value("cookies", cookie)) for cookie in cookies])
    body = fields.get("body")
    text = _compact(body) if api.type.compacts_json and isinstance(body, dict) else _text(fields)
    if fields.get("isBase64Encoded") is True:
        text = _decoded(text)
    return Response(_status(fields), _typed(headers, default_type), text)


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _response_1(payload: bytes, api: Api, request: Request) -> Response:
    result = _parsed(payload)
    if not isinstance(result, dict):
        raise InvalidResponse("it is not an object")
    if api.type.status_required and "statusCode" not in result:
        raise InvalidResponse("statusCode is missing")
    if not api.type.unknown_fields_allowed and (unknown := result.keys() - _FIELDS):
        raise InvalidResponse(f"{', '.join(sorted(unknown))} is not a field of a response")
    headers = _passed(_merged(result, multi_first=api.type.multi_values_first), api)
    if not (api.type.null_content_type and _has_null_content_type(result)):
        headers = _typed(headers, api.type.default_content_type)
    body = _text(result)
    if result.get("isBase64Encoded") is True and _wants_binary(api, request):
        body = _decoded(body)
    return Response(_status(result), headers, body)


def _has_null_content_type(result: dict[str, Any]) -> bool:
    entries = [*(result.get("headers") or {}).items(), *(result.get("multiValueHeaders") or {}).items()]
    return any(name.lower() == "content-type" and value in (None, [None], []) for name, value in entries)


def _wants_binary(api: Api, request: Request) -> bool:
    """A REST API decodes base64 only if the first type of Accept is one of its binary media types."""
    accepted = media_type(request.lowered.get("accept"))
    return not api.type.uses_binary_media_types or is_binary(accepted, api.binary_media_types)


def _status(result: dict[str, Any]) -> int:
    status = result.get("statusCode", 200)
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise InvalidResponse("statusCode is not a number from 200 to 599")
    return status


def _single(result: dict[str, Any]) -> Headers:
    headers = result.get("headers") or {}
    if not isinstance(headers, dict):
        raise InvalidResponse("headers is not an object")
    return tuple([(_name(name), _value(name, value)) for name, value in headers.items() if value is not None])


def _merged(result: dict[str, Any], *, multi_first: bool) -> Headers:
    """`headers` and `multiValueHeaders`. A pair that both contain is sent once; null values are skipped."""
    multi = result.get("multiValueHeaders") or {}
    if not isinstance(multi, dict):
        raise InvalidResponse("multiValueHeaders is not an object")
    many: list[tuple[str, str]] = []
    for name, values in multi.items():
        if not isinstance(values, list | None):
            raise InvalidResponse(f"multiValueHeaders.{name} is not a list")
        many += [(_name(name), _value(name, value)) for value in values or () if value is not None]
    seen = {(name.lower(), value) for name, value in many}
    single = [item for item in _single(result) if (item[0].lower(), item[1]) not in seen]
    if not multi_first:
        return (*single, *many)
    spelling = {name.lower(): name for name, _ in many}
    both = [(spelling[name.lower()], value) for name, value in single if name.lower() in spelling]
    alone = [item for item in single if item[0].lower() not in spelling]
    return (*alone, *many, *both)


def _name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise InvalidResponse(f"{name!r} is not the name of a header")
    return name


def _value(name: str, value: object) -> str:
    text = value if isinstance(value, str) else _scalar(value)
    if text is None or _UNSAFE_VALUE.search(text):
        raise InvalidResponse(f"the value of header {name} is not a line of text")
    return text


def _scalar(value: object) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None


def _text(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidResponse("body is not a string")
    return body.encode("utf-8", "replace")


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(body)
    except binascii.Error as error:
        raise InvalidResponse("isBase64Encoded is true, and body is not base64", Failure.INVALID_BODY) from error


def _passed(headers: Headers, api: Api) -> Headers:
    """The headers that the client gets: some are dropped, and a REST API renames some."""
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        lowered = name.lower()
        if lowered in api.type.renamed_headers:
            kept.append((f"x-amzn-Remapped-{name}", value))
        elif lowered not in _DROPPED:
            kept.append((name, value))
    return tuple(kept)


def _typed(headers: Headers, default: str) -> Headers:
    for name, _ in headers:
        if name.lower() == "content-type":
            return headers
    return (("Content-Type", default), *headers)
