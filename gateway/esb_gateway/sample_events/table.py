"""The sample events: to add one, write its function and add its row here. Names are those of `sam local generate-event`
where it has one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from esb_gateway.sample_events.sample import Make, Option, Sample

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def _body(text: str, default: str) -> Option:
    return Option("body", "TEXT", f"{text}; - is standard input", default)


_REQUEST: Final = (
    Option("method", "METHOD", "the request's method", "POST", choices=_METHODS),
    Option("path", "PATH", "its path, with a query if it has one", "/hello?name=ada"),
    Option("header", "NAME=VALUE", "a header; may be repeated", repeated=True),
    Option("body", "TEXT", 'its body ({"hello": "world"} for POST, PUT and PATCH); - is standard input', None),
)
_ROUTE: Final = Option("resource", "PATH", "the route, such as /orders/{id} (the path)")
_STAGE: Final = Option("stage", "NAME", "the API's stage", "Prod")
_HTTP_STAGE: Final = Option("stage", "NAME", "the API's stage", "$default")
_TOKEN: Final = Option("token", "TEXT", "what the client sent as Authorization", "Bearer token")
_API: Final = (*_REQUEST, _ROUTE)
_OBJECT: Final = (
    Option("bucket", "NAME", "the bucket", "my-bucket"),
    Option("key", "KEY", "the object's key, as it is", "orders/my order.json"),
)
_AUTHORIZED: Final = (*_REQUEST[:3], _ROUTE, _TOKEN)

SAMPLES: Final[tuple[Sample, ...]] = (
    Sample(
        "apigateway",
        "aws-proxy",
        "a request to a REST API",
        "apigateway:rest",
        (*_API, _STAGE),
    ),
    Sample(
        "apigateway",
        "http-api-proxy",
        "a request to an HTTP API, payload 2.0",
        "apigateway:http",
        (*_API, _HTTP_STAGE),
    ),
    Sample(
        "apigateway",
        "http-api-proxy-v1",
        "a request to an HTTP API, payload 1.0",
        "apigateway:http_v1",
        (*_API, _HTTP_STAGE),
    ),
    Sample(
        "apigateway",
        "authorizer",
        "what a TOKEN authorizer of a REST API gets",
        "apigateway:token_authorizer",
        (*_REQUEST[:2], _TOKEN, _STAGE),
    ),
    Sample(
        "apigateway",
        "request-authorizer",
        "what a REQUEST authorizer of a REST API gets",
        "apigateway:request_authorizer",
        (*_AUTHORIZED, _STAGE),
    ),
    Sample(
        "apigateway",
        "http-api-authorizer",
        "what an authorizer of an HTTP API gets, format 2.0",
        "apigateway:http_authorizer",
        (*_AUTHORIZED, _HTTP_STAGE),
    ),
    Sample(
        "apigateway",
        "http-api-authorizer-v1",
        "what an authorizer of an HTTP API gets, format 1.0",
        "apigateway:http_authorizer_v1",
        (*_AUTHORIZED, _HTTP_STAGE),
    ),
    Sample(
        "dynamodb",
        "update",
        "a record of a table's stream",
        "dynamodb:update",
        (
            _body("the item, as DynamoDB has it", '{"id": {"S": "1"}, "cups": {"N": "2"}}'),
            Option("keys", "JSON", "its keys", '{"id": {"S": "1"}}'),
            Option("table", "NAME", "the table", "my-table"),
            Option("operation", "NAME", "what happened", "INSERT", choices=("INSERT", "MODIFY", "REMOVE")),
        ),
    ),
    Sample(
        "eventbridge",
        "event",
        "an event of a bus that matched a rule",
        "cloud:made_by_cloud",
        (
            _body("its detail, a JSON object", '{"hello": "world"}'),
            Option("source", "NAME", "who put it", "my.application"),
            Option("detail-type", "TEXT", "its type", "Something Happened"),
        ),
    ),
    Sample(
        "eventbridge",
        "scheduled-event",
        "a rule that fires by its schedule",
        "schedules:rule",
        (Option("rule", "NAME", "the rule", "my-rule"), _body("its Input, in place of the event", "")),
    ),
    Sample(
        "lambda",
        "destination",
        "the record of an asynchronous invocation",
        "lambda_:destination",
        (
            _body("the event that was invoked, as JSON", '{"hello": "world"}'),
            Option("function", "NAME", "the function that ran", "my-function"),
            Option("response", "TEXT", "its response, as JSON", "null"),
            Option("outcome", "WHICH", "whether it succeeded", "failure", choices=("success", "failure")),
        ),
    ),
    Sample(
        "lambda",
        "function-url",
        "a request to a function URL",
        "apigateway:function_url",
        (*_REQUEST, Option("function", "NAME", "the function", "my-function")),
    ),
    Sample(
        "s3",
        "delete",
        "a notification of an object that was deleted",
        "s3:delete",
        _OBJECT,
    ),
    Sample(
        "s3",
        "put",
        "a notification of a new object",
        "s3:put",
        (*_OBJECT, _body("its content, for size and eTag", "Hello from S3")),
    ),
    Sample(
        "scheduler",
        "scheduled-event",
        "a schedule of EventBridge Scheduler",
        "schedules:scheduler",
        (Option("schedule", "NAME", "the schedule", "my-schedule"), _body("its Input, in place of the event", "")),
    ),
    Sample(
        "sns",
        "notification",
        "a message of a topic",
        "cloud:made_by_cloud",
        (
            _body("the message", "Hello from SNS"),
            Option("topic", "NAME", "the topic; one that ends in .fifo is a FIFO topic", "my-topic"),
            Option("subject", "TEXT", "its subject"),
            Option("attribute", "NAME=VALUE", "a message attribute; may be repeated", repeated=True),
        ),
    ),
    Sample(
        "sqs",
        "receive-message",
        "a batch of one message of a queue",
        "sqs:receive_message",
        (
            _body("the message", "Hello from SQS"),
            Option("queue", "NAME", "the queue; one that ends in .fifo is a FIFO queue", "my-queue"),
            Option("attribute", "NAME=VALUE", "a message attribute; may be repeated", repeated=True),
        ),
    ),
)


def maker(sample: Sample) -> Make:
    """The function that makes a sample."""
    module, _, name = sample.make.partition(":")
    make: Make = getattr(import_module(f"esb_gateway.sample_events.{module}"), name)
    return make
