"""Routes that call a queue or a bus without a function, in embedded mode: all the way to esb-cloud and back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from xml.etree import ElementTree

import pytest

from tests.gateway.local.local_gateway import LocalGateway, write_folder
from tests.watching import until

pytestmark = pytest.mark.server

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
QUEUE = "http://cloud:4566/123456789012"
ROUTING = f"""
apis:
  Shop: {{type: HTTP, cors: {{allow_origins: [https://shop.example]}}}}
routes:
- path: /orders
  method: POST
  api: Shop
  integration:
    type: AWS_PROXY
    subtype: SQS-SendMessage
    request_parameters:
      QueueUrl: {QUEUE}/orders
      MessageBody: $request.body.order
      MessageAttributes: '{{"Tenant": {{"DataType": "String", "StringValue": "${{request.header.X-Tenant}}"}}}}'
    response_parameters: {{'200': {{'overwrite:statuscode': '202'}}}}
- path: /orders
  method: GET
  api: Shop
  integration:
    type: AWS_PROXY
    subtype: SQS-ReceiveMessage
    request_parameters:
      QueueUrl: {QUEUE}/orders
      MessageAttributeNames: All
      WaitTimeSeconds: '20'
- path: /orders/{{handle+}}
  method: DELETE
  api: Shop
  integration:
    type: AWS_PROXY
    subtype: SQS-DeleteMessage
    request_parameters: {{QueueUrl: {QUEUE}/orders, ReceiptHandle: $request.path.handle}}
- path: /orders
  method: DELETE
  api: Shop
  integration: {{type: AWS_PROXY, subtype: SQS-PurgeQueue, request_parameters: {{QueueUrl: {QUEUE}/orders}}}}
- path: /jobs
  method: POST
  api: Shop
  integration:
    type: AWS_PROXY
    subtype: SQS-SendMessage
    request_parameters: {{QueueUrl: {QUEUE}/jobs.fifo, MessageBody: $request.body}}
- path: /sales/{{source}}
  method: POST
  api: Shop
  integration:
    type: AWS_PROXY
    subtype: EventBridge-PutEvents
    request_parameters: {{Source: shop.$request.path.source, DetailType: sold, Detail: $request.body}}
"""
RESOURCES = """
SQS:
  - {QueueName: orders}
  - {QueueName: jobs.fifo, Attributes: {FifoQueue: 'true'}}
EventBridge:
  - Name: default
    Rules:
    - Name: sold
      EventPattern: '{"source": [{"prefix": "shop."}]}'
      Targets: [{Id: Orders, Arn: 'arn:aws:sqs:us-east-1:123456789012:orders'}]
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, start_shared: Callable[..., LocalGateway]) -> LocalGateway:
    root = tmp_path_factory.mktemp("stack") / ".esb"
    write_folder(root, {"functions.yml": "functions: {}\n", "routing.yml": ROUTING, "resources.yml": RESOURCES})
    running = start_shared(root).ready()
    until(lambda: "cloud" in running.addresses)
    return running


def call(
    gateway: LocalGateway, method: str, path: str, body: str = "", headers: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str, Mapping[str, str]]:
    connection = http.client.HTTPConnection(gateway.addresses["ready"].removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read().decode(), dict(response.getheaders())
    finally:
        connection.close()


def texts(document: str, name: str) -> list[str | None]:
    """The texts of all elements of a name in an XML document of SQS."""
    return [element.text for element in ElementTree.fromstring(document).iter(f"{NAMESPACE}{name}")]


def test_a_message_goes_through_the_queue(gateway: LocalGateway) -> None:
    order = {"X-Tenant": 'a "b"', "Origin": "https://shop.example"}
    status, sent, headers = call(gateway, "POST", "/orders", '{"order": {"id": 1}}', order)
    assert (status, headers["Content-Type"]) == (202, "text/xml")
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    status, received, _ = call(gateway, "GET", "/orders")
    assert status == 200
    assert texts(received, "MessageId") == texts(sent, "MessageId") != []
    assert (texts(received, "Body"), texts(received, "StringValue")) == (['{"id":1}'], ['a "b"'])
    (handle,) = texts(received, "ReceiptHandle")
    assert call(gateway, "DELETE", f"/orders/{handle}")[0] == 200
    status, purged, _ = call(gateway, "DELETE", "/orders")
    assert (status, "<PurgeQueueResponse" in purged) == (200, True)


def test_an_event_reaches_the_targets_of_its_rules(gateway: LocalGateway) -> None:
    status, answered, _ = call(gateway, "POST", "/sales/web", '{"id": 1}')
    assert (status, json.loads(answered)["FailedEntryCount"]) == (200, 0)
    _, received, _ = call(gateway, "GET", "/orders")
    (body,) = texts(received, "Body")
    event = json.loads(body or "")
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop.web", "sold", {"id": 1})
    (handle,) = texts(received, "ReceiptHandle")
    assert call(gateway, "DELETE", f"/orders/{handle}")[0] == 200


def test_what_the_service_refuses_and_what_the_request_lacks(gateway: LocalGateway) -> None:
    status, refused, _ = call(gateway, "POST", "/jobs", "a")
    assert (status, "<Code>MissingParameter</Code>" in refused) == (400, True)
    assert call(gateway, "POST", "/jobs")[:2] == (400, '{"message":"Bad Request"}')
    assert call(gateway, "POST", "/orders", '{"order": 1}')[:2] == (400, '{"message":"Bad Request"}')
    said = "the request has no value for ${request.header.X-Tenant}"
    until(lambda: any(said in line for line in (*gateway.lines, *gateway.notes)))
