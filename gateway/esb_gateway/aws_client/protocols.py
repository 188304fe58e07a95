"""The protocols of the AWS APIs that the gateway calls, and of ESB's own pages beside them.

Most speak JSON (`X-Amz-Target`); SNS speaks Query: a form there, XML back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree

from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_wire import service_events
from esb_wire.http.messages import Headers, Response


class AwsCallError(Exception):
    """A call that failed. `code` is the service's, without a namespace; empty if no server answered."""

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        self.code = code
        self.status = status
        self._message = message
        super().__init__(f"{code}: {message}" if code else message)

    def __reduce__(self) -> tuple[type[AwsCallError], tuple[str, str, int]]:
        """It comes from another process if an answer was large."""
        return type(self), (self.code, self._message, self.status)


class ApiProtocol(Protocol):
    """The protocol of a service."""

    @property
    def signing_name(self) -> str:
        """The service's name in signatures."""

    def request(self, operation: str, parameters: Mapping[str, Any]) -> tuple[Headers, bytes]:
        """Headers and body of a call."""

    def result(self, response: Response) -> dict[str, Any]:
        """The result of a call. Raises AwsCallError for an error, and for an answer that is none."""


@dataclass(frozen=True, slots=True)
class JsonProtocol:
    """AWS JSON: `target` is the prefix of X-Amz-Target, `version` that of the JSON; `headers` are sent, too."""

    signing_name: str
    target: str
    version: str = "1.0"
    headers: Headers = ()

    def request(self, operation: str, parameters: Mapping[str, Any]) -> tuple[Headers, bytes]:
        headers = (
            ("Content-Type", f"application/x-amz-json-{self.version}"),
            ("X-Amz-Target", f"{self.target}.{operation}"),
            *self.headers,
        )
        return headers, json.dumps(parameters, separators=(",", ":")).encode()

    def result(self, response: Response) -> dict[str, Any]:
        return read_document(response)


@dataclass(frozen=True, slots=True)
class QueryProtocol:
    """AWS Query: parameters are texts under their flat names, `Attributes.entry.1.Name`; so is the result."""

    signing_name: str
    version: str

    def request(self, operation: str, parameters: Mapping[str, Any]) -> tuple[Headers, bytes]:
        form = {"Action": operation, "Version": self.version, **parameters}
        return (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),), urlencode(form).encode()

    def result(self, response: Response) -> dict[str, Any]:
        found = _leaves(response)
        if response.status >= 300:
            code, message = found.get("Code") or str(response.status), found.get("Message") or "no message"
            raise AwsCallError(code, message, response.status)
        return found


STORAGE_EVENTS: Final = "storage-events"
SERVICES: Final[Mapping[str, ApiProtocol]] = {
    "dynamodb": JsonProtocol("dynamodb", "DynamoDB_20120810"),
    "dynamodbstreams": JsonProtocol("dynamodb", "DynamoDBStreams_20120810"),
    "events": JsonProtocol("events", "AWSEvents", "1.1", ((service_events.HEADER, "1"),)),
    "sns": QueryProtocol("sns", "2010-03-31"),
    "sqs": JsonProtocol("sqs", "AmazonSQS"),
    STORAGE_EVENTS: JsonProtocol(SIGNING_NAME, ""),  # a page of ours, and no operations
}
"""By boto3's names, and the feed of the storage."""


def read_document(response: Response) -> dict[str, Any]:
    """The JSON object that an answer is. Raises AwsCallError."""
    try:
        document = json.loads(response.body or b"{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AwsCallError("InvalidResponse", f"the answer {response.status} is no JSON object", response.status)
    if response.status >= 300:
        code = str(document.get("__type") or response.status).rpartition("#")[2]
        message = str(document.get("message") or document.get("Message") or "no message")
        raise AwsCallError(code, message, response.status)
    return document


def _leaves(response: Response) -> dict[str, str]:
    """The texts of an XML document's innermost elements, by their names."""
    text = response.body.decode("utf-8", "replace")
    try:  # an answer of AWS has no document type, and so no entities that grow
        root = None if "<!DOCTYPE" in text else ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError:
        root = None
    if root is None or not root.tag.endswith("Response"):
        problem = f"the answer {response.status} is no XML document of AWS"
        raise AwsCallError("InvalidResponse", problem, response.status)
    return {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter() if not len(element)}
