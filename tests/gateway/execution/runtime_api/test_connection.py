"""The Runtime API's side of a connection, fed with bytes."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esb_gateway.execution.extensions.api import ExtensionRequest
from esb_gateway.execution.failures import RESPONSE_LIMIT, STREAM_LIMIT
from esb_gateway.execution.pools.slots import Failure, Result, Work
from esb_gateway.execution.runtime_api.connection import Connection, ControlChannel, Runtime
from esb_gateway.execution.runtime_api.messages import next_response
from esb_gateway.invocation import Ending, Invocation
from esb_gateway.tracing.lineage import with_invocation
from esb_wire.http.body_stream import Producer

INVOCATION = Invocation(
    function="orders",
    payload=b'{"a": 1}',
    request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    trace_id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
    arn="arn:aws:lambda:us-east-1:123456789012:function:orders",
)
GET_NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: orders\r\n\r\n"


class FakeTransport:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closed = False
        self.reading = True

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return {"sockname": ("172.18.0.2", 9001)}[name]

    def write(self, data: bytes) -> None:
        assert not self.closed, "nothing is written after the close"
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


@dataclass
class RecordingSink:
    """A caller that wants the answer in parts."""

    content_type: str = ""
    source: Producer | None = None
    parts: list[bytes] = field(default_factory=list)

    def begin(self, content_type: str, source: Producer) -> None:
        self.content_type, self.source = content_type, source

    def write(self, data: bytes) -> None:
        self.parts.append(data)


@dataclass
class RecordingRuntime:
    """Records what its connection reports."""

    accepts: bool = True
    channel: ControlChannel | None = None
    polls: int = 0
    results: list[tuple[str, Result]] = field(default_factory=list)
    init_failures: list[Failure] = field(default_factory=list)
    outputs: list[tuple[int, bytes]] = field(default_factory=list)
    disconnects: int = 0
    sink: RecordingSink | None = None
    extension_requests: list[ExtensionRequest] = field(default_factory=list)
    extension_response: bytes | None = None
    extension_names: tuple[str, ...] | None = None

    def next(self, connection: Connection) -> bool:
        self.polls += 1
        return self.accepts

    def respond(self, request_id: str, result: Result) -> bool:
        self.results.append((request_id, result))
        return self.accepts

    def stream(self, request_id: str) -> RecordingSink | None:
        return self.sink

    def fail_init(self, failure: Failure) -> bool:
        self.init_failures.append(failure)
        return self.accepts

    def extend(self, request: ExtensionRequest, connection: Connection) -> bytes | None:
        self.extension_requests.append(request)
        return self.extension_response

    def supervise(self, connection: Connection, extension_names: tuple[str, ...]) -> ControlChannel | None:
        self.extension_names = extension_names
        return self.channel

    def take_output(self, ticket: int, printed: bytes) -> bool:
        self.outputs.append((ticket, printed))
        return self.accepts

    def on_disconnect(self, connection: Connection) -> None:
        self.disconnects += 1


class ConnectionFixture:
    """A connection of a recording runtime, fed by the test."""

    def __init__(self, *, known_host: str | None = None, accepts: bool = True) -> None:
        self.runtime = RecordingRuntime(accepts)
        self.transport = FakeTransport()
        self.closed = 0

        def identify(host: str) -> Runtime | None:
            return self.runtime if known_host in (None, host) else None

        self.connection = Connection(identify, self._note_closed)
        self.connection.connection_made(cast(asyncio.Transport, self.transport))

    def send(self, data: bytes) -> bytes:
        """Feed the bytes; gives what was written because of them."""
        before = len(self.transport.written)
        self.connection.data_received(data)
        return bytes(self.transport.written[before:])

    def _note_closed(self, _: Connection) -> None:
        self.closed += 1


@dataclass
class RecordingChannel:
    """Records what it receives."""

    events: list[bytes] = field(default_factory=list)

    def opened(self) -> None:
        self.events.append(b"opened")

    def received(self, data: bytes) -> None:
        self.events.append(data)

    def lost(self) -> None:
        self.events.append(b"lost")


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST /2018-06-01/runtime/{path} HTTP/1.1", "Host: orders", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(path: str, chunks: list[bytes], *headers: str, trailers: str = "") -> bytes:
    lines = [f"POST /2018-06-01/runtime/{path} HTTP/1.1", "Host: orders", "Transfer-Encoding: chunked", *headers]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join([*lines, "", ""]).encode() + body + b"0\r\n" + trailers.encode() + b"\r\n"


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


def test_next_waits_and_is_answered_with_the_event_and_its_headers() -> None:
    fixture = ConnectionFixture()
    assert fixture.send(GET_NEXT) == b""
    work = Work(
        INVOCATION._replace(client_context='{"client": {}}', cognito_identity='{"cognitoIdentityId": "x"}'), print, 0
    )
    assert fixture.connection.deliver(*next_response(work, 1542409706888))
    assert bytes(fixture.transport.written).decode() == (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
        "Lambda-Runtime-Deadline-Ms: 1542409706888\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:orders\r\n"
        "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        f"{with_invocation('', 'orders')}\r\n"
        'Lambda-Runtime-Client-Context: {"client": {}}\r\n'
        'Lambda-Runtime-Cognito-Identity: {"cognitoIdentityId": "x"}\r\n'
        "Content-Length: 8\r\n\r\n"
        '{"a": 1}'
    )


def test_response_ends_the_invocation_and_the_connection_serves_on() -> None:
    fixture = ConnectionFixture()
    request = post("invocation/42/response", b'{"ok": true}', "Content-Type: application/json")
    for _ in range(2):
        response = fixture.send(request)
        assert status(response) == 202
        assert b"Content-Type: application/json" in response
    assert fixture.runtime.results == [("42", Result(Ending.DONE, b'{"ok": true}'))] * 2
    assert not fixture.transport.closed


def test_request_may_come_byte_by_byte() -> None:
    fixture = ConnectionFixture()
    request = post("invocation/42/response", b'{"ok": true}')
    written = b"".join(fixture.send(request[at : at + 1]) for at in range(len(request)))
    assert status(written) == 202
    assert fixture.runtime.results == [("42", Result(Ending.DONE, b'{"ok": true}'))]


def test_response_and_next_may_come_together() -> None:
    fixture = ConnectionFixture()
    written = fixture.send(post("invocation/42/response", b"1") + GET_NEXT)
    assert (status(written), written.count(b"HTTP/1.1"), fixture.runtime.polls) == (202, 1, 1)


def test_error_is_passed_on_as_the_runtime_wrote_it() -> None:
    fixture = ConnectionFixture()
    document = b'{"errorMessage": "no", "errorType": "ValueError", "stackTrace": []}'
    header = "Lambda-Runtime-Function-Error-Type: Unhandled"
    assert status(fixture.send(post("invocation/42/error", document, header))) == 202
    assert fixture.runtime.results == [("42", Result(Ending.FUNCTION_ERROR, document))]


def test_a_large_error_is_passed_on_unread() -> None:
    fixture = ConnectionFixture()
    document = b'{"errorMessage": "%b" no JSON}' % (b"x" * 100_000)
    fixture.send(post("invocation/42/error", document))
    assert fixture.runtime.results == [("42", Result(Ending.FUNCTION_ERROR, document))]


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"\xff\xfe", b"[" * 100_000, b"{" * 100_000])
def test_error_without_a_document_is_made_one(body: bytes) -> None:
    fixture = ConnectionFixture()
    fixture.send(post("invocation/42/error", body, "Lambda-Runtime-Function-Error-Type: Runtime.Broken"))
    [(_, result)] = fixture.runtime.results
    assert result.ending is Ending.FUNCTION_ERROR
    assert json.loads(result.payload)["errorType"] == "Runtime.Broken"


def test_init_error_becomes_the_answer_to_every_request() -> None:
    fixture = ConnectionFixture()
    document = b'{"errorMessage": "Unable to import module", "errorType": "Runtime.ImportModuleError", "requestId": ""}'
    assert status(fixture.send(post("init/error", document))) == 202
    [failure] = fixture.runtime.init_failures
    assert json.loads(failure("42")) == {
        "errorMessage": "Unable to import module",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
    }


@pytest.mark.parametrize(("size", "ending"), [(RESPONSE_LIMIT, Ending.DONE), (RESPONSE_LIMIT + 1, Ending.TOO_BIG)])
def test_answer_above_the_limit_is_taken_and_replaced(size: int, ending: Ending) -> None:
    fixture = ConnectionFixture()
    assert status(fixture.send(post("invocation/42/response", b"x" * size))) == 202
    [(_, result)] = fixture.runtime.results
    assert result.ending is ending
    if ending is Ending.TOO_BIG:
        assert json.loads(result.payload) == {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        }
    assert status(fixture.send(post("invocation/43/response", b"1"))) == 202


def test_streamed_answer_is_joined_with_its_prelude() -> None:
    fixture = ConnectionFixture()
    content_type = "application/vnd.awslambda.http-integration-response"
    chunks = [b'{"statusCode": 200}', b"\0" * 8, b"hello ", b"world"]
    headers = ("Lambda-Runtime-Function-Response-Mode: streaming", f"Content-Type: {content_type}")
    assert status(fixture.send(chunked("invocation/42/response", chunks, *headers))) == 202
    assert fixture.runtime.results == [("42", Result(Ending.DONE, b"".join(chunks), content_type))]


def test_stream_that_ends_with_error_trailers_is_an_error() -> None:
    fixture = ConnectionFixture()
    document = b'{"errorMessage": "broke off", "errorType": "Stream"}'
    trailers = (
        "Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n"
        f"Lambda-Runtime-Function-Error-Body: {base64.b64encode(document).decode()}\r\n"
    )
    headers = ("Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",)
    fixture.send(chunked("invocation/42/response", [b"half"], *headers, trailers=trailers))
    assert fixture.runtime.results == [("42", Result(Ending.FUNCTION_ERROR, document))]


class TestStreamToACallerThatWantsIt:
    HEADERS = ("Lambda-Runtime-Function-Response-Mode: streaming", "Content-Type: text/plain")

    def streaming(self) -> tuple[ConnectionFixture, RecordingSink]:
        fixture = ConnectionFixture()
        fixture.runtime.sink = RecordingSink()
        return fixture, fixture.runtime.sink

    def test_each_part_goes_on_as_it_comes(self) -> None:
        fixture, sink = self.streaming()
        whole = chunked("invocation/42/response", [b"a" * 10, b"b" * 10], *self.HEADERS)
        end_of_first = whole.index(b"a\r\n", whole.index(b"aaa")) + 1
        fixture.send(whole[:end_of_first])
        assert (sink.content_type, b"".join(sink.parts), fixture.runtime.results) == ("text/plain", b"a" * 10, [])
        assert status(fixture.send(whole[end_of_first:])) == 202
        assert b"".join(sink.parts) == b"a" * 10 + b"b" * 10
        assert fixture.runtime.results == [("42", Result(Ending.DONE, b"", "text/plain"))]

    def test_what_is_not_read_cannot_be_kept(self) -> None:
        fixture, sink = self.streaming()
        fixture.send(chunked("invocation/42/response", [b"a"], *self.HEADERS)[:-5])
        assert sink.source is not None
        sink.source.pause()
        assert not fixture.transport.reading
        sink.source.resume()
        assert fixture.transport.reading

    def test_error_trailers_end_it(self) -> None:
        fixture, sink = self.streaming()
        trailers = "Lambda-Runtime-Function-Error-Type: Broken\r\n"
        fixture.send(chunked("invocation/42/response", [b"half"], *self.HEADERS, trailers=trailers))
        assert sink.parts == [b"half"]
        ((_, result),) = fixture.runtime.results
        assert (result.ending, json.loads(result.payload)["errorType"]) == (Ending.FUNCTION_ERROR, "Broken")

    def test_it_has_a_largest_size(self) -> None:
        fixture, sink = self.streaming()
        fixture.send(chunked("invocation/42/response", [b"a"], *self.HEADERS)[:-5])
        part = b"%x\r\n%s\r\n" % (1 << 25, b"x" * (1 << 25))
        sizes = [0]
        for _ in range(STREAM_LIMIT // (1 << 25) + 1):
            fixture.send(part)
            sizes.append(sum(map(len, sink.parts)))
            sink.parts.clear()
        fixture.send(b"0\r\n\r\n")
        assert sum(sizes) <= STREAM_LIMIT
        assert fixture.runtime.results[0][1].ending is Ending.TOO_BIG

    def test_an_answer_that_is_not_streamed_is_whole(self) -> None:
        fixture, sink = self.streaming()
        fixture.send(post("invocation/42/response", b"1"))
        assert (sink.source, fixture.runtime.results) == (None, [("42", Result(Ending.DONE, b"1"))])

    def test_an_error_is_never_streamed(self) -> None:
        fixture, sink = self.streaming()
        fixture.send(chunked("invocation/42/error", [b"{}"], *self.HEADERS))
        assert (sink.source, fixture.runtime.results[0][1].ending) == (None, Ending.FUNCTION_ERROR)


def test_error_headers_do_not_stick_to_the_next_request() -> None:
    fixture = ConnectionFixture()
    fixture.send(post("invocation/42/error", b"{}", "Lambda-Runtime-Function-Error-Type: Unhandled"))
    fixture.send(post("invocation/43/response", b"1"))
    assert fixture.runtime.results[-1] == ("43", Result(Ending.DONE, b"1"))


@pytest.mark.parametrize(
    ("request_bytes", "code", "error_type"),
    [
        (post("invocation/42/response", b"1"), 400, "InvalidRequestID"),
        (post("invocation/42/error", b"{}"), 400, "InvalidRequestID"),
        (GET_NEXT, 403, "InvalidStateTransition"),
        (post("init/error", b"{}"), 403, "InvalidStateTransition"),
    ],
)
def test_what_the_runtime_may_not_do_is_refused_as_aws_does(request_bytes: bytes, code: int, error_type: str) -> None:
    fixture = ConnectionFixture(accepts=False)
    response = fixture.send(request_bytes)
    assert status(response) == code
    assert json.loads(response.partition(b"\r\n\r\n")[2])["errorType"] == error_type
    assert not fixture.transport.closed


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"DELETE /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /2018-06-01/runtime/invocation/42/response HTTP/1.1\r\nHost: a\r\n\r\n",
        post("invocation/42/respond", b"1"),
        post("invocation/response", b"1"),
        post("invocation/next", b"1"),
        b"POST /2015-03-31/x/42/response HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_unknown_paths_and_methods_are_not_found(request_bytes: bytes) -> None:
    fixture = ConnectionFixture()
    assert status(fixture.send(request_bytes)) == 404
    assert (fixture.runtime.polls, fixture.runtime.results) == (0, [])


def test_unknown_host_is_refused_before_its_body_is_read() -> None:
    fixture = ConnectionFixture(known_host="orders")
    written = fixture.send(
        b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
    )
    assert status(written) == 403
    assert fixture.transport.closed
    assert fixture.send(b"x" * 100_000) == b""


def test_request_without_host_is_refused_where_the_host_matters() -> None:
    fixture = ConnectionFixture(known_host="orders")
    assert status(fixture.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n")) == 403
    assert fixture.runtime.polls == 0


def test_request_behind_an_unanswered_next_ends_the_connection() -> None:
    fixture = ConnectionFixture()
    written = fixture.send(GET_NEXT + GET_NEXT)
    assert status(written) == 400
    assert fixture.transport.closed
    assert not fixture.connection.deliver(b"work")
    assert fixture.runtime.polls == 1


def test_endless_headers_end_the_connection() -> None:
    fixture = ConnectionFixture()
    written = fixture.send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(20):
        written += fixture.send(b"x" * 60_000)
    assert status(written) == 431
    assert fixture.transport.closed


def test_endless_trailers_end_the_connection() -> None:
    fixture = ConnectionFixture()
    written = fixture.send(chunked("invocation/42/response", [b"1"])[:-2] + b"X: ")
    for _ in range(20):
        written += fixture.send(b"x" * 60_000)
    assert status(written) == 431


def test_large_body_does_not_count_as_silence() -> None:
    fixture = ConnectionFixture()
    fixture.send(post("invocation/42/response", b"x" * 3_000_000)[:200])
    for _ in range(100):
        assert fixture.send(b"x" * 20_000) == b""
    assert not fixture.transport.closed


def test_continue_is_said_when_it_is_expected() -> None:
    fixture = ConnectionFixture()
    request = post("invocation/42/response", b"1", "Expect: 100-continue")
    assert fixture.send(request[:-1]) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert status(fixture.send(b"1")) == 202


@pytest.mark.parametrize("version_and_headers", ["HTTP/1.0\r\n", "HTTP/1.1\r\nConnection: close\r\n"])
def test_connection_that_is_not_kept_alive_closes_after_the_answer(version_and_headers: str) -> None:
    fixture = ConnectionFixture()
    fixture.send(f"GET /2018-06-01/runtime/invocation/next {version_and_headers}Host: a\r\n\r\n".encode())
    assert not fixture.transport.closed
    assert fixture.connection.deliver(b"work")
    assert (bytes(fixture.transport.written), fixture.transport.closed) == (b"work", True)


def test_wish_for_another_protocol_is_ignored() -> None:
    fixture = ConnectionFixture()
    upgrade = GET_NEXT[:-2] + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n"
    assert fixture.send(upgrade) == b""
    assert fixture.connection.deliver(b"")
    assert status(fixture.send(post("invocation/42/response", b"1"))) == 202


def test_work_is_not_written_to_a_connection_that_is_closing() -> None:
    fixture = ConnectionFixture()
    fixture.send(GET_NEXT)
    fixture.transport.close()
    assert not fixture.connection.deliver(b"work")
    assert fixture.transport.written == b""


def test_peer_that_does_not_read_is_not_read_from() -> None:
    fixture = ConnectionFixture()
    fixture.connection.pause_writing()
    assert not fixture.transport.reading
    fixture.connection.resume_writing()
    assert fixture.transport.reading


def test_end_of_the_connection_is_reported_once() -> None:
    fixture = ConnectionFixture()
    fixture.send(GET_NEXT)
    fixture.connection.connection_lost(None)
    assert (fixture.closed, fixture.runtime.disconnects) == (1, 1)


PIECES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            GET_NEXT,
            post("invocation/42/response", b"1"),
            post("init/error", b"{"),
            chunked("invocation/42/error", [b"1"]),
            b"Content-Length: -1\r\n",
            b"CONNECT x:1 HTTP/1.1\r\n\r\n",
            b"\r\n",
            b"0\r\n\r\n",
            b"\0",
        ]
    ),
)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(PIECES, max_size=8))
def test_any_input_is_answered_or_ends_the_connection(pieces: list[bytes]) -> None:
    fixture = ConnectionFixture()
    for piece in pieces:
        written = fixture.send(piece)
        assert written == b"" or written.startswith(b"HTTP/1.1 ")
    fixture.connection.connection_lost(None)
    assert fixture.closed == 1


@pytest.mark.parametrize("accepts", [True, False])
def test_output_that_was_asked_for_is_passed_on(accepts: bool) -> None:
    fixture = ConnectionFixture(accepts=accepts)
    answer = fixture.send(b"POST /esb/output/7 HTTP/1.1\r\nHost: orders\r\nContent-Length: 5\r\n\r\na\0\nb\n")
    assert fixture.runtime.outputs == [(7, b"a\0\nb\n")]
    assert status(answer) == (202 if accepts else 404)


@pytest.mark.parametrize("path", [b"/esb/output/", b"/esb/output/0", b"/esb/output/1/2", b"/esb/output/1234567890"])
def test_output_without_a_ticket_is_not_found(path: bytes) -> None:
    fixture = ConnectionFixture()
    assert status(fixture.send(b"POST " + path + b" HTTP/1.1\r\nHost: orders\r\nContent-Length: 0\r\n\r\n")) == 404
    assert fixture.runtime.outputs == []


SUPERVISE = b"GET /esb/slots HTTP/1.1\r\nHost: orders\r\nConnection: Upgrade\r\nUpgrade: esb-slots/2\r\n\r\n"


def test_supervisor_leaves_http_and_what_follows_is_its_own() -> None:
    fixture = ConnectionFixture()
    fixture.runtime.channel = control = RecordingChannel()
    answer = fixture.send(SUPERVISE + b"drain\n")
    assert status(answer) == 101
    assert answer.endswith(b"\r\nEsb-Address: 172.18.0.2\r\n\r\n")
    assert fixture.send(b"exited 1 0\n" * 100_000) == b""  # nothing of it is counted as a head that does not end
    fixture.connection.send(b"start 1 40123\n")
    assert fixture.transport.written.endswith(b"\r\n\r\nstart 1 40123\n")
    fixture.connection.connection_lost(None)
    assert [said[:10] for said in control.events] == [b"opened", b"drain\n", b"exited 1 0", b"lost"]
    assert fixture.closed == 1
    assert fixture.runtime.extension_names == ()


def test_a_supervisor_names_the_extensions_of_its_container() -> None:
    fixture = ConnectionFixture()
    fixture.runtime.channel = RecordingChannel()
    fixture.send(SUPERVISE[:-2] + b"Esb-Extensions: a b/lambda-adapter\r\n\r\n")
    assert fixture.runtime.extension_names == ("a b", "lambda-adapter")


EXTENSION_NEXT = (
    b"GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: orders\r\nLambda-Extension-Identifier: 7\r\n\r\n"
)


def test_an_extension_waits_for_its_event() -> None:
    fixture = ConnectionFixture()
    assert fixture.send(EXTENSION_NEXT) == b""
    request = fixture.runtime.extension_requests[0]
    assert (request.method, request.path) == (b"GET", b"/2020-01-01/extension/event/next")
    assert request.headers[b"lambda-extension-identifier"] == b"7"
    assert fixture.connection.deliver(b"event")
    fixture.runtime.extension_response = b"response"
    assert fixture.send(EXTENSION_NEXT) == b"response"
    assert fixture.send(EXTENSION_NEXT) == b"response"


def test_an_extension_that_waits_may_ask_for_nothing_else() -> None:
    fixture = ConnectionFixture()
    fixture.send(EXTENSION_NEXT)
    assert status(fixture.send(EXTENSION_NEXT)) == 400
    assert fixture.closed == 1 or fixture.transport.is_closing()


@pytest.mark.parametrize(
    "request_",
    [
        SUPERVISE.replace(b"esb-slots/2", b"websocket"),
        SUPERVISE.replace(b"Connection: Upgrade\r\n", b""),
        SUPERVISE.replace(b"GET", b"HEAD"),
        SUPERVISE.replace(b"/esb/slots", b"/esb/slot"),
    ],
)
def test_http_is_left_for_nothing_else(request_: bytes) -> None:
    fixture = ConnectionFixture()
    fixture.runtime.channel = RecordingChannel()
    assert status(fixture.send(request_)) == 404
    assert fixture.runtime.channel.events == []


def test_runtime_that_may_not_supervise_goes_on_in_http() -> None:
    fixture = ConnectionFixture()
    assert status(fixture.send(SUPERVISE + GET_NEXT)) == 404
    assert fixture.runtime.polls == 1
