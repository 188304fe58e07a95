"""The errors of the Lambda API, and the response to each."""

from __future__ import annotations

import json

from esb_wire.errors import AwsError
from esb_wire.http.messages import Response


class LambdaApiError(AwsError):
    """The request is rejected with one of the errors that AWS's page about the operation lists."""

    def __init__(self, code: str, status: int, message: str, reason: str | None = None) -> None:
        self.reason = reason
        super().__init__(code, message, status)


def not_in_enum(member: str, value: str, allowed: str) -> LambdaApiError:
    """The error for a parameter with a value that it cannot have."""
    return LambdaApiError(
        "ValidationException", 400,
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: {allowed}",
    )  # fmt: skip


def error_response(error: LambdaApiError, request_id: str) -> Response:
    """The error as Lambda sends it: the code in a header, the message in the body."""
    content: dict[str, str] = {"Reason": error.reason} if error.reason else {}
    content["Type"] = "User"
    # Lambda's model capitalizes the member of this error and of its relatives.
    content["Message" if error.code == "ResourceNotFoundException" else "message"] = str(error)
    headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id))
    return Response(error.status, (*headers, ("x-amzn-ErrorType", error.code)), json.dumps(content).encode())
