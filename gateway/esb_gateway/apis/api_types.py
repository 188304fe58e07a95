"""REST APIs and HTTP APIs. Everything in which they differ stands here, as one value for each.

Sources: responses and events that were captured on AWS. For HTTP APIs those are the snapshots with which AWS compares
its test tool for .NET (github.com/aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2, captured in April 2025).

Where there is no capture: API Gateway's developer guide, "Gateway response types", "Choose between REST APIs and HTTP
APIs", "Amazon API Gateway important notes" (the headers that a REST API renames), "Troubleshoot 401 and 403 errors of a
Lambda authorizer" and "Troubleshooting issues with HTTP API JWT authorizers"; Lambda's, "Handling Lambda errors with an
API Gateway API".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, NamedTuple

from esb_schemas import contract
from esb_wire.http.messages import Response, json_response


class Failure(Enum):
    """Why API Gateway itself answers a request, and not an integration. The values are for the log."""

    NOT_FOUND = "no route"
    TOO_LARGE = "request too large"
    FUNCTION_ERROR = "the function failed"
    INVALID_RESPONSE = "the response does not have the form that API Gateway expects"
    INVALID_BODY = "the response's body is not base64"
    TIMED_OUT = "no response in time"
    THROTTLED = "the function takes no more work"
    UNAVAILABLE = "no slot came free in time, too many large requests came at once, or the gateway stopped"
    BAD_PATH = "the path leads out of the integration's URI"
    INVALID_MAPPING = "the integration sets a header that it must not set"
    UNREACHABLE = "the server cannot be reached"
    UNRESOLVED = "the request does not have what the integration maps to a parameter"
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


class FailureResponse(NamedTuple):
    """API Gateway's own response, and its message. `type` is the type of gateway response that can change it."""

    response: Response
    message: str | None
    type: str


@dataclass(frozen=True, slots=True, eq=False)
class ApiType:
    """The behavior of one type of API. The defaults of routing.yml are in `esb_schemas.contract`."""

    name: contract.ApiType
    failures: Mapping[Failure, FailureResponse]
    # Routes
    payloads: frozenset[str]  # the payload formats that a route may have
    decodes_parameters: bool  # path parameters
    ignores_outer_slashes: bool  # one at the end of the path, and those that double the first one
    mocks_cors: bool  # CORS is an OPTIONS method with a mock integration; else every response gets CORS headers
    # Events
    dropped_headers: frozenset[str]
    header_names: Mapping[str, str]  # how payload 1.0 spells names, by lower case; others are spelled as they were sent
    adds_content_length: bool  # also to a request without a body
    uses_binary_media_types: bool  # they say which bodies are base64; else the Content-Type alone does
    decodes_raw_path: bool  # `rawPath` of payload 2.0
    decodes_context_path: bool  # the path in requestContext
    path_has_stage: bool  # `path` of payload 1.0
    event_defaults: Mapping[str, object]  # entries that every event of payload 1.0 has
    identity_defaults: Mapping[str, object]  # the same of its requestContext.identity
    no_user_agent: str | None
    has_two_request_ids: bool
    has_resources: bool  # requestContext has ids of a resource and of a deployment; else `resourceId` is the route key
    # Responses
    status_required: bool
    unknown_fields_allowed: bool
    multi_values_first: bool  # of headers that stand in `headers` and in `multiValueHeaders`
    null_content_type: bool  # a Content-Type of null means that there is none
    default_content_type: str
    passes_non_json: bool  # in payload 2.0, as the body of a 200
    compacts_json: bool  # in payload 2.0, a result or body that is an object is written anew, without spaces
    renamed_headers: frozenset[str]  # of an integration's response, which get a prefix
    proxy_drops: frozenset[str]  # of the client's headers, on the way to another server
    names_api_to_proxy: bool  # X-Amzn-Apigateway-Api-Id
    traces_responses: bool  # a response of a function has the whole trace id
    request_id_headers: tuple[str, str]  # of the request id (none if there is one id only) and of the extended id
    # Authorizers
    sends_identity_sources: bool  # events of payload format 1.0 contain their values
    scalar_context: bool  # an authorizer's context must not contain objects or lists
    unauthorized_errors: bool  # a function that fails with the error Unauthorized answers 401
    challenges: bool  # WWW-Authenticate says what is wrong with a token
    missing_scope: Failure
    shows_signature_errors: bool  # the response says what is wrong with a signature


def rest_failure(
    status: int, error_type: str, message: str | None, type_: str = "", key: str = "message"
) -> FailureResponse:
    """A REST API's own response, of a type of gateway responses; without `type_`, only DEFAULT_4XX or DEFAULT_5XX."""
    response = json_response(status, {key: message}, (("x-amzn-ErrorType", error_type),))
    return FailureResponse(response, message, type_ or f"DEFAULT_{status // 100}XX")


def _http(status: int, message: str) -> FailureResponse:
    return FailureResponse(json_response(status, {"message": message}), message, "")


def _for_a_moment(failure: FailureResponse) -> FailureResponse:
    """With the request to try again (RFC 9110, 10.2.3). AWS has no such failure: it does not queue, nor stop."""
    response = failure.response
    return failure._replace(response=response._replace(headers=(*response.headers, RETRY_AFTER)))


# RFC 9110, 7.6.1: these concern one connection only. The rest is what API Gateway itself sets.
_SET_BY_API_GATEWAY: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
        "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id",
    }
)  # fmt: skip
_DENIED: Final = "User is not authorized to access this resource"
RETRY_AFTER: Final = ("Retry-After", "1")
_UNAVAILABLE: Final = "Service Unavailable"
_REST_ERROR: Final = "Internal server error"
_HTTP_ERROR: Final = "Internal Server Error"

REST: Final = ApiType(
    name="REST",
    failures={
        Failure.NOT_FOUND: rest_failure(
            403, "MissingAuthenticationTokenException", "Missing Authentication Token", "MISSING_AUTHENTICATION_TOKEN"
        ),
        Failure.TOO_LARGE: rest_failure(413, "RequestTooLargeException", "Request Too Long", "REQUEST_TOO_LARGE"),
        Failure.FUNCTION_ERROR: rest_failure(502, "InternalServerErrorException", _REST_ERROR),
        Failure.INVALID_RESPONSE: rest_failure(502, "InternalServerErrorException", _REST_ERROR),
        Failure.INVALID_BODY: rest_failure(500, "InternalServerErrorException", _REST_ERROR),
        Failure.TIMED_OUT: rest_failure(
            504, "GatewayTimeoutException", "Endpoint request timed out", "INTEGRATION_TIMEOUT"
        ),
        Failure.INVALID_MAPPING: rest_failure(500, "InternalServerErrorException", _REST_ERROR),
        Failure.THROTTLED: rest_failure(500, "InternalServerErrorException", _REST_ERROR),
        Failure.UNAVAILABLE: _for_a_moment(rest_failure(503, "ServiceUnavailableException", _UNAVAILABLE)),
        Failure.BAD_PATH: rest_failure(400, "BadRequestException", "Bad Request"),
        Failure.UNRESOLVED: rest_failure(400, "BadRequestException", "Bad Request"),
        Failure.UNREACHABLE: rest_failure(
            504, "IntegrationFailureException", "Network error communicating with endpoint", "INTEGRATION_FAILURE"
        ),
        Failure.UNAUTHORIZED: rest_failure(401, "UnauthorizedException", "Unauthorized", "UNAUTHORIZED"),
        Failure.TOKEN_EXPIRED: rest_failure(
            401, "UnauthorizedException", "The incoming token has expired", "UNAUTHORIZED"
        ),
        Failure.IMPLICIT_DENY: rest_failure(403, "AccessDeniedException", _DENIED, "ACCESS_DENIED", "Message"),
        Failure.EXPLICIT_DENY: rest_failure(
            403, "AccessDeniedException", f"{_DENIED} with an explicit deny", "ACCESS_DENIED", "Message"
        ),
        Failure.FORBIDDEN: rest_failure(403, "ForbiddenException", "Forbidden", "INVALID_API_KEY"),
        Failure.RATE_EXCEEDED: rest_failure(429, "TooManyRequestsException", "Too Many Requests", "THROTTLED"),
        Failure.QUOTA_EXCEEDED: rest_failure(429, "LimitExceededException", "Limit Exceeded", "QUOTA_EXCEEDED"),
        Failure.AUTHORIZER_FAILED: rest_failure(500, "AuthorizerConfigurationException", None, "AUTHORIZER_FAILURE"),
        Failure.INVALID_AUTHORIZER_RESPONSE: rest_failure(
            500, "AuthorizerConfigurationException", None, "AUTHORIZER_CONFIGURATION_ERROR"
        ),
    },
    payloads=frozenset({"1.0"}),
    decodes_parameters=False,
    ignores_outer_slashes=True,
    mocks_cors=True,
    dropped_headers=_SET_BY_API_GATEWAY
    | {"content-length", "content-md5", "max-forwards", "proxy-authenticate", "server", "www-authenticate"},
    header_names={"authorization": "Authorization", "user-agent": "User-Agent"},
    adds_content_length=False,
    uses_binary_media_types=True,
    decodes_raw_path=False,
    decodes_context_path=False,
    path_has_stage=False,
    event_defaults={},
    identity_defaults={},
    no_user_agent=None,
    has_two_request_ids=True,
    has_resources=True,
    status_required=False,
    unknown_fields_allowed=False,
    multi_values_first=True,
    null_content_type=True,
    default_content_type="application/json",
    passes_non_json=False,
    compacts_json=False,
    renamed_headers=frozenset(
        {
            "authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards",
            "proxy-authenticate", "server", "trailer", "upgrade", "user-agent", "www-authenticate", "x-amzn-requestid",
        }
    ),
    proxy_drops=frozenset(
        {
            "content-encoding", "content-md5", "max-forwards", "proxy-authenticate", "server", "via",
            "www-authenticate",
        }
    ),
    names_api_to_proxy=True,
    traces_responses=True,
    request_id_headers=("x-amzn-RequestId", "x-amz-apigw-id"),
    sends_identity_sources=False,
    scalar_context=True,
    unauthorized_errors=True,
    challenges=False,
    missing_scope=Failure.IMPLICIT_DENY,
    shows_signature_errors=True,
)  # fmt: skip

HTTP: Final = ApiType(
    name="HTTP",
    failures={
        Failure.NOT_FOUND: _http(404, "Not Found"),
        Failure.TOO_LARGE: _http(413, "Request Entity Too Large"),
        Failure.FUNCTION_ERROR: _http(500, _HTTP_ERROR),
        Failure.INVALID_RESPONSE: _http(500, _HTTP_ERROR),
        Failure.INVALID_BODY: _http(500, _HTTP_ERROR),
        Failure.TIMED_OUT: _http(503, "Service Unavailable"),
        Failure.INVALID_MAPPING: _http(500, _HTTP_ERROR),
        Failure.THROTTLED: _http(500, _HTTP_ERROR),
        Failure.UNAVAILABLE: _for_a_moment(_http(503, _UNAVAILABLE)),
        Failure.BAD_PATH: _http(400, "Bad Request"),
        Failure.UNRESOLVED: _http(400, "Bad Request"),
        Failure.UNREACHABLE: _http(503, "Service Unavailable"),
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
    decodes_parameters=True,
    ignores_outer_slashes=False,
    mocks_cors=False,
    dropped_headers=_SET_BY_API_GATEWAY,
    header_names={
        "accept": "accept",
        "accept-encoding": "accept-encoding",
        "content-length": "Content-Length",
        "content-type": "Content-Type",
        "host": "Host",
        "user-agent": "User-Agent",
    },
    adds_content_length=True,
    uses_binary_media_types=False,
    decodes_raw_path=True,
    decodes_context_path=True,
    path_has_stage=True,
    event_defaults={"version": "1.0"},
    identity_defaults={"cognitoAmr": None},
    no_user_agent="",
    has_two_request_ids=False,
    has_resources=False,
    status_required=True,
    unknown_fields_allowed=True,
    multi_values_first=False,
    null_content_type=False,
    default_content_type="text/plain; charset=utf-8",  # as captured: https://github.com/fujiwara/ridge/pull/9
    passes_non_json=True,
    compacts_json=False,
    renamed_headers=frozenset(),
    proxy_drops=frozenset(),
    names_api_to_proxy=False,
    traces_responses=False,
    request_id_headers=("", "Apigw-Requestid"),
    sends_identity_sources=True,
    scalar_context=False,
    unauthorized_errors=False,
    challenges=True,
    missing_scope=Failure.FORBIDDEN,
    shows_signature_errors=False,
)

# To its function, a function URL is an HTTP API with one $default route. What differs was captured, too.
FUNCTION_URL: Final = replace(
    HTTP,
    adds_content_length=False,
    decodes_raw_path=False,
    default_content_type="application/json",
    passes_non_json=False,
    compacts_json=True,
)

API_TYPES: Final[Mapping[contract.ApiType, ApiType]] = {each.name: each for each in (REST, HTTP)}
