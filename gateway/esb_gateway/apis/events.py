"""A request as the event that a function receives: plain data in, plain data out.

The shapes are those of API Gateway's developer guide: "Input format of a Lambda function for proxy integration" (REST
API, payload 1.0) and "Create AWS Lambda proxy integrations for HTTP APIs" (payload 1.0 with `version`, and 2.0); that
of a function URL is in Lambda's, "Invoking Lambda function URLs". Nulls that AWS sends are sent; what AWS leaves out is
left out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote, unquote_plus

from esb_gateway.apis.media import is_binary, is_text
from esb_gateway.apis.routing import Api, ApiType, Match
from esb_gateway.identifiers import root_of
from esb_wire.http.messages import Headers, Request, lower

Event: TypeAlias = dict[str, Any]

# RFC 9110, 7.6.1: these concern one connection only. API Gateway does not pass them on.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
_NOT_FORWARDED = _HOP_BY_HOP | {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Circumstances(NamedTuple):
    """What an event says that is not in the request. `time` is in seconds since the epoch, `trace_id` the whole id."""

    account_id: str
    request_id: str
    extended_request_id: str
    trace_id: str
    time: float

    @property
    def trace(self) -> str:
        """The `Root=...` of the trace, which is all that a client and an event get."""
        return root_of(self.trace_id)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a guarded route: `requestContext.authorizer`, and entries of `requestContext.identity`."""

    authorizer: Event | None = None
    identity: Mapping[str, str | None] = field(default_factory=dict)


def build_event(request: Request, match: Match, circumstances: Circumstances, caller: Caller | None = None) -> Event:
    """The event for a matched request, in the payload format of its route."""
    if match.route.payload == "2.0":
        event = _payload_2(request, match, circumstances)
    else:
        event = _payload_1(request, match, circumstances)
    if caller is not None:
        _introduce(caller, event["requestContext"])
    return event


def _introduce(caller: Caller, context: Event) -> None:
    if caller.authorizer is not None:
        context["authorizer"] = caller.authorizer
    if "identity" in context:
        context["identity"] |= caller.identity


def context_variables(request: Request, match: Match, circumstances: Circumstances) -> Event:
    """What an identity source such as `$context.identity.sourceIp` may name; both types of API have these."""
    return {**_context_1(request, match, circumstances), "routeKey": match.route.key}


def build_url_event(request: Request, match: Match, circumstances: Circumstances, caller: str | None) -> Event:
    """The event of a function URL, whose `match` is that of an HTTP API's $default route.

    `caller` is the access key that signed the request, None where nobody has to sign. The account is the caller's, so
    an open URL has none: AWS was seen to send `anonymous`.
    """
    event = _payload_2(request, match, circumstances)
    context = event["requestContext"]
    account = circumstances.account_id
    event["requestContext"] = {
        "accountId": "anonymous" if caller is None else account,
        "apiId": context["apiId"],
        **({} if caller is None else {"authorizer": {"iam": iam_caller(caller, account)}}),
        **{name: value for name, value in context.items() if name not in ("accountId", "apiId")},
        "requestId": circumstances.request_id,
    }
    return event


def iam_caller(access_key: str, account: str) -> Event:
    """Who signed, in payload 2.0. The stack has one pair of credentials, which may do everything: the root user's."""
    return {
        "accessKey": access_key,
        "accountId": account,
        "callerId": account,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{account}:root",
        "userId": account,
    }


def iam_identity(access_key: str, account: str) -> dict[str, str | None]:
    """Who signed, in payload 1.0."""
    arn = f"arn:aws:iam::{account}:root"
    return {"accessKey": access_key, "accountId": account, "caller": account, "user": account, "userArn": arn}


# Payload 2.0


def _payload_2(request: Request, match: Match, circumstances: Circumstances) -> Event:
    api = match.route.api
    lowered = lower(_forwarded(request, circumstances.trace))
    cookies = _cookies(lowered.pop("cookie", None))
    path = _with_stage(api, match.path)
    body, is_base64 = _body(request, binary=not is_text(lowered.get("content-type")))
    event: Event = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": path,
        "rawQueryString": request.query,
    }
    if cookies:
        event["cookies"] = cookies
    event["headers"] = lowered
    if request.query:
        event["queryStringParameters"] = {k: ",".join(v) for k, v in query_values(request.query).items()}
    event["requestContext"] = _context_2(request, match, circumstances, path)
    if body is not None:
        event["body"] = body
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    event["isBase64Encoded"] = is_base64
    if api.stage_variables:
        event["stageVariables"] = dict(api.stage_variables)
    return event


def _context_2(request: Request, match: Match, circumstances: Circumstances, path: str) -> Event:
    api, domain = match.route.api, _domain(request)
    return {
        "accountId": circumstances.account_id,
        "apiId": api.id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": request.protocol,
            "sourceIp": request.client,
            "userAgent": request.lowered.get("user-agent", ""),
        },
        "requestId": circumstances.extended_request_id,
        "routeKey": match.route.key,
        "stage": api.stage,
        "time": clf_time(int(circumstances.time)),
        "timeEpoch": int(circumstances.time * 1000),
    }


def _cookies(header: str | None) -> list[str]:
    if header is None:
        return []
    return [cookie for part in header.split(";") if (cookie := part.strip())]


# Payload 1.0


def _payload_1(request: Request, match: Match, circumstances: Circumstances) -> Event:
    route, api = match.route, match.route.api
    is_rest = api.type is ApiType.REST
    multi_headers = _multi(_forwarded(request, circumstances.trace), lowercase=not is_rest)
    multi_query = query_values(request.query)
    binary = (
        is_binary(request.lowered.get("content-type"), api.binary_media_types)
        if is_rest
        else not is_text(request.lowered.get("content-type"))
    )
    body, is_base64 = _body(request, binary=binary)
    return {
        **({} if is_rest else {"version": "1.0"}),
        "resource": route.path,
        "path": match.path if is_rest else _with_stage(api, match.path),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in multi_headers.items()},
        "multiValueHeaders": multi_headers,
        "queryStringParameters": {k: v[-1] for k, v in multi_query.items()} or None,
        "multiValueQueryStringParameters": multi_query or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": dict(api.stage_variables) or None,
        "requestContext": _context_1(request, match, circumstances),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _context_1(request: Request, match: Match, circumstances: Circumstances) -> Event:
    route, api, domain = match.route, match.route.api, _domain(request)
    is_rest = api.type is ApiType.REST
    return {
        "accountId": circumstances.account_id,
        "apiId": api.id,
        **({} if is_rest else {"authorizer": {"claims": None, "scopes": None}}),
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "extendedRequestId": circumstances.extended_request_id,
        "httpMethod": request.method,
        "identity": _identity(request),
        **({"operationName": route.operation_name} if route.operation_name else {}),
        "path": _with_stage(api, match.path),
        "protocol": request.protocol,
        "requestId": circumstances.request_id if is_rest else circumstances.extended_request_id,
        "requestTime": clf_time(int(circumstances.time)),
        "requestTimeEpoch": int(circumstances.time * 1000),
        "resourceId": _resource_id(route.path) if is_rest else None,
        "resourcePath": route.path,
        "stage": api.stage,
    }


def _identity(request: Request) -> Event:
    return {
        "accessKey": None,
        "accountId": None,
        "caller": None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": request.client,
        "user": None,
        "userAgent": request.lowered.get("user-agent"),
        "userArn": None,
    }


def _multi(headers: Headers, *, lowercase: bool) -> dict[str, list[str]]:
    """Every value by name. Names that differ only in letter case are one header, spelt as it came first."""
    spelling: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, value in headers:
        lowered = name.lower()
        found.setdefault(spelling.setdefault(lowered, lowered if lowercase else name), []).append(value)
    return found


@lru_cache(maxsize=4096)
def _resource_id(path: str) -> str:
    """A stable id of a resource, of the length of AWS's."""
    return hashlib.sha256(path.encode()).hexdigest()[:6]


# Both formats


def _forwarded(request: Request, trace: str) -> Headers:
    """The client's headers as API Gateway passes them on, with those that it adds itself."""
    kept = [item for item in request.headers if item[0].lower() not in _NOT_FORWARDED]
    came_through = request.lowered.get("x-forwarded-for")
    _, _, port = request.lowered.get("host", "").rpartition(":")
    kept.append(("X-Amzn-Trace-Id", trace))
    kept.append(("X-Forwarded-For", f"{came_through}, {request.client}" if came_through else request.client))
    kept.append(("X-Forwarded-Port", port if port.isdigit() else {"https": "443"}.get(request.scheme, "80")))
    kept.append(("X-Forwarded-Proto", request.scheme))
    return tuple(kept)


def query_values(query: str) -> dict[str, list[str]]:
    """Every decoded value by decoded name, in the order they came; `a` without `=` is the empty value."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return found


def _body(request: Request, *, binary: bool) -> tuple[str | None, bool]:
    """The body and whether it is base64. Bytes that are not UTF-8 are never mangled: they are base64 too."""
    if not request.body:
        return None, False
    if not binary:
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode("ascii"), True


def _with_stage(api: Api, path: str) -> str:
    return path if api.stage == "$default" else f"/{api.stage}{path}"


def _domain(request: Request) -> str:
    """The host without its port, as AWS's domain names have none."""
    host = request.lowered.get("host", "")
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return unquote(host.partition(":")[0])


@lru_cache(maxsize=16)
def clf_time(seconds: int) -> str:
    """The time as in access logs: `12/Mar/2020:19:03:58 +0000`."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at.year}:{at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"
