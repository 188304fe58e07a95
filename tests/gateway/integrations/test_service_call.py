"""Routes that call a service: what the service is asked, and what the client gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import pytest

from esb_gateway.apis.api_types import Failure
from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import SERVICES
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.forwarding.forwarder import Outgoing, ProxyError
from esb_gateway.invocation import Outcome
from esb_wire import service_events
from esb_wire.http.messages import Request, Response, lower
from esb_wire.sigv4 import Credentials
from tests.gateway.integrations.routes import FUNCTIONS

SENT = Response(200, (("Content-Type", "text/xml"), ("X-Id", "7")), b"<SendMessageResponse/>")
PUT = Response(
    200, (("Content-Type", "application/x-amz-json-1.1"),), b'{"Entries":[{"EventId":"e1"}],"FailedEntryCount":0}'
)
ALLOWED = '{"isAuthorized": true, "context": {"tenant": "t1", "level": 3}}'


@dataclass
class Service:
    """A server of the stack that keeps what it was asked."""

    answer: Response | Exception = SENT
    asked: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Response:
        self.asked.append(outgoing)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        raise NotImplementedError

    def client(self, service: str) -> AwsClient:
        return AwsClient(SERVICES[service], "http://cloud:4566", Credentials("A", "s"), self, lambda: 0.0)

    @property
    def form(self) -> dict[str, str]:
        (asked,) = self.asked
        return dict(parse_qsl(asked.body.decode()))

    @property
    def entry(self) -> Any:
        (asked,) = self.asked
        (entry,) = json.loads(asked.body)["Entries"]
        return entry


@dataclass
class Shop:
    """A gateway with one route that calls a service."""

    harness: Any
    service: Service

    def ask(self, subtype: str, parameters: Mapping[str, str], request: Request, **more: Any) -> Response:
        """The response to a request; `more` are other keys of the integration and of the route."""
        changes = {"response_parameters": more.pop("changes", {})}
        call = {"type": "AWS_PROXY", "subtype": subtype, "request_parameters": parameters, **changes}
        api = {"type": "HTTP", "stage": "v1", "stage_variables": {"word": "please"}}
        checks = {"type": "REQUEST", "function": "check", "payload": "2.0", "simple_responses": True}
        routes = [{"path": "/a/{id}/{rest+}", "method": "ANY", "api": "Web", "integration": call, **more}]
        document = {"apis": {"Web": {**api, "authorizers": {"Checks": checks}}}, "routes": routes}
        self.harness.configuration = read_configuration(FUNCTIONS, document)
        self.harness.aws = self.service.client
        response: Response
        (response,) = self.harness.ask(request)
        return response


@pytest.fixture
def shop(harness: Any) -> Shop:
    return Shop(harness, Service())


def request(body: bytes = b"{}", query: str = "", headers: Mapping[str, str] = MappingProxyType({})) -> Request:
    pairs = (("Host", "shop.example"), *headers.items())
    return Request("POST", "/a/5/b%20c/d", query, pairs, lower(pairs), body, "192.0.2.1")


def sent(shop: Shop, expression: str, asked: Request, **more: Any) -> str | None:
    """The body of the message that a request with this expression sends; None if the response is 400."""
    response = shop.ask("SQS-SendMessage", {"QueueUrl": "u", "MessageBody": expression}, asked, **more)
    if response.status == 400:
        assert shop.service.asked == []
        assert response.body == b'{"message":"Bad Request"}'
        return None
    return shop.service.form["MessageBody"]


BODY = b'{"text": "a", "number": 1.5, "none": null, "deep": {"list": [{"x y": [1, "\xc3\xa9"]}]}}'


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("fixed", "fixed"),
        ("$request.body", BODY.decode()),
        ("$request.body.text", "a"),
        ("$request.body.number", "1.5"),
        ("$request.body.deep.list[0]", '{"x y":[1,"é"]}'),
        ("$request.body.deep.list[0]['x y'][1]", "é"),
        ("$request.body.none", None),
        ("$request.body.deep.list[1]", None),
        ("$request.body.text.more", None),
        ("$request.header.x-a", "1,2"),
        ("$request.header.X-B", None),
        ("$request.querystring.q", "1 2,3"),
        ("$request.querystring.Q", None),
        ("$request.path", "/a/5/b c/d"),
        ("$request.path.id", "5"),
        ("$request.path.rest", "b c/d"),
        ("$stageVariables.word", "please"),
        ("$context.identity.sourceIp", "192.0.2.1"),
        ("$context.routeKey of $context.stage", "ANY /a/{id}/{rest+} of v1"),
        ("$context.authorizer.tenant", None),
        ("id ${request.path.id}0, $request.header.x-a.", "id 50, 1,2."),
        ("id ${request.path.id} ${request.header.X-B}", None),
    ],
)
def test_the_values_of_a_request(shop: Shop, expression: str, value: str | None) -> None:
    headers = {"X-A": "1", "x-a": "2"}
    assert sent(shop, expression, request(BODY, "q=1+2&q=3", headers)) == value


@pytest.mark.parametrize("body", [b"", b"no JSON", b"\xff", b'{"text": "' + b"a" * 102_400 + b'"}', b"[" * 50_000])
def test_a_body_without_the_value(shop: Shop, body: bytes) -> None:
    assert sent(shop, "$request.body.text", request(body)) is None
    ((_, level, line),) = [each for each in shop.harness.lines if each[0] == "gateway"]
    message = "ANY /a/{id}/{rest+} SQS-SendMessage: the request has no value for $request.body.text"
    assert (level, line["message"]) == ("WARN", message)


@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_a_body_that_is_no_text(shop: Shop, body: bytes) -> None:
    assert sent(shop, "$request.body", request(body)) is None


def test_the_context_of_an_authorizer(shop: Shop, done: Callable[[str], Outcome]) -> None:
    shop.harness.invoker.answer = lambda _: done(ALLOWED)
    expression = "$context.authorizer.tenant $context.authorizer.level"
    assert sent(shop, expression, request(), authorizer="Checks") == "t1 3"


def test_a_message_with_everything(shop: Shop) -> None:
    attributes = (
        '{"A": {"DataType": "String", "StringValue": "<$request.header.X-A>"},'
        ' "B": {"DataType": "Number", "StringValue": 5}}'
    )
    parameters = {
        "QueueUrl": "http://cloud:4566/1/q",
        "MessageBody": "b",
        "DelaySeconds": "$request.querystring.wait",
        "MessageAttributes": attributes,
        "MessageSystemAttributes": "$request.body.system",
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }
    system = b'{"system": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}}'
    asked = request(system, "wait=3", {"X-A": '", "StringValue": "x'})
    assert shop.ask("SQS-SendMessage", parameters, asked).status == 200
    assert shop.service.form == {
        "Action": "SendMessage",
        "Version": "2012-11-05",
        "QueueUrl": "http://cloud:4566/1/q",
        "MessageBody": "b",
        "DelaySeconds": "3",
        "MessageAttribute.1.Name": "A",
        "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": '<", "StringValue": "x>',  # a client cannot add attributes
        "MessageAttribute.2.Name": "B",
        "MessageAttribute.2.Value.DataType": "Number",
        "MessageAttribute.2.Value.StringValue": "5",
        "MessageSystemAttribute.1.Name": "AWSTraceHeader",
        "MessageSystemAttribute.1.Value.DataType": "String",
        "MessageSystemAttribute.1.Value.StringValue": "Root=1",
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d",
    }


@pytest.mark.parametrize("attributes", [b'"text"', b"[1]", b'{"A": "b"}', b'{"A": {"StringValue": []}}'])
def test_attributes_that_sqs_has_no_form_for(shop: Shop, attributes: bytes) -> None:
    parameters = {"QueueUrl": "u", "MessageBody": "b", "MessageAttributes": "$request.body.a"}
    assert shop.ask("SQS-SendMessage", parameters, request(b'{"a": %s}' % attributes)).status == 400
    assert shop.service.asked == []


@pytest.mark.parametrize(
    "body", [rb'{"text": "\ud800"}', rb'{"text": ["\udfff"]}', rb'{"text": "b", "a": {"\ud800": {"StringValue": "x"}}}']
)
def test_half_of_a_character_is_no_text(shop: Shop, body: bytes) -> None:
    parameters = {"QueueUrl": "u", "MessageBody": "$request.body.text"}
    if b'"a"' in body:
        parameters["MessageAttributes"] = "$request.body.a"
    assert shop.ask("SQS-SendMessage", parameters, request(body)).status == 400
    assert shop.service.asked == []


@pytest.mark.parametrize("names", ['["a", "b"]', "a, b"])
def test_names_are_a_list_or_have_commas(shop: Shop, names: str) -> None:
    shop.ask(
        "SQS-ReceiveMessage", {"QueueUrl": "u", "MessageAttributeNames": names, "AttributeNames": "All"}, request()
    )
    form = shop.service.form
    assert (form["MessageAttributeName.1"], form["MessageAttributeName.2"], form["AttributeName.1"]) == (
        "a",
        "b",
        "All",
    )


@pytest.mark.parametrize(("time", "seconds"), [("1705505536.5", 1705505536.5), ("2024-01-17T15:32:16Z", 1705505536)])
def test_an_event(shop: Shop, time: str, seconds: float) -> None:
    shop.service.answer = PUT
    parameters = {
        "Source": "a.$request.path.id",
        "DetailType": "t",
        "Detail": "$request.body.Detail",
        "EventBusName": "sales",
        "Resources": "one,two",
        "Time": time,
    }
    response = shop.ask("EventBridge-PutEvents", parameters, request(b'{"Detail": {"a": [1]}}'))
    assert (response.status, response.body) == (200, PUT.body)
    detail = {"Source": "a.5", "DetailType": "t", "Detail": '{"a":[1]}', "EventBusName": "sales"}
    assert shop.service.entry == {**detail, "Resources": ["one", "two"], "Time": seconds}
    headers = dict(shop.service.asked[0].headers)
    assert headers["X-Amz-Target"] == "AWSEvents.PutEvents"
    assert service_events.HEADER not in headers, "a source of AWS is refused"


def test_a_time_that_is_none(shop: Shop) -> None:
    parameters = {"Source": "a", "DetailType": "t", "Detail": "{}", "Time": "$request.body.at"}
    assert shop.ask("EventBridge-PutEvents", parameters, request(b'{"at": "soon"}')).status == 400


def test_the_answer_of_the_service_is_the_response(shop: Shop) -> None:
    refused = Response(403, (("Content-Type", "text/xml"),), b"<ErrorResponse/>")
    shop.service.answer = refused
    response = shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request())
    assert (response.status, response.body) == (403, b"<ErrorResponse/>")
    assert dict(response.headers)["Content-Type"] == "text/xml"


CHANGES = {
    "200": {
        "overwrite:statuscode": "201",
        "append:header.X-Id": "$response.body.Entries[0].EventId",
        "overwrite:header.Location": "/${response.header.x-id}/$context.stage",
        "remove:header.Content-Type": "''",
        "append:header.X-None": "$response.body.none",
    },
    "400": {"overwrite:statuscode": "$response.header.x-status"},
}


def test_the_response_is_changed_by_its_status(shop: Shop) -> None:
    shop.service.answer = PUT._replace(headers=(*PUT.headers, ("X-Id", "7")))
    response = shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request(), changes=CHANGES)
    assert (response.status, response.body) == (201, PUT.body)
    assert [each for each in response.headers if each[0] != "Apigw-Requestid"] == [
        ("X-Id", "7"),
        ("X-Id", "e1"),
        ("Location", "/7/v1"),
    ]


@pytest.mark.parametrize(("header", "status"), [("422", 422), ("none", 500), ("9" * 5000, 500)])
def test_a_status_from_the_response(shop: Shop, header: str, status: int) -> None:
    shop.service.answer = Response(400, (("X-Status", header),), b"")
    assert shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request(), changes=CHANGES).status == status


def test_a_value_of_two_lines_is_no_header(shop: Shop) -> None:
    shop.service.answer = PUT._replace(body=b'{"a": "x\\r\\nY: z"}')
    changes = {"200": {"append:header.A": "$response.body.a"}}
    assert shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request(), changes=changes).status == 500


def test_a_service_that_does_not_answer(shop: Shop) -> None:
    shop.service.answer = ProxyError(Failure.UNREACHABLE, "connection refused")
    response = shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request())
    assert (response.status, response.body) == (503, b'{"message":"Service Unavailable"}')
    assert "connection refused" in str(shop.harness.lines)


def test_a_stack_without_the_service(shop: Shop) -> None:
    shop.service.client = lambda _: None  # type: ignore[assignment,method-assign,return-value]
    assert shop.ask("SQS-PurgeQueue", {"QueueUrl": "u"}, request()).status == 503
    assert "the stack has no server for sqs" in str(shop.harness.lines)


def test_the_integration_timeout(shop: Shop) -> None:
    class Slow(Service):
        async def send(self, outgoing: Outgoing) -> Response:
            await asyncio.Event().wait()
            return await super().send(outgoing)

    shop.service = Slow()
    shop.harness.aws = shop.service.client
    call = {"type": "AWS_PROXY", "subtype": "SQS-PurgeQueue", "request_parameters": {"QueueUrl": "u"}}
    route = {"path": "/a", "method": "GET", "api": "Web", "timeout_in_millis": 50, "integration": call}
    shop.harness.configuration = read_configuration(FUNCTIONS, {"apis": {"Web": {"type": "HTTP"}}, "routes": [route]})
    pairs = (("Host", "a"),)
    asked = Request("GET", "/a", "", pairs, lower(pairs), b"", "192.0.2.1")

    async def answer() -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        shop.harness.gateway().handle(asked, answered.set_result)
        return await asyncio.wait_for(answered, 30)

    assert shop.harness.loop.run_until_complete(answer()).status == 503
    assert "no answer within 0.05 s" in str(shop.harness.lines)
