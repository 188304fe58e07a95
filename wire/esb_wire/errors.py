"""AWS's errors on the wire: one code and message, in the shape that each of AWS's protocols has for it.

The protocols are those of the Smithy specification, "AWS protocols": awsJson1_0 and awsJson1_1 (`JSON`), awsQuery
(`QUERY`), ec2Query (`EC2`), restJson1 (`REST_JSON`), restXml (`REST_XML`, and `S3` for services without the wrapper
around errors) and rpcv2Cbor (`CBOR`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from html import escape
from typing import Any, Final

from esb_wire.http.messages import Headers, Response


class AwsError(Exception):
    """A request is refused. `code` is AWS's error code, the text AWS's message, `status` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.status = status
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), str(self)), self.__dict__  # pickle would call it with the message alone


def _restore(kind: type[AwsError], message: str) -> AwsError:
    return kind.__new__(kind, message)


class AwsProtocol(Enum):
    """The protocol of a service's requests and errors."""

    JSON = "json"
    QUERY = "query"
    EC2 = "ec2"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"
    CBOR = "cbor"


_CONTENT_TYPES: Final = {
    AwsProtocol.JSON: "application/json",
    AwsProtocol.QUERY: "text/xml",
    AwsProtocol.EC2: "text/xml",
    AwsProtocol.REST_JSON: "application/json",
    AwsProtocol.REST_XML: "text/xml",
    AwsProtocol.S3: "application/xml",
    AwsProtocol.CBOR: "application/cbor",
}


def protocol_of(lowered: Mapping[str, str]) -> AwsProtocol:
    """The protocol of a request, by its headers.

    The headers do not distinguish REST_XML and S3 from REST_JSON, or EC2 from QUERY.
    """
    content_type = lowered.get("content-type", "")
    if "cbor" in content_type or "cbor" in lowered.get("smithy-protocol", ""):
        return AwsProtocol.CBOR
    if "form-urlencoded" in content_type:
        return AwsProtocol.QUERY
    return AwsProtocol.JSON if "x-amz-target" in lowered else AwsProtocol.REST_JSON


def error_response(error: AwsError, protocol: AwsProtocol, headers: Headers = ()) -> Response:
    """The answer to a refused request; `headers` are added to Content-Type and X-Amzn-ErrorType."""
    own = (("Content-Type", _CONTENT_TYPES[protocol]), ("x-amzn-ErrorType", error.code))
    return Response(error.status, (*own, *headers), error_body(error, protocol))


def error_body(error: AwsError, protocol: AwsProtocol) -> bytes:
    """The document that a client of this protocol reads the error from."""
    code, message = error.code, str(error)
    match protocol:
        case AwsProtocol.JSON:
            return json.dumps({"__type": code, "message": message}, separators=(",", ":")).encode()
        case AwsProtocol.REST_JSON:  # the code is in the header
            return json.dumps({"message": message}, separators=(",", ":")).encode()
        case AwsProtocol.QUERY | AwsProtocol.REST_XML:
            fault = "Sender" if error.status < 500 else "Receiver"
            return f"<ErrorResponse><Error><Type>{fault}</Type>{_in_xml(error)}</Error></ErrorResponse>".encode()
        case AwsProtocol.EC2:
            return f"<Response><Errors><Error>{_in_xml(error)}</Error></Errors></Response>".encode()
        case AwsProtocol.S3:
            return f"<Error>{_in_xml(error)}</Error>".encode()
        case AwsProtocol.CBOR:
            return b"\xa2" + b"".join(map(_cbor_text, ("__type", code, "message", message)))


def _in_xml(error: AwsError) -> str:
    return f"<Code>{escape(error.code, quote=False)}</Code><Message>{escape(str(error), quote=False)}</Message>"


def _cbor_text(text: str) -> bytes:
    """RFC 8949: major type 3 with a length of two bytes."""
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content
