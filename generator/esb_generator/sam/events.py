"""The Events of a function: requests for routes, schedules, notifications, and those that the stack does not run.

Types and properties are those of "EventSource" in the AWS SAM specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from esb_generator.model import Schedule
from esb_generator.near_miss import near_miss
from esb_generator.resources.nodes import Dropped, Node, check_keys, integer, names, one_of, text, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.methods import DEFAULT, method, path
from esb_generator.services.events.schedules import event_schedule, event_schedule_v2
from esb_generator.services.s3.buckets import notification_filter
from esb_generator.values import Map, Mark, Seq

_API = {
    **names("Auth Method Path RequestParameters RestApiId Stage TimeoutInMillis"),
    "RequestModel": Dropped("request bodies are not checked against models"),
    "ResponseTransferMode": Dropped("answers are not streamed; they are sent when they are whole"),
}
_HTTP_API = names("ApiId Auth Method Path PayloadFormatVersion RouteSettings Stage TimeoutInMillis")
_MIN_TIMEOUT, _MAX_TIMEOUT = 50, 900_000

_TABLES = "the stack's DynamoDB does not call functions"
_BUCKETS = "the stack's S3 does not call functions"
_EVENT_BRIDGE = "no EventBridge in the stack"
# Why an event is not run, and the property that names its source.
_NOT_RUN: Mapping[str, tuple[str, str]] = {
    "AlexaSkill": ("no Alexa in the stack", ""),
    "CloudWatchEvent": (_EVENT_BRIDGE, "EventBusName"),
    "CloudWatchLogs": ("no CloudWatch Logs in the stack", "LogGroupName"),
    "Cognito": ("no Cognito in the stack", "UserPool"),
    "DocumentDB": ("no DocumentDB in the stack", "Cluster"),
    "DynamoDB": (_TABLES, "Stream"),
    "EventBridgeRule": (_EVENT_BRIDGE, "EventBusName"),
    "IoTRule": ("no IoT Core in the stack", ""),
    "Kinesis": ("no Kinesis in the stack", "Stream"),
    "MQ": ("no Amazon MQ in the stack", "Broker"),
    "MSK": ("no Kafka in the stack", "Stream"),
    "S3": (_BUCKETS, "Bucket"),
    "SNS": ("no SNS in the stack", "Topic"),
    "SQS": ("no SQS in the stack", "Queue"),
    "SelfManagedKafka": ("no Kafka in the stack", ""),
}
_TYPES = ("Api", "HttpApi", "Schedule", "ScheduleV2", *_NOT_RUN)


class HttpEvent(NamedTuple):
    """An Api or HttpApi event; `api` is what it refers to, None for the implicit API."""

    type: Literal["REST", "HTTP"]
    api: str | None
    api_mark: Mark
    path: str
    method: str
    payload: Literal["1.0", "2.0"]
    timeout_in_millis: int | None
    auth: Node | None
    node: Node
    function: Resource


class Trigger(NamedTuple):
    """An event that the stack does not run; `source` is the resource of this template that would send it."""

    name: str
    type: str
    reason: str
    mark: Mark
    function: Resource
    source: Resource | None


class Events(NamedTuple):
    """What one function's Events ask for; `notifications` are entries of buckets' configurations, by logical id."""

    http: tuple[HttpEvent, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    notifications: tuple[tuple[str, Mapping[str, Any]], ...] = ()


def read_events(stack: Stack, function: Resource) -> Events:
    """Everything under Events of an AWS::Serverless::Function."""
    node = function.properties.get("Events")
    http: list[HttpEvent] = []
    schedules: list[Schedule | None] = []
    triggers: list[Trigger] = []
    notifications: list[tuple[str, Mapping[str, Any]]] = []
    for name, event in node.entries() if node is not None else ():
        kind = event.need("Type", text)
        properties = event.get("Properties") or _empty(event)
        match kind:
            case "Api":
                http.append(_rest(function, properties))
            case "HttpApi":
                http.append(_http(function, properties))
            case "Schedule":
                schedules.append(event_schedule(name, properties))
            case "ScheduleV2":
                schedules.append(event_schedule_v2(function, name, properties))
            case str() if kind in _NOT_RUN:
                triggers.append(_trigger(stack, function, name, kind, properties))
                notifications += _notification(stack, function, properties) if kind == "S3" else ()
            case str():
                event.problem(f"has the Type {kind}, which is no event{near_miss(kind, _TYPES)}")
    return Events(tuple(http), tuple(filter(None, schedules)), tuple(triggers), tuple(notifications))


def untriggered(trigger: Trigger) -> str:
    """What an event that is not run means for its function."""
    return f"event {trigger.name} ({trigger.type}) is not run: {trigger.reason}"


def _empty(event: Node) -> Node:
    """An event without Properties, such as an HttpApi event for $default."""
    return event._replace(value=Map(event.mark))


def _rest(function: Resource, node: Node) -> HttpEvent:
    check_keys(node, _API)
    return HttpEvent(
        type="REST",
        api=node.read("RestApiId", text),
        api_mark=node.value_mark("RestApiId"),
        path=node.need("Path", path) or "/",
        method=node.need("Method", method) or "ANY",
        payload="1.0",
        timeout_in_millis=node.read("TimeoutInMillis", integer(_MIN_TIMEOUT, _MAX_TIMEOUT)),
        auth=node.get("Auth"),
        node=node,
        function=function,
    )


def _http(function: Resource, node: Node) -> HttpEvent:
    """Without Path and Method it is the API's $default route."""
    check_keys(node, _HTTP_API)
    version = node.read("PayloadFormatVersion", one_of("1.0", "2.0"))
    said = node.read("Path", path)
    if said is None and node.has("Method"):
        node.problem("has a Method without a Path; add the Path")
    return HttpEvent(
        type="HTTP",
        api=node.read("ApiId", text),
        api_mark=node.value_mark("ApiId"),
        path=said or DEFAULT,
        method=node.read("Method", method) or "ANY",
        payload="1.0" if version == "1.0" else "2.0",
        timeout_in_millis=node.read("TimeoutInMillis", integer(_MIN_TIMEOUT, _MAX_TIMEOUT)),
        auth=node.get("Auth"),
        node=node,
        function=function,
    )


def _trigger(stack: Stack, function: Resource, name: str, kind: str, node: Node) -> Trigger:
    reason, source = _NOT_RUN[kind]
    value = node.get(source) if source and node.has(source) else None
    found = None
    if value is not None and isinstance(value.value, str):
        found = stack.find(value.value.partition("/stream/")[0], {owner.type for owner in stack.resources.values()})
    return Trigger(name, kind, reason, node.mark, function, found)


def _notification(stack: Stack, function: Resource, node: Node) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """An S3 event is part of the bucket's configuration, an entry for each kind, as the SAM transform writes it."""
    bucket = node.need("Bucket", text)
    found = stack.find(bucket, ("AWS::S3::Bucket",)) if bucket else None
    kinds = node.need("Events", lambda events: texts(events) if isinstance(events.value, Seq) else (text(events),))
    chosen = node.read("Filter", notification_filter)
    filtered = {} if chosen is None else {"Filter": chosen}
    arn = stack.function_arn(function)
    if found is None:
        return
    for kind in kinds or ():
        yield found.logical_id, {"LambdaFunctionArn": arn, "Events": [kind], **filtered}
