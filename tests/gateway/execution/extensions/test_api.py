"""The Extensions API of one slot: "Using the Lambda Extensions API to create extensions", AWS Lambda Developer Guide.

Refusals are compared with AWS's runtime interface emulator (internal/lambda/rapi/handler).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.execution.extensions.api import ExtensionRequest, Extensions
from esb_gateway.execution.pools.slots import Work
from esb_gateway.invocation import Invocation
from esb_wire.offload import LARGE
from tests.gateway.functions import ORDERS

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"
FUNCTION = replace(ORDERS, arn=ARN)
WORK = Work(Invocation("orders", b"{}", "request-1", "Root=1-2-3", ARN), lambda _: None, accepted=0.0)
REGISTER = "POST register"
NEXT = "GET event/next"


class RecordingConnection:
    def __init__(self, *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.received: list[dict[str, Any]] = []

    def deliver(self, response: bytes) -> bool:
        if self.is_open:
            self.received.append(json.loads(response.partition(b"\r\n\r\n")[2]))
        return self.is_open


class Slot:
    """The extensions of a slot, and the requests that a test sends them."""

    def __init__(self, *expected: str) -> None:
        self.changes = 0
        self.lines: list[str] = []
        self.connection = RecordingConnection()
        self.extensions = Extensions(FUNCTION, expected, self._changed, self.lines.append)

    def ask(
        self,
        what: str,
        body: bytes = b"",
        connection: RecordingConnection | None = None,
        *,
        starting: bool = True,
        name: str = "",
        identifier: str = "",
        accept_feature: str = "",
        function_error_type: str = "",
    ) -> bytes | None:
        headers = {
            "name": name,
            "identifier": identifier,
            "accept-feature": accept_feature,
            "function-error-type": function_error_type,
        }
        method, _, path = what.partition(" ")
        named = {
            f"lambda-extension-{name.replace('_', '-')}".encode(): value.encode() for name, value in headers.items()
        }
        url = path.encode() if path.startswith("/") else f"/2020-01-01/extension/{path}".encode()
        request = ExtensionRequest(method.encode(), url, named, body)
        return self.extensions.handle(request, connection or self.connection, open_to_internal=starting)

    def register(self, name: str, *events: str) -> str:
        """Register; returns the identifier."""
        answer = self.ask(REGISTER, json.dumps({"events": events}).encode(), name=name)
        assert answer is not None
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        return answer.partition(b"Lambda-Extension-Identifier: ")[2].partition(b"\r\n")[0].decode()

    def _changed(self) -> None:
        self.changes += 1


def document(answer: bytes | None) -> dict[str, Any]:
    assert answer is not None
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_a_registration_is_answered_with_the_function() -> None:
    slot = Slot("agent")
    answer = slot.ask(REGISTER, b'{"events": ["INVOKE"]}', name="agent")
    assert document(answer) == {"functionName": "orders", "functionVersion": "$LATEST", "handler": "app.handler"}
    with_account = slot.ask(REGISTER, b'{"events": []}', name="inner", accept_feature="accountId, other")
    assert document(with_account)["accountId"] == "123456789012"


def test_the_runtime_may_start_when_all_external_extensions_have_registered() -> None:
    slot = Slot("agent", "lambda-adapter")
    slot.register("agent")
    slot.register("inner")
    assert not slot.extensions.all_registered()
    slot.register("lambda-adapter")
    assert slot.extensions.all_registered()
    assert Slot().extensions.all_registered()


def test_the_slot_is_ready_while_every_extension_waits_for_an_event() -> None:
    slot = Slot("agent")
    agent, inner = slot.register("agent", "INVOKE", "SHUTDOWN"), slot.register("inner", "INVOKE")
    assert slot.ask(NEXT, identifier=agent) is None
    assert not slot.extensions.all_ready()
    assert slot.ask(NEXT, identifier=inner) is None
    assert slot.extensions.all_ready()
    slot.extensions.invoke(WORK, 1_700_000_000_000)
    assert not slot.extensions.all_ready()
    slot.ask(NEXT, identifier=agent)
    slot.ask(NEXT, identifier=inner)
    assert slot.extensions.all_ready()


def test_an_extension_without_events_is_ready_for_good() -> None:
    """The Lambda Web Adapter registers for none."""
    slot = Slot("lambda-adapter")
    slot.ask(NEXT, identifier=slot.register("lambda-adapter"))
    slot.extensions.invoke(WORK, 1)
    slot.extensions.shut_down("spindown", 1)
    assert slot.extensions.all_ready()
    assert slot.connection.received == []


def test_an_invocation_is_an_event_with_its_deadline_and_trace() -> None:
    slot = Slot("agent")
    slot.ask(NEXT, identifier=slot.register("agent", "INVOKE"))
    slot.extensions.invoke(WORK, 1_700_000_000_000)
    event = slot.connection.received[0]
    trace = event.pop("tracing")
    assert event == {
        "eventType": "INVOKE",
        "deadlineMs": 1_700_000_000_000,
        "requestId": "request-1",
        "invokedFunctionArn": ARN,
    }
    assert trace["type"] == "X-Amzn-Trace-Id"
    assert trace["value"].startswith("Root=1-2-3")


def test_the_end_is_an_event_with_its_reason() -> None:
    slot = Slot("agent")
    slot.ask(NEXT, identifier=slot.register("agent", "SHUTDOWN"))
    slot.extensions.invoke(WORK, 1)
    slot.extensions.shut_down("timeout", 1_700_000_000_000)
    end = {"eventType": "SHUTDOWN", "shutdownReason": "timeout", "deadlineMs": 1_700_000_000_000}
    assert slot.connection.received == [end]


def test_an_event_waits_for_an_extension_that_does_not() -> None:
    slot = Slot("agent")
    agent = slot.register("agent", "INVOKE", "SHUTDOWN")
    slot.ask(NEXT, connection=RecordingConnection(is_open=False), identifier=agent)
    slot.extensions.invoke(WORK, 1)
    slot.extensions.shut_down("spindown", 1)
    assert document(slot.ask(NEXT, identifier=agent))["eventType"] == "INVOKE"
    assert document(slot.ask(NEXT, identifier=agent))["eventType"] == "SHUTDOWN"


def test_a_closed_connection_gets_no_event() -> None:
    slot = Slot("agent")
    agent = slot.register("agent", "INVOKE")
    slot.ask(NEXT, identifier=agent)
    slot.extensions.forget_connection(slot.connection)
    assert slot.extensions.all_ready()
    slot.extensions.invoke(WORK, 1)
    assert slot.connection.received == []
    assert document(slot.ask(NEXT, identifier=agent))["requestId"] == "request-1"


@pytest.mark.parametrize(
    ("what", "name", "identifier", "body", "error_type"),
    [
        (REGISTER, "", "", b'{"events": []}', "Extension.InvalidExtensionName"),
        (REGISTER, "agent", "", b"{", "InvalidRequestFormat"),
        (REGISTER, "agent", "", b"[1]", "InvalidRequestFormat"),
        (REGISTER, "agent", "", b'{"events": []}' + b" " * LARGE, "InvalidRequestFormat"),
        (REGISTER, "agent", "", b'{"events": [1]}', "InvalidRequestFormat"),
        (REGISTER, "agent", "", b'{"events": ["RESTART"]}', "Extension.InvalidEventType"),
        (REGISTER, "inner", "", b'{"events": ["SHUTDOWN"]}', "Extension.InvalidEventType"),
        (NEXT, "", "", b"", "Extension.MissingExtensionIdentifier"),
        (NEXT, "", "unknown", b"", "Extension.UnknownExtensionIdentifier"),
        ("POST init/error", "", "unknown", b"", "Extension.UnknownExtensionIdentifier"),
    ],
)
def test_refusals_are_403_with_a_type(what: str, name: str, identifier: str, body: bytes, error_type: str) -> None:
    answer = Slot("agent").ask(what, body, name=name, identifier=identifier)
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert document(answer)["errorType"] == error_type


def test_a_name_registers_once() -> None:
    slot = Slot("agent")
    slot.register("agent")
    answer = slot.ask(REGISTER, b'{"events": []}', name="agent")
    assert document(answer)["errorType"] == "Extension.InvalidExtensionState"


def test_internal_extensions_register_while_the_runtime_starts() -> None:
    slot = Slot("agent")
    refused = slot.ask(REGISTER, b'{"events": []}', name="inner", starting=False)
    assert document(refused)["errorType"] == "Extension.RegistrationClosed"
    assert document(slot.ask(REGISTER, b'{"events": []}', name="agent", starting=False))["functionName"] == "orders"


def test_there_may_be_ten() -> None:
    slot = Slot()
    for number in range(10):
        slot.register(f"inner-{number}")
    assert document(slot.ask(REGISTER, b"{}", name="one-more"))["errorType"] == "Extension.TooManyExtensions"


@pytest.mark.parametrize(("report", "type_"), [("init", "Extension.InitError"), ("exit", "Extension.ExitError")])
def test_a_reported_error_is_what_its_end_means(report: str, type_: str) -> None:
    slot = Slot("agent")
    agent = slot.register("agent")
    missing = slot.ask(f"POST {report}/error", identifier=agent)
    assert document(missing)["errorType"] == "Extension.MissingHeader"
    assert slot.extensions.fatal_error("agent") == "Extension.Crash"
    answer = slot.ask(f"POST {report}/error", b"no key", identifier=agent, function_error_type="Agent.NoKey")
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert slot.extensions.fatal_error("agent") == type_
    assert slot.lines == ["Extension agent reports Agent.NoKey: no key"]
    assert document(slot.ask(NEXT, identifier=agent))["errorType"] == "Extension.InvalidExtensionState"


@pytest.mark.parametrize(
    ("path", "api"),
    [("/2022-07-01/telemetry", "Telemetry"), ("/2022-07-01/telemetry/", "Telemetry"), ("/2020-08-15/logs", "Logs")],
)
def test_telemetry_is_not_supported_and_the_log_says_so(path: str, api: str) -> None:
    """202 with this document is what AWS's own local environment answers; an error would end the extension."""
    slot = Slot("agent")
    agent = slot.register("agent")
    answer = slot.ask(f"PUT {path}", b"{}", identifier=agent)
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert document(answer) == {"errorMessage": f"{api} API is not supported", "errorType": f"{api}.NotSupported"}
    assert slot.lines[0].startswith(f"Extension agent asks for the {api} API, which is not supported here")


@pytest.mark.parametrize("what", ["GET register", "POST event/next", "POST other", "GET /2020-08-15/logs"])
def test_other_paths_are_not_found(what: str) -> None:
    answer = Slot().ask(what, name="inner")
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
