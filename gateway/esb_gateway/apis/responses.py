"""A function's answer as the response that the client of an API gets.

Sources: "Output format of a Lambda function for proxy integration" (1.0), "Create AWS Lambda proxy integrations for
HTTP APIs" (2.0, with its inference of a missing statusCode), "Gateway response types", "Amazon API Gateway important
notes" (headers that a REST API renames).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from enum import Enum
from typing import Any

from esb_gateway.apis.media import is_binary, media_type
from esb_gateway.apis.routing import Api, ApiType, Match, Route
from esb_wire.http.messages import Headers, Request, Response, json_response

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_PASSED = frozenset({"transfer-encoding", "trailer", "upgrade", "keep-alive", "proxy-connection", "te"})
_REMAPPED = frozenset(
    {
        "authorization", "connection", "content-length", "content-md5", "date", "host", "max-forwards", "server",
        "user-agent", "www-authenticate",
    }
)  # fmt: skip
# "Response streaming for Lambda functions": what Node's `HttpResponseStream.from` writes before the body.
PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response"
PRELUDE_END = bytes(8)
_FIELDS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_GENERATED = frozenset({"connection", "content-length", "date", "server"})


class Failure(Enum):
    """Why the client gets an answer that no function gave."""

    NOT_FOUND = "no route"
    TOO_LARGE = "request too large"
    FUNCTION_ERROR = "the function failed"
    BAD_ANSWER = "the function's answer has not the form that API Gateway expects"
    TIMED_OUT = "the function did not answer in time"
    THROTTLED = "the function takes no more work"
    BAD_PATH = "the path would lead out of where the integration may lead"
    UNREACHABLE = "the other server cannot be reached"


# What each type of API says. Failed, wrong and rejected: "Handling Lambda errors with an API Gateway API" in the Lambda
# developer guide. For the rest REST APIs have "Gateway response types"; HTTP APIs are as observed, but for
# the timeout and an integration that cannot be reached: AWS was seen to answer 503 there, which a client cannot tell
# from a gateway that is not up.
_FAILURES: dict[ApiType, dict[Failure, tuple[int, str, str]]] = {
    ApiType.REST: {
        Failure.NOT_FOUND: (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
        Failure.TOO_LARGE: (413, "Request Too Long", "RequestTooLargeException"),
        Failure.FUNCTION_ERROR: (502, "Internal server error", "InternalServerErrorException"),
        Failure.BAD_ANSWER: (502, "Internal server error", "InternalServerErrorException"),
        Failure.TIMED_OUT: (504, "Endpoint request timed out", "GatewayTimeoutException"),
        Failure.THROTTLED: (500, "Internal server error", "InternalServerErrorException"),
        Failure.BAD_PATH: (400, "Bad Request", "BadRequestException"),
        Failure.UNREACHABLE: (504, "Network error communicating with endpoint", "IntegrationFailureException"),
    },
    ApiType.HTTP: {
        Failure.NOT_FOUND: (404, "Not Found", ""),
        Failure.TOO_LARGE: (413, "Request Entity Too Large", ""),
        Failure.FUNCTION_ERROR: (502, "Internal Server Error", ""),
        Failure.BAD_ANSWER: (502, "Internal Server Error", ""),
        Failure.TIMED_OUT: (504, "Gateway Timeout", ""),
        Failure.THROTTLED: (500, "Internal Server Error", ""),
        Failure.BAD_PATH: (400, "Bad Request", ""),
        Failure.UNREACHABLE: (502, "Bad Gateway", ""),
    },
}


class BadAnswer(Exception):
    """The function's answer is not what a proxy integration may return; the message says what is wrong with it."""


def failure(api_type: ApiType, why: Failure) -> Response:
    """API Gateway's own answer for a failure."""
    status, message, error_type = _FAILURES[api_type][why]
    return json_response(status, {"message": message}, (("x-amzn-ErrorType", error_type),) if error_type else ())


def build_response(payload: bytes, route: Route, request: Request) -> Response:
    """The response for what a function returned. Raises BadAnswer."""
    answer = _parsed(payload)
    if route.payload == "2.0":
        return _response_2(answer, payload, route.api)
    return _response_1(answer, route.api, request)


def build_proxied_response(status: int, headers: Headers, body: bytes, api: Api) -> Response:
    """The response for what another server has answered. Raises BadAnswer."""
    if not 200 <= status <= 599:
        raise BadAnswer(f"its status is {status}")
    named = {
        word.strip().lower() for name, value in headers if name.lower() == "connection" for word in value.split(",")
    }
    return Response(status, _passed(tuple(item for item in headers if item[0].lower() not in named), api), body)


def build_url_response(payload: bytes, content_type: str, match: Match) -> Response:
    """The response of a function URL: payload 2.0, with another Content-Type where there is none. Raises BadAnswer.

    A streamed answer that was collected may have a prelude, which is its head.
    """
    if media_type(content_type) == PRELUDE_TYPE and PRELUDE_END in payload:
        prelude, _, body = payload.partition(PRELUDE_END)
        return build_prelude_response(prelude, match)._replace(body=body)
    return _response_2(_parsed(payload), payload, match.route.api, "application/json")


def build_prelude_response(prelude: bytes, match: Match) -> Response:
    """The head of a streamed answer, by the JSON that comes before its body. Raises BadAnswer."""
    said = _parsed(prelude)
    if not isinstance(said, dict):
        raise BadAnswer("its prelude is not an object")
    head = {"statusCode": 200, **{name: said[name] for name in ("statusCode", "headers", "cookies") if name in said}}
    return _response_2(head, b"", match.route.api, "application/octet-stream")


def _parsed(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("it is not JSON") from error


def _response_2(answer: object, payload: bytes, api: Api, default_type: str = "text/plain;charset=UTF-8") -> Response:
    """Payload 2.0; JSON without a statusCode is the body of a 200, as it is."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        body = answer.encode() if isinstance(answer, str) else payload
        return Response(200, (("Content-Type", "application/json"),), body)
    headers = _passed(_single(answer), api)
    cookies = answer.get("cookies") or []
    if not isinstance(cookies, list):
        raise BadAnswer("cookies is not a list")
    headers += tuple(("Set-Cookie", _value("cookies", cookie)) for cookie in cookies)
    body = _text(answer)
    if answer.get("isBase64Encoded") is True:
        body = _decoded(body)
    return Response(_status(answer), _typed(headers, default_type), body)


def _response_1(answer: object, api: Api, request: Request) -> Response:
    if not isinstance(answer, dict):
        raise BadAnswer("it is not an object")
    if "statusCode" not in answer and api.type is ApiType.HTTP:
        raise BadAnswer("statusCode is missing")
    if api.type is ApiType.REST and (unknown := answer.keys() - _FIELDS):
        raise BadAnswer(f"{', '.join(sorted(unknown))} is no field of a response")
    headers = _passed(_merged(answer), api)
    body = _text(answer)
    if answer.get("isBase64Encoded") is True and _wants_binary(api, request):
        body = _decoded(body)
    default = "application/json" if api.type is ApiType.REST else "text/plain;charset=UTF-8"
    return Response(_status(answer), _typed(headers, default), body)


def _wants_binary(api: Api, request: Request) -> bool:
    """A REST API decodes base64 only if the first type of Accept is one of its binary media types."""
    return api.type is ApiType.HTTP or is_binary(media_type(request.lowered.get("accept")), api.binary_media_types)


def _status(answer: dict[str, Any]) -> int:
    status = answer.get("statusCode", 200)
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise BadAnswer("statusCode is not a number from 200 to 599")
    return status


def _single(answer: dict[str, Any]) -> Headers:
    headers = answer.get("headers") or {}
    if not isinstance(headers, dict):
        raise BadAnswer("headers is not an object")
    return tuple((_name(name), _value(name, value)) for name, value in headers.items() if value is not None)


def _merged(answer: dict[str, Any]) -> Headers:
    """`headers` and `multiValueHeaders`; a pair that is in both is sent once."""
    multi = answer.get("multiValueHeaders") or {}
    if not isinstance(multi, dict):
        raise BadAnswer("multiValueHeaders is not an object")
    many: list[tuple[str, str]] = []
    for name, values in multi.items():
        if not isinstance(values, list):
            raise BadAnswer(f"multiValueHeaders.{name} is not a list")
        many += [(_name(name), _value(name, value)) for value in values]
    seen = {(name.lower(), value) for name, value in many}
    return (*(item for item in _single(answer) if (item[0].lower(), item[1]) not in seen), *many)


def _name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise BadAnswer(f"{name!r} is not the name of a header")
    return name


def _value(name: str, value: object) -> str:
    text = _scalar(value)
    if text is None or _UNSAFE_VALUE.search(text):
        raise BadAnswer(f"the value of header {name} is not a line of text")
    return text


def _scalar(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None


def _text(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadAnswer("body is not a string")
    return body.encode("utf-8", "replace")


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(body)
    except binascii.Error as error:
        raise BadAnswer("isBase64Encoded is true, and body is not base64") from error


def _passed(headers: Headers, api: Api) -> Headers:
    """Without the headers that the connection decides; a REST API renames those that it makes itself."""
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        lowered = name.lower()
        if api.type is ApiType.REST and lowered in _REMAPPED:
            kept.append((f"x-amzn-Remapped-{name}", value))
        elif lowered not in _NOT_PASSED and lowered not in _GENERATED:
            kept.append((name, value))
    return tuple(kept)


def _typed(headers: Headers, default: str) -> Headers:
    if any(name.lower() == "content-type" for name, _ in headers):
        return headers
    return (("Content-Type", default), *headers)
