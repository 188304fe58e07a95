"""Server errors, sorted into the few kinds that a provisioner treats differently.

DynamoDB Local, ScyllaDB Alternator, dynoxide, RustFS, MinIO, SeaweedFS, radosgw, rclone and moto each lack some calls,
and report that differently. The tables here have the common codes and texts; a service adds its own (`ErrorRule`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias


class ErrorKind(Enum):
    """The meaning of a server's error."""

    MISSING = "the resource does not exist"
    RACED = "another client changed the resource first: read it again"
    BUSY = "the server asks to retry later"
    UNSUPPORTED = "the server does not have this call or feature"
    INVALID = "the server rejects the parameters"
    UNAUTHORIZED = "the server rejects the credentials"
    UNREACHABLE = "no server answered"
    FAILED = "anything else"


class ServerError(Exception):
    """A call that failed; the text is the error code and the server's message, on one line."""

    def __init__(self, kind: ErrorKind, code: str, message: str) -> None:
        self.kind = kind
        self.code = code
        self.message = " ".join(message.split())
        super().__init__(f"{code}: {self.message}" if self.message else code)


ErrorRule: TypeAlias = Callable[[str, str, str], ErrorKind | None]
"""A service's own rule: operation, error code and message give a kind, or None to use the general tables."""

CODES: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.MISSING: "ResourceNotFoundException",
    ErrorKind.RACED: "ResourceInUseException",
    ErrorKind.BUSY: "LimitExceededException",
    ErrorKind.UNSUPPORTED: """405 501 MethodNotAllowed NotImplemented NotSupported UnknownOperation
        UnknownOperationException UnsupportedOperation UnsupportedOperationException""",
    ErrorKind.INVALID: """InvalidArgument InvalidParameterValue InvalidRequest SerializationException ValidationError
        ValidationException""",
    ErrorKind.UNAUTHORIZED: """401 403 AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException Forbidden
        IncompleteSignature IncompleteSignatureException InvalidAccessKeyId InvalidClientTokenId
        InvalidSignatureException InvalidToken MissingAuthenticationToken MissingAuthenticationTokenException
        SignatureDoesNotMatch UnrecognizedClientException""",
}
SAYS_UNSUPPORTED: Final = re.compile(
    r"\bnot (\w+ )?(support|implement)|unsupported|unknown (operation|action)", re.IGNORECASE
)


def by_code(codes: Mapping[ErrorKind, str]) -> dict[str, ErrorKind]:
    """The kind by code, from the codes of each kind as one text."""
    return {code: kind for kind, text in codes.items() for code in text.split()}


KINDS: Final = by_code(CODES)


def error_kind(rule: ErrorRule, operation: str, code: str, status: int, message: str) -> ErrorKind:
    """The kind of an error that the server answered; `code` may have a namespace before a `#`."""
    code = code.rpartition("#")[2]
    kind = rule(operation, code, message) or KINDS.get(code) or kind_by_status(status)
    if kind is ErrorKind.INVALID and SAYS_UNSUPPORTED.search(message):
        return ErrorKind.UNSUPPORTED
    return kind


def kind_by_status(status: int) -> ErrorKind:
    """The kind of an error with an unknown code, by its HTTP status."""
    match status:
        case 400:
            return ErrorKind.INVALID
        case 401 | 403:
            return ErrorKind.UNAUTHORIZED
        case 405 | 501:
            return ErrorKind.UNSUPPORTED
        case 429 | 503:
            return ErrorKind.BUSY
        case _:
            return ErrorKind.FAILED
