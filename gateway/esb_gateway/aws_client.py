"""A client of AWS APIs, and of ESB's own pages beside them.

Most speak JSON (`X-Amz-Target`); SNS speaks Query: a form there, XML back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from esb_gateway.clocks import Clock
from esb_gateway.integrations.http_proxy import Forwarder, Outgoing, ProxyError
from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_wire import service_events
from esb_wire.http.messages import Headers, Request, Response
from esb_wire.offload import Offload, is_costly
from esb_wire.sigv4 import Credentials, sign

T = TypeVar("T")

TIMEOUT: Final = 30.0  # seconds for an answer, besides what the server is asked to wait


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
        return _document(response)


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


@dataclass(frozen=True, slots=True)
class AwsClient:
    """Calls one service at an endpoint such as `http://cloud:4566`. `clock` gives seconds since 1970. With `offload`,
    large answers are read elsewhere.
    """

    service: ApiProtocol
    endpoint: str
    credentials: Credentials
    forwarder: Forwarder
    clock: Clock
    offload: Offload | None = None

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The result. Raises AwsCallError."""
        return await self.send(self.prepare(operation, parameters))

    def prepare(self, operation: str, parameters: Mapping[str, Any]) -> Outgoing:
        """A call for `send`, which should follow within a minute: it is signed now."""
        headers, body = self.service.request(operation, parameters)
        return self._signed("POST", "/", "", headers, body)

    async def send(self, call: Outgoing) -> dict[str, Any]:
        """The result of a prepared call. Raises AwsCallError."""
        return await self._read(call, _whole)

    async def read(self, operation: str, parameters: Mapping[str, Any], make: Callable[[dict[str, Any]], T]) -> T:
        """What a pure function makes of the result; for a large one it is called elsewhere. Raises AwsCallError."""
        return await self._read(self.prepare(operation, parameters), make)

    async def _read(self, call: Outgoing, make: Callable[[dict[str, Any]], T]) -> T:
        response = await self._exchange(call, TIMEOUT)
        if self.offload is not None and is_costly(response.body):
            return await self.offload.run(_made, self.service, response, make)
        return _made(self.service, response, make)

    async def get(self, path: str, query: str, wait: float = 0.0) -> dict[str, Any]:
        """The document of a page that answers within `wait` seconds. Raises AwsCallError."""
        return _document(await self._exchange(self._signed("GET", path, query, (), b""), wait + TIMEOUT))

    async def post(self, path: str) -> dict[str, Any]:
        """The document that a page answers. Raises AwsCallError."""
        return _document(await self._exchange(self._signed("POST", path, "", (), b""), TIMEOUT))

    def _signed(self, method: str, path: str, query: str, headers: Headers, body: bytes) -> Outgoing:
        root = urlsplit(self.endpoint)
        given = (("Host", root.netloc), *headers)
        lowered = {name.lower(): value for name, value in given}
        request = Request(method, path, query, given, lowered, body, "")
        signed = (*given, *sign(request, self.credentials, self.clock(), self.service.signing_name).items())
        url = f"{self.endpoint}{path}" + (f"?{query}" if query else "")
        length = (("Content-Length", str(len(body))),) if body else ()
        return Outgoing(method, url, (*signed, *length), body)

    async def _exchange(self, call: Outgoing, timeout: float) -> Response:
        try:
            async with asyncio.timeout(timeout):
                return await self.forwarder.send(call)
        except TimeoutError:
            raise AwsCallError("", f"{self.endpoint} has not answered within {timeout:g} s") from None
        except ProxyError as error:
            raise AwsCallError("", f"{self.endpoint} does not answer ({error})") from None


class AwsClients:
    """The clients of a gateway, which share their connections; `open_forwarder` is called when the first is needed."""

    def __init__(
        self,
        endpoints: Mapping[str, str],
        credentials: Credentials,
        open_forwarder: Callable[[], Forwarder],
        clock: Clock,
        offload: Offload | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._credentials = credentials
        self._open_forwarder = open_forwarder
        self._clock = clock
        self._offload = offload
        self._forwarder: Forwarder | None = None

    def __call__(self, service: str) -> AwsClient | None:
        """The client of a service by boto3's name; None if the stack has no server for it."""
        endpoint = self._endpoints.get(service)
        if endpoint is None:
            return None
        if self._forwarder is None:
            self._forwarder = self._open_forwarder()
        return AwsClient(SERVICES[service], endpoint, self._credentials, self._forwarder, self._clock, self._offload)

    async def close(self) -> None:
        if self._forwarder is not None:
            await self._forwarder.close()


def _whole(result: dict[str, Any]) -> dict[str, Any]:
    return result


def _made(service: ApiProtocol, response: Response, make: Callable[[dict[str, Any]], T]) -> T:
    return make(service.result(response))


def _document(response: Response) -> dict[str, Any]:
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
