"""What the client of a guarded route gets when it may not call, in the words of each type of API. Pure.

REST APIs: "Gateway response types" and "Troubleshoot 401 and 403 errors of a Lambda authorizer"; HTTP APIs:
"Troubleshooting issues with HTTP API JWT authorizers" and "… Lambda authorizers".
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from esb_gateway.apis.routing import ApiType
from esb_wire.http.messages import Headers, Response, json_response


class Denial(Enum):
    """Why a caller is not let in."""

    UNAUTHORIZED = "nobody knows who calls"
    EXPIRED = "the token has expired"
    IMPLICIT_DENY = "no statement allows the call"
    EXPLICIT_DENY = "the authorizer says no"
    FORBIDDEN = "the API key, the scope or the signature is not right"
    THROTTLED = "too fast"
    EXCEEDED = "too much"
    AUTHORIZER_FAILED = "the authorizer could not be asked"
    BAD_VERDICT = "the authorizer's answer means nothing"


_Said = tuple[int, dict[str, str | None], str]

_DENIED: Final = "User is not authorized to access this resource"
_REST: Final[dict[Denial, _Said]] = {
    Denial.UNAUTHORIZED: (401, {"message": "Unauthorized"}, "UnauthorizedException"),
    Denial.EXPIRED: (401, {"message": "The incoming token has expired"}, "UnauthorizedException"),
    Denial.IMPLICIT_DENY: (403, {"Message": _DENIED}, "AccessDeniedException"),
    Denial.EXPLICIT_DENY: (403, {"Message": f"{_DENIED} with an explicit deny"}, "AccessDeniedException"),
    Denial.FORBIDDEN: (403, {"message": "Forbidden"}, "ForbiddenException"),
    Denial.THROTTLED: (429, {"message": "Too Many Requests"}, "TooManyRequestsException"),
    Denial.EXCEEDED: (429, {"message": "Limit Exceeded"}, "LimitExceededException"),
    Denial.AUTHORIZER_FAILED: (500, {"message": None}, "AuthorizerConfigurationException"),
    Denial.BAD_VERDICT: (500, {"message": None}, "AuthorizerConfigurationException"),
}
_HTTP_STATUS: Final[dict[int, str]] = {
    401: "Unauthorized",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


def denial(api_type: ApiType, why: Denial, headers: Headers = ()) -> Response:
    """API Gateway's answer to a caller that is not let in."""
    status, content, error_type = _REST[why]
    match api_type:
        case ApiType.REST:
            return json_response(status, content, (("x-amzn-ErrorType", error_type), *headers))
        case ApiType.HTTP:
            return json_response(status, {"message": _HTTP_STATUS[status]}, headers)


def challenge(error: str = "", description: str = "") -> Headers:
    """The header of an HTTP API that says what is wrong with a token (RFC 6750, section 3)."""
    details = f' scope="" error="{error}" error_description="{description}"' if error else ""
    return (("WWW-Authenticate", f"Bearer{details}"),)
