"""The answer to an SDK that calls a service which the stack lacks, in the protocol of that service.

In the stack the listener is found as `http://not-in-this-stack:9002`; embedded, it is a port of loopback. There,
`AWS_ENDPOINT_URL` leads SDKs, and so do the addresses of AWS in functions' environments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from esb_wire.errors import AwsError, AwsProtocol, error_response, protocol_of
from esb_wire.http.messages import Request, Respond, Response

CODE: Final = "NotInThisStack"
STATUS: Final = 400  # no SDK retries it
MAX_BODY: Final = 64 * 1024  # bytes that may be read for the name of the operation

# "Credential" of Signature Version 4 and 4A: the service stands before the last part, in a header or a presigned URL.
_SCOPE: Final = re.compile(r"Credential=[^,&\s]+(?:/|%2F)([^/,&%\s]+)(?:/|%2F)aws4_request", re.IGNORECASE)
_USER_AGENT: Final = re.compile(r"\bapi/([\w.-]+)[#/]")  # JavaScript, Java, Go, Rust
_ACTION: Final = re.compile(r"\w{1,128}")
_XML: Final = {
    "cloudfront": AwsProtocol.REST_XML,
    "route53": AwsProtocol.REST_XML,
    "s3": AwsProtocol.S3,
    "s3express": AwsProtocol.S3,
}


def answer(request: Request, respond: Respond) -> None:
    """Refuse a request, whatever it is."""
    service = signed_service(request.lowered.get("authorization") or request.query) or _named_service(request.lowered)
    respond(refusal(service, request.lowered, request.path, request.body))


def signed_service(text: str) -> str | None:
    """The service that a signature is for, by the Authorization header or the query string."""
    scope = _SCOPE.search(text)
    return None if scope is None else scope[1].lower()


def refusal(service: str | None, lowered: Mapping[str, str], path: str, body: bytes) -> Response:
    """The response to a request for a service; `lowered` are its headers by lower-case name."""
    if service is None:
        text = (
            f"this stack has nothing at {path}: this address takes the place of one of AWS, and nothing is sent there; "
            "give the function the address of a server that has it."
        )
    else:
        text = (
            f"{_operation(service, lowered, path, body)}: this stack has no {service}, and nothing is sent to AWS; "
            "if another server has it, set AWS_ENDPOINT_URL_<SERVICE> in the function's environment to its address."
        )
    smithy = lowered.get("smithy-protocol")
    own = (("Smithy-Protocol", smithy),) if smithy else ()
    return error_response(AwsError(CODE, text, STATUS), _protocol(service, lowered), own)


def _named_service(lowered: Mapping[str, str]) -> str | None:
    """The service of an unsigned request, by its SDK or its operation."""
    agent = _USER_AGENT.search(lowered.get("x-amz-user-agent") or lowered.get("user-agent", ""))
    target = lowered.get("x-amz-target", "").rpartition(".")[0]
    return agent[1].lower() if agent else target or None


def _protocol(service: str | None, lowered: Mapping[str, str]) -> AwsProtocol:
    found = protocol_of(lowered)
    if found is AwsProtocol.QUERY and service == "ec2":
        return AwsProtocol.EC2
    if found is AwsProtocol.REST_JSON:
        # A client of REST-JSON reads the code from the header, and one of JSON from the body that JSON has.
        return _XML.get(service or "", AwsProtocol.JSON)
    return found


def _operation(service: str, lowered: Mapping[str, str], path: str, body: bytes) -> str:
    """`sqs.SendMessage` where the protocol names the operation."""
    name = lowered.get("x-amz-target", "").rpartition(".")[2]
    if not name and "/operation/" in path:
        name = path.rpartition("/")[2]
    if not name and "form-urlencoded" in lowered.get("content-type", ""):
        name = parse_qs(body[:MAX_BODY].decode("utf-8", "replace")).get("Action", [""])[0]
    return f"{service}.{name}" if _ACTION.fullmatch(name) else service
