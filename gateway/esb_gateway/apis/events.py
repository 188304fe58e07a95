"""A request as the event that a function receives.

The shapes are those of API Gateway's developer guide: "Input format of a Lambda function for proxy integration" (REST
API, payload 1.0) and "Create AWS Lambda proxy integrations for HTTP APIs" (payload 1.0 with `version`, and 2.0). That
of a function URL is in Lambda's guide, "Invoking Lambda function URLs". Members that AWS sends as null are null here;
members that AWS omits are missing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote, unquote_to_bytes

from esb_gateway.apis.api_types import ApiType
from esb_gateway.apis.media import is_binary, is_text
from esb_gateway.apis.routing import Match
from esb_gateway.tracing.identifiers import root_of
from esb_wire.function_credentials import user_arn, user_id
from esb_wire.http.messages import Headers, Request, lower

Event: TypeAlias = dict[str, Any]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class RequestContext(NamedTuple):
    """The part of requestContext that is not from the request. `time` is in seconds since the epoch.

    `partition` is that of the stack's region.
    """

    account_id: str
    request_id: str
    extended_request_id: str
    trace_id: str
    time: float
    partition: str

    @property
    def trace(self) -> str:
        """The `Root=...` part of the trace id, which is all that clients and events get."""
        return root_of(self.trace_id)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a route with authorization: `requestContext.authorizer`, and entries of `requestContext.identity`.

    `usage_key` is the value of the API key that a Lambda authorizer named.
    """

    authorizer: Event | None = None
    identity: Mapping[str, str | None] = field(default_factory=dict)
    usage_key: str | None = None


def build_event(request: Request, match: Match, context: RequestContext, principal: Principal | None = None) -> Event:
    """The event for a matched request, in the payload format of its route."""
    event = _PAYLOADS[match.route.payload](request, match, context)
    if principal is not None:
        _add_principal(principal, event["requestContext"])
    return event


def _add_principal(principal: Principal, context: Event) -> None:
    if principal.authorizer is not None:
        context["authorizer"] = principal.authorizer
    if "identity" in context:
        context["identity"] |= principal.identity


def context_variables(
    request: Request, match: Match, context: RequestContext, principal: Principal | None = None
) -> Event:
    """The variables such as `$context.identity.sourceIp` of identity sources and mappings, in both types of API."""
    variables = {**_context_1(request, match, context), "routeKey": match.route.key}
    if principal is not None:
        _add_principal(principal, variables)
    return variables


def build_url_event(request: Request, match: Match, context: RequestContext, access_key: str | None) -> Event:
    """The event of a function URL, whose `match` is that of an HTTP API's $default route.

    `access_key` is the one that signed the request, None if no signature is required. The account is the caller's, so
    an open URL has none: AWS was observed to send `anonymous`.
    """
    event = _payload_2(request, match, context)
    shared, account = event["requestContext"], context.account_id
    event["requestContext"] = {
        "accountId": "anonymous" if access_key is None else account,
        "apiId": shared["apiId"],
        **({} if access_key is None else {"authorizer": {"iam": iam_authorizer(access_key, context)}}),
        **{name: value for name, value in shared.items() if name not in ("accountId", "apiId")},
        "requestId": context.request_id,
    }
    return event


def iam_authorizer(access_key: str, context: RequestContext) -> Event:
    """The caller that signed, in payload 2.0: a function with credentials of its own, or the root user."""
    account = context.account_id
    return {
        "accessKey": access_key,
        "accountId": account,
        "callerId": user_id(access_key, account),
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": user_arn(access_key, account, context.partition),
        "userId": user_id(access_key, account),
    }


def iam_identity(access_key: str, context: RequestContext) -> dict[str, str | None]:
    """The caller that signed, in payload 1.0."""
    account = context.account_id
    user, arn = user_id(access_key, account), user_arn(access_key, account, context.partition)
    return {"accessKey": access_key, "accountId": account, "caller": user, "user": user, "userArn": arn}


# Payload 2.0


def _payload_2(request: Request, match: Match, context: RequestContext) -> Event:
    api = match.route.api
    dropped = api.type.dropped_headers
    lowered = {name: value for name, value in request.lowered.items() if name not in dropped}
    lowered |= lower(_added(request, context.trace, api.type))
    cookies = _cookies(lowered.pop("cookie", None))
    path = api.with_stage(match.path)
    decoded = unquote(path) if "%" in path else path
    body, is_base64 = None, False
    if request.body:
        body, is_base64 = _body(request, binary=not is_text(lowered.get("content-type")))
    event: Event = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": decoded if api.type.decodes_raw_path else path,
        "rawQueryString": request.query,
    }
    if cookies:
        event["cookies"] = cookies
    event["headers"] = lowered
    if request.query:
        event["queryStringParameters"] = {k: ",".join(v) for k, v in query_values(request.query).items()}
    event["requestContext"] = _context_2(request, match, context, decoded)
    if body is not None:
        event["body"] = body
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    event["isBase64Encoded"] = is_base64
    if api.stage_variables:
        event["stageVariables"] = dict(api.stage_variables)
    return event


def _context_2(request: Request, match: Match, context: RequestContext, path: str) -> Event:
    api, domain = match.route.api, _domain(request)
    return {
        "accountId": context.account_id,
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
        "requestId": context.extended_request_id,
        "routeKey": match.route.key,
        "stage": api.stage,
        "time": clf_time(int(context.time)),
        "timeEpoch": int(context.time * 1000),
    }


def _cookies(header: str | None) -> list[str]:
    if header is None:
        return []
    return [cookie for part in header.split(";") if (cookie := part.strip())]


# Payload 1.0


def _payload_1(request: Request, match: Match, context: RequestContext) -> Event:
    route, api = match.route, match.route.api
    content_type = request.lowered.get("content-type")
    by_type = api.type.uses_binary_media_types
    binary = is_binary(content_type, api.binary_media_types) if by_type else not is_text(content_type)
    body, is_base64 = _body(request, binary=binary)
    multi_headers = _multi(_forwarded(request, context.trace, api.type), api.type.header_names)
    multi_query = query_values(request.query)
    return {
        **api.type.event_defaults,
        "resource": route.path,
        "path": api.with_stage(match.path) if api.type.path_has_stage else match.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in multi_headers.items()},
        "multiValueHeaders": multi_headers,
        "queryStringParameters": {k: v[-1] for k, v in multi_query.items()} or None,
        "multiValueQueryStringParameters": multi_query or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": dict(api.stage_variables) or None,
        "requestContext": _context_1(request, match, context),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _context_1(request: Request, match: Match, context: RequestContext) -> Event:
    route, api, domain = match.route, match.route.api, _domain(request)
    path = api.with_stage(match.full_path or match.path)
    return {
        "accountId": context.account_id,
        "apiId": api.id,
        **({"deploymentId": _id(f"{api.id} {api.stage}")} if api.type.has_resources else {}),
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "extendedRequestId": context.extended_request_id,
        "httpMethod": request.method,
        "identity": _identity(request, api.type),
        **({"operationName": route.operation_name} if route.operation_name else {}),
        "path": unquote(path) if api.type.decodes_context_path else path,
        "protocol": request.protocol,
        "requestId": context.request_id if api.type.has_two_request_ids else context.extended_request_id,
        "requestTime": clf_time(int(context.time)),
        "requestTimeEpoch": int(context.time * 1000),
        "resourceId": _id(route.path) if api.type.has_resources else route.key,
        "resourcePath": route.path,
        "stage": api.stage,
    }


def _identity(request: Request, api_type: ApiType) -> Event:
    return {
        "accessKey": None,
        "accountId": None,
        "caller": None,
        **api_type.identity_defaults,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": request.client,
        "user": None,
        "userAgent": request.lowered.get("user-agent", api_type.no_user_agent),
        "userArn": None,
    }


def _multi(headers: Headers, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Every value by name. Names that differ in case only are one header, spelled as in `names` or as at first."""
    spelling: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, value in headers:
        lowered = name.lower()
        found.setdefault(spelling.setdefault(lowered, names.get(lowered, name)), []).append(value)
    return found


@lru_cache(maxsize=4096)
def _id(name: str) -> str:
    """A stable id, of the length of AWS's for resources and deployments."""
    return hashlib.sha256(name.encode()).hexdigest()[:6]


_PAYLOADS: Final = {"1.0": _payload_1, "2.0": _payload_2}

# Both formats


def _forwarded(request: Request, trace: str, api_type: ApiType) -> Headers:
    """The client's headers as API Gateway passes them on, and those that it adds."""
    dropped = api_type.dropped_headers
    kept = [item for item in request.headers if item[0].lower() not in dropped]
    return (*kept, *_added(request, trace, api_type))


def _added(request: Request, trace: str, api_type: ApiType) -> Headers:
    """The headers that API Gateway adds. The client's of the same names are among those that it drops."""
    added: list[tuple[str, str]] = []
    if api_type.adds_content_length and "content-length" not in request.lowered:
        added.append(("Content-Length", str(len(request.body))))
    forwarded_for = request.lowered.get("x-forwarded-for")
    _, _, port = request.lowered.get("host", "").rpartition(":")
    added += [
        ("X-Amzn-Trace-Id", trace),
        ("X-Forwarded-For", f"{forwarded_for}, {request.client}" if forwarded_for else request.client),
        ("X-Forwarded-Port", port if port.isdigit() else {"https": "443"}.get(request.scheme, "80")),
        ("X-Forwarded-Proto", request.scheme),
    ]
    return tuple(added)


def query_values(query: str) -> dict[str, list[str]]:
    """Every decoded value by decoded name, in the order of the query string; `a` without `=` has an empty value."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(_decoded(name), []).append(_decoded(value))
    return found


def _decoded(text: str) -> str:
    """As `unquote_plus` does it, in less than half of the time: the target of a request is ASCII."""
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def _body(request: Request, *, binary: bool) -> tuple[str | None, bool]:
    """The body, and whether it is base64. Bytes that are not UTF-8 are always base64, so that none is lost."""
    if not request.body:
        return None, False
    if not binary:
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode("ascii"), True


def _domain(request: Request) -> str:
    """The host without its port: AWS's domain names have none."""
    host = request.lowered.get("host", "")
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return unquote(host.partition(":")[0])


@lru_cache(maxsize=16)
def clf_time(seconds: int) -> str:
    """The time as in access logs: `12/Mar/2020:19:03:58 +0000`."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at.year}:{at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"
