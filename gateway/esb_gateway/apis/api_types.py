"""REST APIs and HTTP APIs. Everything in which they differ stands here, as one value for each.

Sources: API Gateway's developer guide, "Gateway response types", "Choose between REST APIs and HTTP APIs", "Amazon API
Gateway important notes" (the headers that a REST API renames), "Troubleshoot 401 and 403 errors of a Lambda
authorizer" and "Troubleshooting issues with HTTP API JWT authorizers"; Lambda's, "Handling Lambda errors with an API
Gateway API".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from esb_schemas import contract
from esb_wire.http.messages import Headers, Response, json_response


class Failure(Enum):
    """Why API Gateway itself answers a request, and not an integration. The values are for the log."""

    NOT_FOUND = "no route"
    TOO_LARGE = "request too large"
    FUNCTION_ERROR = "the function failed"
    INVALID_RESPONSE = "the response does not have the form that API Gateway expects"
    TIMED_OUT = "no response in time"
    THROTTLED = "the function takes no more work"
    BAD_PATH = "the path leads out of the integration's URI"
    UNREACHABLE = "the server cannot be reached"
    # The rest: a caller is rejected.
    UNAUTHORIZED = "no identity"
    TOKEN_EXPIRED = "the token has expired"  # noqa: S105
    IMPLICIT_DENY = "no statement of the policy allows the call"
    EXPLICIT_DENY = "the authorizer denies the call"
    FORBIDDEN = "the API key, the scope or the signature is not right"
    RATE_EXCEEDED = "faster than the usage plan allows"
    QUOTA_EXCEEDED = "more than the usage plan allows"
    AUTHORIZER_FAILED = "the authorizer could not be called"
    INVALID_AUTHORIZER_RESPONSE = "the authorizer's response is not valid"


@dataclass(frozen=True, slots=True, eq=False)
class ApiType:
    """How APIs of one type behave. Defaults of what routing.yml may omit are in `esb_schemas.contract`."""

    name: contract.ApiType
    failures: Mapping[Failure, Response]
    # Routes
    payloads: frozenset[str]  # the payload formats that a route may have
    resource_first: bool  # the path alone chooses a resource; a route of another path is no longer considered
    ignores_trailing_slash: bool
    mocks_cors: bool  # CORS is an OPTIONS method with a mock integration; else every response gets CORS headers
    # Events of payload format 1.0
    event_defaults: Mapping[str, object]  # entries that are always there
    lowercase_headers: bool
    uses_binary_media_types: bool  # they say which bodies are base64; else the Content-Type alone does
    path_has_stage: bool
    has_two_request_ids: bool
    has_resource_ids: bool
    context_defaults: Mapping[str, object]  # the same of requestContext
    # Responses
    status_required: bool
    unknown_fields_allowed: bool
    default_content_type: str
    renamed_headers: frozenset[str]  # of an integration's response, which get a prefix
    request_id_headers: tuple[str, str]  # of the request id (none if there is one id only) and of the extended id
    # Authorizers
    sends_identity_sources: bool  # events of payload format 1.0 contain their values
    scalar_context: bool  # an authorizer's context must not contain objects or lists
    unauthorized_errors: bool  # a function that fails with the error Unauthorized answers 401
    challenges: bool  # WWW-Authenticate says what is wrong with a token
    missing_scope: Failure
    shows_signature_errors: bool  # the response says what is wrong with a signature

    def failure(self, why: Failure, headers: Headers = ()) -> Response:
        """API Gateway's own response; `headers` are added to it."""
        response = self.failures[why]
        return response._replace(headers=(*response.headers, *headers)) if headers else response


def _rest(status: int, error_type: str, message: str | None, key: str = "message") -> Response:
    return json_response(status, {key: message}, (("x-amzn-ErrorType", error_type),))


def _http(status: int, message: str) -> Response:
    return json_response(status, {"message": message})


_DENIED: Final = "User is not authorized to access this resource"
_REST_ERROR: Final = "Internal server error"
_HTTP_ERROR: Final = "Internal Server Error"

REST: Final = ApiType(
    name="REST",
    failures={
        Failure.NOT_FOUND: _rest(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        Failure.TOO_LARGE: _rest(413, "RequestTooLargeException", "Request Too Long"),
        Failure.FUNCTION_ERROR: _rest(502, "InternalServerErrorException", _REST_ERROR),
        Failure.INVALID_RESPONSE: _rest(502, "InternalServerErrorException", _REST_ERROR),
        Failure.TIMED_OUT: _rest(504, "GatewayTimeoutException", "Endpoint request timed out"),
        Failure.THROTTLED: _rest(500, "InternalServerErrorException", _REST_ERROR),
        Failure.BAD_PATH: _rest(400, "BadRequestException", "Bad Request"),
        Failure.UNREACHABLE: _rest(504, "IntegrationFailureException", "Network error communicating with endpoint"),
        Failure.UNAUTHORIZED: _rest(401, "UnauthorizedException", "Unauthorized"),
        Failure.TOKEN_EXPIRED: _rest(401, "UnauthorizedException", "The incoming token has expired"),
        Failure.IMPLICIT_DENY: _rest(403, "AccessDeniedException", _DENIED, "Message"),
        Failure.EXPLICIT_DENY: _rest(403, "AccessDeniedException", f"{_DENIED} with an explicit deny", "Message"),
        Failure.FORBIDDEN: _rest(403, "ForbiddenException", "Forbidden"),
        Failure.RATE_EXCEEDED: _rest(429, "TooManyRequestsException", "Too Many Requests"),
        Failure.QUOTA_EXCEEDED: _rest(429, "LimitExceededException", "Limit Exceeded"),
        Failure.AUTHORIZER_FAILED: _rest(500, "AuthorizerConfigurationException", None),
        Failure.INVALID_AUTHORIZER_RESPONSE: _rest(500, "AuthorizerConfigurationException", None),
    },
    payloads=frozenset({"1.0"}),
    resource_first=True,
    ignores_trailing_slash=True,
    mocks_cors=True,
    event_defaults={},
    lowercase_headers=False,
    uses_binary_media_types=True,
    path_has_stage=False,
    has_two_request_ids=True,
    has_resource_ids=True,
    context_defaults={},
    status_required=False,
    unknown_fields_allowed=False,
    default_content_type="application/json",
    renamed_headers=frozenset(
        {
            "authorization", "connection", "content-length", "content-md5", "date", "host", "max-forwards", "server",
            "user-agent", "www-authenticate",
        }
    ),
    request_id_headers=("x-amzn-RequestId", "x-amz-apigw-id"),
    sends_identity_sources=False,
    scalar_context=True,
    unauthorized_errors=True,
    challenges=False,
    missing_scope=Failure.IMPLICIT_DENY,
    shows_signature_errors=True,
)  # fmt: skip

# AWS was observed to answer an integration's timeout, and one that cannot be reached, with 503. A client cannot tell
# that from a gateway that is not up, so these two differ here.
HTTP: Final = ApiType(
    name="HTTP",
    failures={
        Failure.NOT_FOUND: _http(404, "Not Found"),
        Failure.TOO_LARGE: _http(413, "Request Entity Too Large"),
        Failure.FUNCTION_ERROR: _http(502, _HTTP_ERROR),
        Failure.INVALID_RESPONSE: _http(502, _HTTP_ERROR),
        Failure.TIMED_OUT: _http(504, "Gateway Timeout"),
        Failure.THROTTLED: _http(500, _HTTP_ERROR),
        Failure.BAD_PATH: _http(400, "Bad Request"),
        Failure.UNREACHABLE: _http(502, "Bad Gateway"),
        Failure.UNAUTHORIZED: _http(401, "Unauthorized"),
        Failure.TOKEN_EXPIRED: _http(401, "Unauthorized"),
        Failure.IMPLICIT_DENY: _http(403, "Forbidden"),
        Failure.EXPLICIT_DENY: _http(403, "Forbidden"),
        Failure.FORBIDDEN: _http(403, "Forbidden"),
        Failure.RATE_EXCEEDED: _http(429, "Too Many Requests"),
        Failure.QUOTA_EXCEEDED: _http(429, "Too Many Requests"),
        Failure.AUTHORIZER_FAILED: _http(500, _HTTP_ERROR),
        Failure.INVALID_AUTHORIZER_RESPONSE: _http(500, _HTTP_ERROR),
    },
    payloads=frozenset({"1.0", "2.0"}),
    resource_first=False,
    ignores_trailing_slash=False,
    mocks_cors=False,
    event_defaults={"version": "1.0"},
    lowercase_headers=True,
    uses_binary_media_types=False,
    path_has_stage=True,
    has_two_request_ids=False,
    has_resource_ids=False,
    context_defaults={"authorizer": {"claims": None, "scopes": None}},
    status_required=True,
    unknown_fields_allowed=True,
    default_content_type="text/plain;charset=UTF-8",
    renamed_headers=frozenset(),
    request_id_headers=("", "Apigw-Requestid"),
    sends_identity_sources=True,
    scalar_context=False,
    unauthorized_errors=False,
    challenges=True,
    missing_scope=Failure.FORBIDDEN,
    shows_signature_errors=False,
)

API_TYPES: Final[Mapping[contract.ApiType, ApiType]] = {each.name: each for each in (REST, HTTP)}
