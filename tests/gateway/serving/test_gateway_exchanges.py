"""A gateway behind its listener: the bytes that clients send and get. The listener alone is in tests/wire/http."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from typing import Any, NamedTuple

import pytest

from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.certificates import Certificates
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind
from tests.certificates import Pair

pytestmark = pytest.mark.server

INVOKE = b"/2015-03-31/functions/hello/invocations"


class Exchange(NamedTuple):
    sent: bytes
    received: bytes


def talk(address: tuple[str, int], data: bytes) -> bytes:
    """Send all the bytes, and read until the server closes; without dates."""
    with socket.create_connection(address, timeout=10) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
    return re.sub(rb"date: [^\r]+\r\n", b"", received)


def request(line: bytes, *headers: bytes, body: bytes = b"", last: bool = True, host: bytes = b"localhost") -> bytes:
    lines = [line + b" HTTP/1.1", b"Host: " + host, *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    if last:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", body])


def response(status: bytes, *headers: bytes, body: bytes | None = b"", last: bool = True) -> bytes:
    """Without a Content-Length if the body is None."""
    lines = [b"HTTP/1.1 " + status, *headers]
    if body is not None:
        lines.append(b"content-length: %d" % len(body))
    if last:
        lines.append(b"connection: close")
    return b"\r\n".join([*lines, b"", body or b""])


JSON = b"Content-Type: application/json"
HTTP_IDS = (b"Apigw-Requestid: AAAAAAAAAAAAAAA=",)
TRACE_ID = b"X-Amzn-Trace-Id: Root=1-65a7f300-000000000000000000000000;Parent=0000000000000000;Sampled=0"
REQUEST_ID = b"x-amzn-RequestId: 00000000-0000-4000-8000-000000000000"
REST_IDS = (REQUEST_ID, b"x-amz-apigw-id: AAAAAAAAAAAAAAA=", TRACE_ID)
INVOKE_IDS = (REQUEST_ID, TRACE_ID)
VERSION = b"X-Amz-Executed-Version: $LATEST"
ANSWER = b'{"statusCode":200,"body":"said"}'
SAID = (b"200 OK", b"Content-Type: text/plain; charset=utf-8", *HTTP_IDS)
NOT_FOUND = response(b"404 Not Found", JSON, body=b'{"message":"Not Found"}')

EXCHANGES = {
    "a route": Exchange(request(b"GET /hello?a=1"), response(*SAID, body=b"said")),
    "a route of a REST API": Exchange(request(b"GET /legacy"), response(b"200 OK", JSON, *REST_IDS, body=b"said")),
    "a HEAD": Exchange(request(b"HEAD /hello"), response(*SAID, body=b"said")[:-4]),
    "an odd method": Exchange(request(b"PROPFIND /hello"), response(*SAID, body=b"said")),
    "the absolute form": Exchange(request(b"GET http://localhost/hello"), response(*SAID, body=b"said")),
    "an asterisk": Exchange(request(b"OPTIONS *"), NOT_FOUND),
    "not found": Exchange(request(b"GET /nowhere"), NOT_FOUND),
    "not found in a REST API": Exchange(
        request(b"GET /x", host=b"Legacy.localhost"),
        response(
            b"403 Forbidden",
            JSON,
            b"x-amzn-ErrorType: MissingAuthenticationTokenException",
            body=b'{"message":"Missing Authentication Token"}',
        ),
    ),
    "a preflight": Exchange(
        request(b"OPTIONS /pages", b"Origin: https://shop.example", b"Access-Control-Request-Method: GET"),
        response(
            b"204 No Content",
            b"Access-Control-Allow-Origin: https://shop.example",
            b"Access-Control-Max-Age: 60",
            body=None,
        ),
    ),
    "too large": Exchange(
        request(b"POST /hello", body=b"x" * (10 * 1024 * 1024 + 1), last=False),
        response(
            b"413 Request Entity Too Large", JSON, *HTTP_IDS, body=b'{"message":"Request Entity Too Large"}'
        ),
    ),
    "invoke": Exchange(
        request(b"POST " + INVOKE, body=b'{"a":1}'), response(b"200 OK", JSON, *INVOKE_IDS, VERSION, body=ANSWER)
    ),
    "invoke by ARN": Exchange(
        request(b"POST " + INVOKE.replace(b"hello", b"123456789012%3Afunction%3Ahello")),
        response(b"200 OK", JSON, *INVOKE_IDS, VERSION, body=ANSWER),
    ),
    "invoke nothing": Exchange(
        request(b"POST " + INVOKE.replace(b"hello", b"nope")),
        response(
            b"404 Not Found",
            JSON,
            REQUEST_ID,
            b"x-amzn-ErrorType: ResourceNotFoundException",
            body=b'{"Type": "User", "Message": "Function not found: '
            b'arn:aws:lambda:us-east-1:123456789012:function:nope:$LATEST"}',
        ),
    ),
    "dry run": Exchange(
        request(b"POST " + INVOKE, b"X-Amz-Invocation-Type: DryRun"),
        response(b"204 No Content", *INVOKE_IDS, body=None),
    ),
    "event": Exchange(
        request(b"POST " + INVOKE, b"X-Amz-Invocation-Type: Event", body=b"{}"),
        response(b"202 Accepted", *INVOKE_IDS),
    ),
    "health": Exchange(request(b"GET /_esb/health"), response(b"200 OK", JSON, body=b'{"status":"alive"}')),
    "ready": Exchange(request(b"GET /_esb/ready"), response(b"200 OK", JSON, body=b'{"status":"ready"}')),
    "three at once": Exchange(
        request(b"GET /hello", last=False) + request(b"POST " + INVOKE, body=b"1", last=False)
        + request(b"GET /_esb/health"),
        response(*SAID, body=b"said", last=False)
        + response(b"200 OK", JSON, *INVOKE_IDS, VERSION, body=ANSWER, last=False)
        + response(b"200 OK", JSON, body=b'{"status":"alive"}'),
    ),
}  # fmt: skip


def test_each_exchange_byte_for_byte(harness: Any, running: Any) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, ANSWER)
    with running(harness) as address:
        for name, exchange in EXCHANGES.items():
            assert talk(address, exchange.sent) == exchange.received, name


def echo(invocation: Any) -> Outcome:
    """Answers with its event."""
    return Outcome(Ending.DONE, json.dumps({"statusCode": 200, "body": invocation.payload.decode()}).encode())


def test_an_event_has_what_the_listener_read(harness: Any, running: Any) -> None:
    harness.invoker.answer = echo
    sent = request(b"POST /hello?a=%20", b"X-CaSe: \xe9", b"Content-Type: text/plain", body=b"abc", host=b"h")
    with running(harness) as address:
        event = json.loads(talk(address, sent).partition(b"\r\n\r\n")[2])
        old = json.loads(talk(address, b"GET /hello HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2])
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/hello", "a=%20", "abc")
    assert event["headers"]["x-case"] == "é"
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["http"]["protocol"] == "HTTP/1.1"
    assert old["requestContext"]["http"]["protocol"] == "HTTP/1.0"


def test_an_event_says_https_and_on_the_plain_port_http(harness: Any, pair: Pair) -> None:
    harness.invoker.answer = echo

    async def ask(port: int, tls: Any) -> bytes:
        name = None if tls is None else "localhost"
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        writer.write(request(b"GET /hello"))
        received = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        return received

    async def steps() -> None:
        harness.invoker.later = asyncio.get_running_loop().call_soon
        certificates = Certificates(pair.certificate, pair.key)
        listener, plain = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
        ports = listener.getsockname()[1], plain.getsockname()[1]
        async with listening(harness.gateway().handle, listener, tls=certificates.context, plain=plain):
            assert b'"x-forwarded-proto":"https"' in await ask(ports[0], pair.client())
            assert b'"x-forwarded-proto":"http"' in await ask(ports[1], None)

    asyncio.run(steps())
