"""The cases of EventBridge."""

from __future__ import annotations

import json
from typing import Any

from bench.compare.aws import Aws
from bench.compare.case import Cases, equal, refused

EVENTBRIDGE = Cases("EventBridge")
_GUIDE = "EventBridge user guide"
_API = "EventBridge API reference"


def _event(message: Any) -> Any:
    return json.loads(message["Body"])


@EVENTBRIDGE.add("a target gets the event, with all of its fields", f"{_GUIDE}, Event structure reference")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    aws.rule(bus, queue, {"source": ["my.app"]})
    answer = aws.put(bus, {"a": [1, None]}, Resources=["arn:x"])
    event = _event(*aws.arriving(queue))
    names = ["account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"]
    equal(sorted(event), names)
    found = [event[name] for name in ("version", "id", "detail-type", "source", "resources", "detail")]
    equal(found, ["0", answer["Entries"][0]["EventId"], "Ordered", "my.app", ["arn:x"], {"a": [1, None]}])


def _matched(aws: Aws, pattern: Any, details: list[Any], expected: list[Any], **entry: Any) -> None:
    """Put events with these details; and what arrives of them."""
    bus, every, queue = aws.bus(), aws.queue(), aws.queue()
    aws.rule(bus, every, {"source": [{"prefix": ""}]})
    aws.rule(bus, queue, pattern)
    for detail in details:
        aws.put(bus, detail, **entry)
    aws.arriving(every, len(details))
    found = [_event(each)["detail"] for each in aws.arriving(queue, len(expected))]
    equal(sorted(found, key=repr), sorted(expected, key=repr))
    equal(aws.bodies(queue), [])


@EVENTBRIDGE.add("keys of a pattern are and, their values or", f"{_GUIDE}, Creating EventBridge event patterns")
def _(aws: Aws) -> None:
    details: list[Any] = [{"a": "1", "b": "2"}, {"a": "1"}, {"a": "3", "b": "2"}, {"a": "9", "b": "2"}]
    pattern = {"source": ["my.app"], "detail": {"a": ["1", "3"], "b": ["2"]}}
    _matched(aws, pattern, details, [details[0], details[2]])


@EVENTBRIDGE.add("prefix, suffix, equals-ignore-case", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": each} for each in ("order-1", "my.png", "ABC", "Pre", "no")]
    operators = [{"prefix": "order"}, {"suffix": "png"}, {"equals-ignore-case": "abc"}]
    operators.append({"prefix": {"equals-ignore-case": "pRE"}})  # type: ignore[dict-item]
    _matched(aws, {"detail": {"k": operators}}, details, details[:4])


@EVENTBRIDGE.add("wildcard", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": each} for each in ("a/b/c.png", "a/.png", "a/b.jpg")]
    _matched(aws, {"detail": {"k": [{"wildcard": "a/*.png"}]}}, details, details[:2])


@EVENTBRIDGE.add("anything-but: a list, a prefix, a suffix, a wildcard", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": each} for each in ("a", "bx", "c")]
    cases = ((["a"], [1, 2]), ({"prefix": "b"}, [0, 2]), ({"suffix": "x"}, [0, 2]), ({"wildcard": "*x"}, [0, 2]))
    for operand, matching in cases:
        _matched(aws, {"detail": {"k": [{"anything-but": operand}]}}, details, [details[at] for at in matching])


@EVENTBRIDGE.add("numeric compares values, not texts", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": each} for each in (5, 5.0, 10, "7", 0)]
    _matched(aws, {"detail": {"k": [{"numeric": [">", 0, "<=", 5]}]}}, details, details[:2])


@EVENTBRIDGE.add("a number matches by its value", f"{_GUIDE}, Creating EventBridge event patterns")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": each} for each in (300, 300.0, "300")]
    _matched(aws, {"detail": {"k": [300]}}, details, details[:2])


@EVENTBRIDGE.add("exists, and null is a value", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"k": None}, {"k": "a"}, {"other": 1}]
    _matched(aws, {"detail": {"k": [None]}}, details, details[:1])
    _matched(aws, {"detail": {"k": [{"exists": True}]}}, details, details[:2])
    _matched(aws, {"detail": {"k": [{"exists": False}]}}, details, details[2:])


@EVENTBRIDGE.add("addresses match a block of addresses", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"ip": "10.0.0.9"}, {"ip": "10.0.1.9"}]
    _matched(aws, {"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, details, details[:1])


@EVENTBRIDGE.add("$or in a pattern", f"{_GUIDE}, Comparison operators")
def _(aws: Aws) -> None:
    details: list[Any] = [{"a": 1}, {"b": 1}, {"c": 1}]
    _matched(aws, {"detail": {"$or": [{"a": [1]}, {"b": [1]}]}}, details, details[:2])


@EVENTBRIDGE.add(
    "an element of an array matches; fields of objects must match in one element", "recorded: patterns/arrays_*"
)
def _(aws: Aws) -> None:
    details: list[Any] = [{"o": [{"a": 1, "b": 2}]}, {"o": [{"a": 1}, {"b": 2}]}, {"o": []}]
    _matched(aws, {"detail": {"o": {"a": [1], "b": [2]}}}, details, details[:1])


@EVENTBRIDGE.add(
    "patterns that are no JSON, or have an unknown operator, are refused", f"{_API}, InvalidEventPatternException"
)
def _(aws: Aws) -> None:
    bus = aws.bus()
    for pattern in ("{", '{"source": "my.app"}', '{"source": [{"starts": "a"}]}', '{"detail": {"k": []}}'):
        given = {"EventBusName": bus, "EventPattern": pattern}
        refused("InvalidEventPatternException", aws.events.put_rule, Name="rule", **given)


@EVENTBRIDGE.add("TestEventPattern says whether an event matches", f"{_API}, TestEventPattern")
def _(aws: Aws) -> None:
    base = {"id": "1", "detail-type": "d", "source": "s", "account": "1", "time": "2026-01-01T00:00:00Z", "region": "r"}
    event = json.dumps({**base, "resources": [], "detail": {"k": 1}})
    for pattern, result in (({"detail": {"k": [1]}}, True), ({"detail": {"k": [2]}}, False)):
        answer = aws.events.test_event_pattern(EventPattern=json.dumps(pattern), Event=event)
        equal(answer["Result"], result, str(pattern))


@EVENTBRIDGE.add("a disabled rule matches nothing until it is enabled", f"{_API}, DisableRule")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    rule = aws.rule(bus, queue, {"source": ["my.app"]})
    aws.events.disable_rule(Name=rule, EventBusName=bus)
    aws.put(bus, {"n": 1})
    aws.events.enable_rule(Name=rule, EventBusName=bus)
    aws.put(bus, {"n": 2})
    equal([_event(each)["detail"] for each in aws.arriving(queue)], [{"n": 2}])


@EVENTBRIDGE.add(
    "entries are answered one by one; a Detail has to be a JSON object", "recorded: test_put_event_malformed_detail"
)
def _(aws: Aws) -> None:
    for detail in ("no JSON", "[1]", '"text"'):
        answer = aws.put("default", detail)
        found = answer["FailedEntryCount"], answer["Entries"][0].get("ErrorCode")
        equal(found, (1, "MalformedDetail"), detail)


@EVENTBRIDGE.add("a missing source or Detail fails the entry", "recorded: test_put_events_without_source")
def _(aws: Aws) -> None:
    answer = aws.events.put_events(Entries=[{"DetailType": "d", "Detail": "{}"}, {"Source": "s", "DetailType": "d"}])
    equal([each.get("ErrorCode") for each in answer["Entries"]], ["InvalidArgument", "InvalidArgument"])


@EVENTBRIDGE.add("PutEvents takes at most 10 entries", "recorded: test_put_events_exceed_limit_ten_entries")
def _(aws: Aws) -> None:
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    refused("ValidationException", aws.events.put_events, Entries=[entry] * 11)


@EVENTBRIDGE.add("Input replaces the event", f"{_API}, Target")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    aws.rule(bus, queue, {"source": ["my.app"]}, Input='{"fixed": true}')
    aws.put(bus)
    equal(_event(*aws.arriving(queue)), {"fixed": True})


@EVENTBRIDGE.add("InputPath takes a part of the event", "recorded: test_put_events_with_input_path")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    aws.rule(bus, queue, {"source": ["my.app"]}, InputPath="$.detail.order")
    aws.put(bus, {"order": {"id": 7}})
    equal(_event(*aws.arriving(queue)), {"id": 7})


def _transformed(aws: Aws, paths: dict[str, str], template: str, detail: Any) -> str:
    bus, queue = aws.bus(), aws.queue()
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    aws.rule(bus, queue, {"source": ["my.app"]}, InputTransformer=transformer)
    aws.put(bus, detail)
    (message,) = aws.arriving(queue)
    return str(message["Body"])


@EVENTBRIDGE.add("an input transformer keeps JSON values", "recorded: test_input_transformer_nested_keys_replacement")
def _(aws: Aws) -> None:
    paths = {"user": "$.detail.user", "list": "$.detail.list"}
    template = '{"path": "users/<user>", "id": <user>, "all": <list>}'
    body = _transformed(aws, paths, template, {"user": 7, "list": [1, {"a": None}]})
    equal(json.loads(body), {"path": "users/7", "id": 7, "all": [1, {"a": None}]})


@EVENTBRIDGE.add(
    "an input transformer makes text", "recorded: test_put_events_with_input_transformer_input_template_string"
)
def _(aws: Aws) -> None:
    body = _transformed(aws, {"user": "$.detail.user"}, '"Hello <user>, bye <user>"', {"user": "Ann"})
    equal(body, '"Hello Ann, bye Ann"')


@EVENTBRIDGE.add("predefined variables of input transformers", "recorded: test_input_transformer_predefined_variables")
def _(aws: Aws) -> None:
    template = '{"name": "<aws.events.rule-name>", "event": <aws.events.event.json>}'
    body = json.loads(_transformed(aws, {}, template, {"k": 1}))
    equal(body["event"]["detail"], {"k": 1})
    equal(body["name"].startswith("case-"), True, body["name"])


@EVENTBRIDGE.add("a template that names no path of the map is refused", f"{_GUIDE}, Input transformation")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    aws.events.put_rule(Name="rule", EventBusName=bus, EventPattern='{"source": ["my.app"]}')
    transformer = {"InputPathsMap": {}, "InputTemplate": '{"a": <nothing>}'}
    targets = [{"Id": "1", "Arn": queue.arn, "InputTransformer": transformer}]
    refused("ValidationException", aws.events.put_targets, Rule="rule", EventBusName=bus, Targets=targets)


@EVENTBRIDGE.add("a rule has at most five targets", "recorded: test_add_exceed_fife_targets_per_rule")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    aws.events.put_rule(Name="rule", EventBusName=bus, EventPattern='{"source": ["my.app"]}')
    targets = [{"Id": str(number), "Arn": queue.arn} for number in range(6)]
    refused("LimitExceededException", aws.events.put_targets, Rule="rule", EventBusName=bus, Targets=targets)


@EVENTBRIDGE.add("a rule with targets cannot be deleted", "recorded: test_delete_rule_with_targets")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.queue()
    rule = aws.rule(bus, queue, {"source": ["my.app"]})
    refused("ValidationException", aws.events.delete_rule, Name=rule, EventBusName=bus)


@EVENTBRIDGE.add("a bus passes events on to another bus", "recorded: test_put_events_bus_to_bus")
def _(aws: Aws) -> None:
    first, second, queue = aws.bus(), aws.bus(), aws.queue()
    arn = aws.events.describe_event_bus(Name=second)["Arn"]
    aws.events.put_rule(Name="pass", EventBusName=first, EventPattern='{"source": ["my.app"]}')
    role = arn.replace(":events:us-east-1:", ":iam::").rpartition(":")[0] + ":role/pass"
    aws.events.put_targets(Rule="pass", EventBusName=first, Targets=[{"Id": "1", "Arn": arn, "RoleArn": role}])
    aws.rule(second, queue, {"source": ["my.app"]})
    aws.put(first, {"n": 1})
    equal(_event(*aws.arriving(queue))["detail"], {"n": 1})


@EVENTBRIDGE.add("a topic is a target", f"{_GUIDE}, Event bus targets")
def _(aws: Aws) -> None:
    bus, topic = aws.bus(), aws.topic()
    queue = aws.subscribed(topic, RawMessageDelivery="true")
    aws.events.put_rule(Name="tell", EventBusName=bus, EventPattern='{"source": ["my.app"]}')
    aws.events.put_targets(Rule="tell", EventBusName=bus, Targets=[{"Id": "1", "Arn": topic}])
    aws.put(bus, {"n": 1})
    equal(_event(*aws.arriving(queue))["detail"], {"n": 1})


@EVENTBRIDGE.add("a FIFO queue is a target, with a group", f"{_API}, SqsParameters")
def _(aws: Aws) -> None:
    bus, queue = aws.bus(), aws.fifo(ContentBasedDeduplication="true")
    aws.rule(bus, queue, {"source": ["my.app"]}, SqsParameters={"MessageGroupId": "g"})
    aws.put(bus, {"n": 1})
    (message,) = aws.arriving(queue)
    equal(message["Attributes"].get("MessageGroupId"), "g")


@EVENTBRIDGE.add(
    "what has no target any more goes to the dead-letter queue, with the reason", f"{_GUIDE}, Using dead-letter queues"
)
def _(aws: Aws) -> None:
    bus, queue, dead = aws.bus(), aws.queue(), aws.queue()
    aws.rule(bus, queue, {"source": ["my.app"]}, DeadLetterConfig={"Arn": dead.arn})
    aws.sqs.delete_queue(QueueUrl=queue.url)
    aws.put(bus, {"n": 1})
    (message,) = aws.arriving(dead)
    equal(_event(message)["detail"], {"n": 1})
    wanted = {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"}
    equal(sorted(wanted - set(message.get("MessageAttributes", {}))), [], "missing attributes")


@EVENTBRIDGE.add("an event for a bus that does not exist is accepted", f"{_API}, PutEvents")
def _(aws: Aws) -> None:
    answer = aws.put(aws.name(), {})
    equal((answer["FailedEntryCount"], "EventId" in answer["Entries"][0]), (0, True))


@EVENTBRIDGE.add(
    "buses and rules that do not exist are ResourceNotFoundException",
    "recorded: test_describe_delete_not_existing_event_bus",
)
def _(aws: Aws) -> None:
    code = "ResourceNotFoundException"
    refused(code, aws.events.describe_event_bus, Name=aws.name())
    refused(code, aws.events.describe_rule, Name=aws.name())
    refused(code, aws.events.put_rule, Name="r", EventBusName=aws.name(), EventPattern='{"source": ["a"]}')


@EVENTBRIDGE.add(
    "the default bus cannot be deleted, and no bus be made twice", "recorded: test_delete_default_event_bus"
)
def _(aws: Aws) -> None:
    bus = aws.bus()
    refused("ResourceAlreadyExistsException", aws.events.create_event_bus, Name=bus)
    refused("ValidationException", aws.events.delete_event_bus, Name="default")


@EVENTBRIDGE.add("schedules are of the default bus only, and their expressions are checked", f"{_API}, PutRule")
def _(aws: Aws) -> None:
    given = {"Name": aws.name(), "ScheduleExpression": "rate(5 minutes)"}
    refused("ValidationException", aws.events.put_rule, EventBusName=aws.bus(), **given)
    refused("ValidationException", aws.events.put_rule, Name="r", ScheduleExpression="every day")
