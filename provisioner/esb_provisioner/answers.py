"""What a server's error means for a provisioner. Pure: codes and texts in, one of a few kinds out.

The servers that ESB runs on (DynamoDB Local, ScyllaDB Alternator, RustFS, MinIO, radosgw, rclone, moto) leave things
out and say so in different words; the tables here know the words.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Kind(Enum):
    """What to make of an error."""

    MISSING = "the thing asked about is not there"
    RACED = "somebody else did it first: read again"
    BUSY = "the server asks to come back later"
    UNSUPPORTED = "the server does not have this"
    INVALID = "the server does not take these parameters"
    UNAUTHORIZED = "the server does not take these credentials"
    UNREACHABLE = "no server answered"
    FAILED = "anything else"


class ServerError(Exception):
    """A call that did not succeed; the text is the server's, on one line, after the error's code."""

    def __init__(self, kind: Kind, code: str, message: str) -> None:
        self.kind = kind
        self.code = code
        self.message = " ".join(message.split())
        super().__init__(f"{code}: {self.message}" if self.message else code)


KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(
        (
            "NoSuchBucket",
            "NoSuchCORSConfiguration",
            "NoSuchLifecycleConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            "NoSuchTagSet",
            "NoSuchTagSetError",
            "OwnershipControlsNotFoundError",
            "ResourceNotFoundException",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        Kind.MISSING,
    ),
    **dict.fromkeys(("OperationAborted", "ResourceInUseException", "TableAlreadyExistsException"), Kind.RACED),
    **dict.fromkeys(("ContinuousBackupsUnavailableException", "LimitExceededException"), Kind.BUSY),
    **dict.fromkeys(
        (
            "405",
            "501",
            "MethodNotAllowed",
            "NotImplemented",
            "NotSupported",
            "UnknownOperation",
            "UnknownOperationException",
            "UnsupportedOperation",
            "UnsupportedOperationException",
        ),
        Kind.UNSUPPORTED,
    ),
    **dict.fromkeys(
        (
            "IllegalLocationConstraintException",
            "InvalidArgument",
            "InvalidLocationConstraint",
            "InvalidParameterValue",
            "InvalidRequest",
            "MalformedXML",
            "SerializationException",
            "ValidationError",
            "ValidationException",
        ),
        Kind.INVALID,
    ),
    **dict.fromkeys(
        (
            "401",
            "403",
            "AccessDenied",
            "AccessDeniedException",
            "ExpiredToken",
            "ExpiredTokenException",
            "Forbidden",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        Kind.UNAUTHORIZED,
    ),
}
BUCKET_TAKEN: Final = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")
SAYS_UNSUPPORTED: Final = re.compile(
    r"\bnot (\w+ )?(support|implement)|unsupported|unknown (operation|action)"
    r"|nothing to update|\brequires? one of\b|\bat least one of\b",  # an UpdateTable with only unknown members
    re.IGNORECASE,
)
SAYS_ALREADY: Final = re.compile(r"\balready\b", re.IGNORECASE)


def kind_of(operation: str, code: str, status: int, message: str) -> Kind:
    """The kind of an error that the server answered a call with; `code` may carry a namespace before a `#`."""
    code = code.rpartition("#")[2]
    if code in BUCKET_TAKEN:
        # A server that takes `PUT /bucket?cors` for CreateBucket does not know `?cors`.
        return Kind.RACED if operation == "create_bucket" else Kind.UNSUPPORTED
    kind = KINDS.get(code, by_status(status))
    if kind is Kind.INVALID and SAYS_UNSUPPORTED.search(message):
        return Kind.UNSUPPORTED
    if kind is Kind.INVALID and operation.startswith("update_") and SAYS_ALREADY.search(message):
        return Kind.RACED  # "TimeToLive is already enabled", "an index which already exists"
    return kind


def by_status(status: int) -> Kind:
    """What an unknown code means, by its HTTP status."""
    match status:
        case 401 | 403:
            return Kind.UNAUTHORIZED
        case 405 | 501:
            return Kind.UNSUPPORTED
        case 429 | 503:
            return Kind.BUSY
        case _:
            return Kind.FAILED
