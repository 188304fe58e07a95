"""Requests and what their responses mean, against servers that speak as the test says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.connections import authorized
from esb_cloud.deliveries.sending import Outcome, Verdict, sender
from esb_cloud.sql.tables.deliveries import Delivery

FUNCTION = {"function": "arn:aws:lambda:us-east-1:123456789012:function:f"}


def delivery(request: dict[str, Any]) -> Delivery:
    return Delivery(1, "target", 0.0, 0.0, 0, "source", request, "{}", {}, None)


def outcome_of(response: bytes, seconds: float = 5) -> Outcome:
    """What is made of these bytes, after which the server closes the connection."""

    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        if not response:
            await ended.wait()
        writer.close()

    async def run() -> Outcome:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        request = {"url": f"http://127.0.0.1:{port}/", "headers": {}, "seconds": seconds}
        outcome = await sender(Stack())(delivery(request))
        ended.set()
        server.close()
        await server.wait_closed()
        return outcome

    return asyncio.run(run())


def test_parameters_of_the_same_key() -> None:
    more = {
        "HeaderParameters": [{"Key": "X-A", "Value": "1"}, {"Key": "X-A", "Value": "2"}],
        "QueryStringParameters": [{"Key": "q", "Value": "1"}, {"Key": "q", "Value": "a b"}],
    }
    sent, _ = authorized({"url": "http://x/?v=1", "headers": {}}, "", {"InvocationHttpParameters": more})
    assert (sent["url"], sent["headers"]) == ("http://x/?v=1&q=1&q=a%20b", {"X-A": "2"})


@pytest.mark.parametrize("header", ["a\nb", "a\r\nX-Other: b"])
def test_a_header_with_a_line_break_is_refused_at_once(header: str) -> None:
    request = {"url": "http://127.0.0.1:9/", "headers": {"X-Order": header}}
    auth = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
    for given in (request, {**request, "connection": "crm", "auth": auth}):
        outcome = asyncio.run(sender(Stack())(delivery(given)))
        assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, "INVALID_HTTP_REQUEST")
        assert outcome.message == "a header or the URL contains a line break"


@pytest.mark.server
@pytest.mark.parametrize(
    ("response", "verdict", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Verdict.ARRIVED, ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Verdict.ARRIVED, ""),
        (b"HTTP/1.0 200 OK\r\n\r\ntext until the end", Verdict.ARRIVED, ""),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", Verdict.ARRIVED, ""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", Verdict.ARRIVED, ""),
        (b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", Verdict.REFUSED, "HTTP_301"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", Verdict.REFUSED, "HTTP_404"),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", Verdict.RETRY, "HTTP_429"),
        (b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", Verdict.RETRY, "HTTP_503"),
        (b"nonsense\r\n\r\n", Verdict.RETRY, "CONNECTION_FAILURE"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", Verdict.RETRY, "CONNECTION_FAILURE"),
    ],
)
def test_the_response_decides_whether_a_delivery_is_retried(response: bytes, verdict: Verdict, code: str) -> None:
    found = outcome_of(response)
    assert (found.verdict, found.code) == (verdict, code)


@pytest.mark.server
def test_a_server_that_does_not_answer() -> None:
    found = outcome_of(b"", 0.1)
    assert (found.verdict, found.message) == (Verdict.RETRY, "no response within 0.1 s")


@pytest.mark.parametrize("url", ["http://[", "http://[::1/x"])
def test_urls_that_are_none(url: str) -> None:
    found = asyncio.run(sender(Stack())(delivery({"url": url, "headers": {}})))
    assert (found.verdict, found.code) == (Verdict.REFUSED, "INVALID_URL")


def test_without_an_endpoint_there_are_no_functions() -> None:
    found = asyncio.run(sender(Stack())(delivery(FUNCTION)))
    assert found.verdict is Verdict.REFUSED
    assert "LAMBDA_ENDPOINT is not set" in found.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [('{"a": 1}', '{"a": 1, "b": "2"}'), ("[1]", "[1]"), ('"one"\n"two"', '"one"\n"two"')],
)
def test_parameters_of_a_connection_go_into_objects(body: str, expected: str) -> None:
    auth = {"InvocationHttpParameters": {"BodyParameters": [{"Key": "b", "Value": "2"}]}}
    assert authorized({"url": "http://x/", "headers": {}}, body, auth)[1] == expected
