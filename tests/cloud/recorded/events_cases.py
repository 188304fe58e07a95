"""The recorded tests of EventBridge, asked again: each gives its steps with our answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.endpoint import Endpoint, endpoint
from tests.cloud.running_cloud import RunningCloud

Answers = dict[str, Any]
_numbers = itertools.count(1)
_ACCOUNT = "123456789012"
_EVENT = {"command": "update-account", "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"}}
_TYPE = "core.update-account-command"
PATTERN: Mapping[str, Any] = {
    "source": [_TYPE],
    "detail-type": [_TYPE],
    "detail": {"command": ["update-account"]},
}
_DOCUMENTS = ("Body", "EventPattern", "Policy", "Input")


class Asker:
    """Clients of EventBridge, SQS and SNS, and queues for one test."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud
        self._clients = _clients(cloud)
        self.name = f"recorded-events-{next(_numbers)}"

    def __call__(self, operation: str, service: str = "events", **parameters: Any) -> Any:
        """The answer, or the error's; documents in it are read, as they are in the recordings."""
        try:
            return read(getattr(self._clients[service], operation)(**parameters))
        except ClientError as error:
            return error.response

    def queue(self, number: int = 1) -> tuple[str, str]:
        """The URL and the ARN of a queue."""
        name = f"{self.name}-{number}"
        url = self("create_queue", "sqs", QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{name}"

    def bus(self, number: int = 1) -> str:
        name = f"{self.name}-bus-{number}"
        self("create_event_bus", Name=name)
        return name

    def rule(self, bus: str, *targets: Mapping[str, Any], pattern: Any = PATTERN, name: str = "rule") -> None:
        self("put_rule", Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        if targets:
            entries = [{"Id": f"target-{number}", **target} for number, target in enumerate(targets)]
            self("put_targets", Rule=name, EventBusName=bus, Targets=entries)

    def put(self, bus: str, detail: Any = None, **entry: Any) -> Any:
        given = {"Source": _TYPE, "DetailType": _TYPE, "Detail": json.dumps(_EVENT if detail is None else detail)}
        return self("put_events", Entries=[{**given, "EventBusName": bus, **entry}])

    def receive(self, url: str) -> Any:
        received = self("receive_message", "sqs", QueueUrl=url, MaxNumberOfMessages=10)
        return received.get("Messages", [])


@cache
def _clients(cloud: RunningCloud) -> dict[str, Any]:
    return {name: cloud.client(name) for name in ("events", "sns", "sqs")}


Ask = Callable[[Asker], Answers]


def read(value: Any, name: str = "") -> Any:
    """Documents as data, and times as texts."""
    if isinstance(value, dict):
        return {key: read(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [read(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if name in _DOCUMENTS and value.startswith("{"):
        return json.loads(value)
    return value


# -- buses -------------------------------------------------------------------------------------------------------------


def custom_buses(regions: tuple[str, ...], description: str | None) -> Ask:
    """There is one region here, so each of those recorded is asked of it, after the other."""

    def run(ask: Asker) -> Answers:
        given = {} if description is None else {"Description": description}
        steps: Answers = {}
        for region in regions:
            steps[f"create-custom-event-bus-{region}"] = ask("create_event_bus", Name=ask.name, **given)
            steps[f"list-event-buses-after-create-{region}"] = ask("list_event_buses", NamePrefix=ask.name)
            steps[f"describe-custom-event-bus-{region}"] = ask("describe_event_bus", Name=ask.name)
            steps[f"delete-custom-event-bus-{region}"] = ask("delete_event_bus", Name=ask.name)
            steps[f"list-event-buses-after-delete-{region}"] = ask("list_event_buses", NamePrefix=ask.name)
        return steps

    return run


def same_name(ask: Asker) -> Answers:
    return {"create-multiple-event-buses-same-name": ask("create_event_bus", Name=ask.bus())}


def delete_default(ask: Asker) -> Answers:
    return {"delete-default-event-bus-error": ask("delete_event_bus", Name="default")}


def missing_bus(ask: Asker) -> Answers:
    return {
        "describe-not-existing-event-bus-error": ask("describe_event_bus", Name="missing"),
        "delete-not-existing-event-bus": ask("delete_event_bus", Name="missing"),
    }


def buses_by_prefix(ask: Asker) -> Answers:
    bus = ask.bus()
    return {
        "list-event-buses-prefix": ask("list_event_buses", NamePrefix=bus[:-3]),
        "list-event-buses-prefix-complete-name": ask("list_event_buses", NamePrefix=bus),
    }


def missing_statement(*, policy: bool, custom: bool) -> Ask:
    def run(ask: Asker) -> Answers:
        bus = ask.bus() if custom else "default"
        if policy:
            given = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "statement"}
            ask("put_permission", EventBusName=bus, **given)
        removed = ask("remove_permission", EventBusName=bus, StatementId="missing")
        if policy:
            ask("remove_permission", EventBusName=bus, RemoveAllPermissions=True)
        return {"remove-permission-non-existing-sid-error": removed}

    return run


def permission_of_missing_bus(ask: Asker) -> Answers:
    given = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "statement"}
    return {"remove-permission-non-existing-sid-error": ask("put_permission", EventBusName="missing", **given)}


def bus_to_bus(ask: Asker) -> Answers:
    first, second, (url, queue) = ask.bus(1), ask.bus(2), ask.queue()
    ask.rule(first, {"Arn": f"arn:aws:events:us-east-1:{_ACCOUNT}:event-bus/{second}"})
    ask.rule(second, {"Arn": queue})
    ask.put(first)
    return {"messages": ask.receive(url)}


# -- rules and targets -------------------------------------------------------------------------------------------------


def rule_crud(*, custom: bool) -> Ask:
    def run(ask: Asker) -> Answers:
        bus = ask.bus() if custom else "default"
        given = {"Name": ask.name, "EventBusName": bus}
        steps = {"put-rule": ask("put_rule", **given, EventPattern=json.dumps(PATTERN))}
        listing = {"NamePrefix": ask.name, "EventBusName": bus}
        steps["list-rules"] = ask("list_rules", **listing)
        steps["describe-rule"] = ask("describe_rule", **given)
        steps["delete-rule"] = ask("delete_rule", **given)
        return {**steps, "list-rules-after-delete": ask("list_rules", **listing)}

    return run


def rule_twice(ask: Asker) -> Answers:
    bus = ask.bus()
    given = {"Name": "rule", "EventBusName": bus, "EventPattern": json.dumps(PATTERN)}
    steps = {"put-rule": ask("put_rule", **given), "re-put-rule": ask("put_rule", **given)}
    return {**steps, "list-rules": ask("list_rules", EventBusName=bus)}


def rules_by_limit(ask: Asker) -> Answers:
    bus = ask.bus()
    for number in range(6):
        ask.rule(bus, name=f"rule-{number}")
    first = ask("list_rules", EventBusName=bus, Limit=3)
    following = ask("list_rules", EventBusName=bus, NextToken=first["NextToken"])
    return {"list-rules-limit": first, "list-rules-limit-next-token": following}


def updated_rule(ask: Asker) -> Answers:
    _, queue = ask.queue()
    given = {"Name": ask.name, "EventPattern": json.dumps(PATTERN)}
    ask("put_rule", **given)
    ask("put_targets", Rule=ask.name, Targets=[{"Id": "target", "Arn": queue}])
    before = ask("list_targets_by_rule", Rule=ask.name)
    updated = ask("put_rule", **given)
    after = ask("list_targets_by_rule", Rule=ask.name)
    ask("remove_targets", Rule=ask.name, Ids=["target"])
    ask("delete_rule", Name=ask.name)
    return {"list-targets": before, "update-rule": updated, "list-targets-after-update": after}


def delete_with_targets(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    ask.rule(bus, {"Arn": queue})
    return {"delete-rule-with-targets-error": ask("delete_rule", Name="rule", EventBusName=bus)}


def names_by_target(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    for number in range(3):
        ask.rule(bus, {"Arn": queue}, name=f"rule-{number}")
    return {"list_rule_names_by_target": ask("list_rule_names_by_target", TargetArn=queue, EventBusName=bus)}


def names_by_target_in_pages(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    for number in range(5):
        ask.rule(bus, {"Arn": queue}, name=f"rule-{number}")
    steps: Answers = {}
    token: dict[str, str] = {}
    for step in ("first_page", "second_page", "third_page"):
        steps[step] = ask("list_rule_names_by_target", TargetArn=queue, EventBusName=bus, Limit=2, **token)
        token = {"NextToken": steps[step].get("NextToken", "")}
    return steps


def no_names_by_target(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    found = ask("list_rule_names_by_target", TargetArn=queue, EventBusName=bus)
    return {"list_rule_names_by_target_no_matches": found}


def too_many_targets(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    ask.rule(bus)
    targets = [{"Id": str(number), "Arn": queue} for number in range(7)]
    return {"put-targets-client-error": ask("put_targets", Rule="rule", EventBusName=bus, Targets=targets)}


def targets_by_limit(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    ask.rule(bus, *({"Arn": queue} for _ in range(5)))
    first = ask("list_targets_by_rule", Rule="rule", EventBusName=bus, Limit=3)
    following = ask("list_targets_by_rule", Rule="rule", EventBusName=bus, NextToken=first["NextToken"])
    return {"list-targets-limit": first, "list-targets-limit-next-token": following}


def target_ids(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    ask.rule(bus)

    def put(identifier: str) -> Any:
        return ask("put_targets", Rule="rule", EventBusName=bus, Targets=[{"Id": identifier, "Arn": queue}])

    return {"put-targets-invalid-id-error": put("!@#$@!#$"), "put-targets-length-error": put("i" * 65)}


def two_inputs(ask: Asker) -> Answers:
    bus, (_, queue) = ask.bus(), ask.queue()
    ask.rule(bus)
    transformer = {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": '"<a>"'}
    target = {"Id": "target", "Arn": queue, "InputPath": "$.detail", "InputTransformer": transformer}
    return {"duplicated-input-operations-error": ask("put_targets", Rule="rule", EventBusName=bus, Targets=[target])}


def scheduled(expression: str) -> Ask:
    def run(ask: Asker) -> Answers:
        put = ask("put_rule", Name=ask.name, ScheduleExpression=expression)
        listed = ask("list_rules", NamePrefix=ask.name)
        ask("delete_rule", Name=ask.name)
        return {"put-rule": put, "list-rules": listed}

    return run


def schedule_on_custom_bus(ask: Asker) -> Answers:
    given = {"Name": "rule", "EventBusName": ask.bus(), "ScheduleExpression": "rate(1 minute)"}
    return {"put-rule-with-custom-event-bus-error": ask("put_rule", **given)}


# -- events ------------------------------------------------------------------------------------------------------------


def malformed(detail: str) -> Ask:
    return lambda ask: {"put-events": ask.put("default", Detail=detail)}


def without(name: str) -> Ask:
    def run(ask: Asker) -> Answers:
        entry = {"Source": "source", "DetailType": "type", "Detail": "{}"}
        del entry[name]
        return {"put-events": ask("put_events", Entries=[entry])}

    return run


def too_many_entries(*, custom: bool) -> Ask:
    def run(ask: Asker) -> Answers:
        bus = ask.bus() if custom else "default"
        entry = {"Source": _TYPE, "DetailType": _TYPE, "Detail": json.dumps(_EVENT), "EventBusName": bus}
        return {"put-events-exceed-limit-error": ask("put_events", Entries=[entry] * 11)}

    return run


def times(ask: Asker) -> Answers:
    bus, (url, queue) = ask.bus(), ask.queue()
    ask.rule(bus, {"Arn": queue}, pattern={"source": [_TYPE], "detail-type": [_TYPE]})
    moments = {
        "short time": datetime(2022, 1, 1, tzinfo=UTC),
        "new time": datetime(2022, 1, 1, tzinfo=UTC),
        "long time": datetime(2022, 1, 1, 1, tzinfo=UTC),
    }
    for message, moment in moments.items():
        ask.put(bus, {"message": message}, Time=moment)
    return {"messages": ask.receive(url)}


def nested_pattern(ask: Asker) -> Answers:
    bus, (url, queue) = ask.bus(), ask.queue()
    ask.rule(bus, {"Arn": queue, "InputPath": "$.detail"}, pattern={"detail": {"event": {"data": {"type": ["1"]}}}})
    for kind in ("1", "2"):
        ask.put(bus, {"event": {"data": {"type": kind}}})
    return {"messages": ask.receive(url)}


def to_queue(ask: Asker) -> Answers:
    bus, (url, queue) = ask.bus(), ask.queue()
    ask.rule(bus, {"Arn": queue})
    ask.put(bus)
    return {"message": ask.receive(url)}


def to_topic(ask: Asker) -> Answers:
    bus, (url, queue) = ask.bus(), ask.queue()
    topic = ask("create_topic", "sns", Name=ask.name)["TopicArn"]
    ask("subscribe", "sns", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    ask.rule(bus, {"Arn": topic})
    ask.put(bus)
    return {"messages": ask.receive(url)}


def to_bus(ask: Asker) -> Answers:
    return bus_to_bus(ask)


_AUTOMATION = {
    "id": "123",
    "actions": [
        {
            "id": "321",
            "type": "SEND_NOTIFICATION",
            "settings": {"message": "", "recipientEmails": [], "subject": "", "type": "SEND_NOTIFICATION"},
        }
    ],
}


def to_function(automations: list[Any]) -> Ask:
    """The pattern looks into arrays of objects."""

    def run(ask: Asker) -> Answers:
        with endpoint() as functions:
            return _to_function(ask, functions, automations)

    return run


def _to_function(ask: Asker, functions: Endpoint, automations: list[Any]) -> Answers:
    cloud = RunningCloud(lambda_endpoint=functions.url).start()
    try:
        own = Asker(cloud)
        bus = own.bus()
        inner = {"automations": {"actions": {"id": [{"exists": True}]}}}
        function = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:f"
        own.rule(bus, {"Arn": function}, pattern={"detail": {"payload": inner}})
        foo = {"foo": "bar"}
        payload = {
            "userId": 10,
            "businessId": 3,
            "channelId": 6,
            "card": foo,
            "targetEntity": True,
            "entityAuditTrailEvent": foo,
            "automations": automations,
        }
        own.put(bus, {"payload": payload})
        return {"events": [functions.wait_for(1)[0].json]}
    finally:
        cloud.stop()


# -- inputs ------------------------------------------------------------------------------------------------------------


def input_path(path: str) -> Ask:
    def run(ask: Asker) -> Answers:
        bus, (url, queue) = ask.bus(), ask.queue()
        ask.rule(bus, {"Arn": queue, "InputPath": path})
        ask.put(bus)
        return {"message": ask.receive(url)}

    return run


def two_targets(ask: Asker) -> Answers:
    bus, (first_url, first), (second_url, second) = ask.bus(), ask.queue(1), ask.queue(2)
    ask.rule(bus, {"Arn": first, "InputPath": "$.detail"}, {"Arn": second})
    ask.put(bus)
    return {"message-queue-1": ask.receive(first_url), "message-queue-2": ask.receive(second_url)}


_NESTED_PATHS = {
    "userId": "$.detail.payload.acc_id",
    "payload": "$.detail.payload",
    "systemstring": "$.detail.awsAccountId",
    "listsingle": "$.detail.listsingle",
    "listmulti": "$.detail.listmulti",
    "valid": "$.detail.valid",
}
_NESTED = {**_EVENT, "listsingle": ["HIGH"], "listmulti": ["ACTIVE", "INACTIVE"], "valid": True}


def nested_keys(template: str) -> Ask:
    def run(ask: Asker) -> Answers:
        bus, (url, queue) = ask.bus(), ask.queue()
        transformer = {"InputPathsMap": _NESTED_PATHS, "InputTemplate": template}
        ask.rule(bus, {"Arn": queue, "InputTransformer": transformer})
        ask.put(bus, _NESTED)
        return {"input-transformed-messages": ask.receive(url)}

    return run


def predefined(template: str) -> Ask:
    def run(ask: Asker) -> Answers:
        bus, (url, queue) = ask.bus(), ask.queue()
        ask.rule(bus, {"Arn": queue, "InputTransformer": {"InputTemplate": template}})
        ask.put(bus)
        return {"messages": ask.receive(url)}

    return run


def template_of(template: str, paths: Mapping[str, str]) -> Ask:
    def run(ask: Asker) -> Answers:
        bus, (url, queue) = ask.bus(), ask.queue()
        transformer = {"InputPathsMap": dict(paths), "InputTemplate": template}
        ask.rule(bus, {"Arn": queue, "InputTransformer": transformer}, pattern={"source": [_TYPE]})
        steps = {}
        for step, detail in (("all", _EVENT), ("not-match-all", {})):
            ask.put(bus, detail)
            name = "custom-variables-match-all" if step == "all" else "custom-variables-not-match-all"
            steps[name] = ask.receive(url)
        return steps

    return run


_STRING_PATHS = {"detail-type": "$.detail-type", "timestamp": "$.time", "command": "$.detail.command"}
_JSON_PATHS = {"detailType": "$.detail-type", "timestamp": "$.time", "command": "$.detail.command"}
_STRING = '"Event of <detail-type> type, at time <timestamp>, info extracted from detail <command>"'
_SPECIAL = '"{[/Check with special starting characters for event of <detail-type> type"'
_JSON = '{"detailType": <detailType>, "time": <timestamp>, "command": <command>}'


# -- connections -------------------------------------------------------------------------------------------------------

_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "ApiKey", "ApiKeyValue": "secret"}}
_BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}


def _connection(ask: Asker, kind: str = "API_KEY", auth: Any = None, name: str = "") -> Any:
    given: dict[str, Any] = {"Name": name or ask.name, "AuthorizationType": kind, "AuthParameters": auth or _KEY}
    return ask("create_connection", **given)


def connection(kind: str, auth: Any, create: str, describe: str) -> Ask:
    def run(ask: Asker) -> Answers:
        created = _connection(ask, kind, auth)
        return {create: created, describe: ask("describe_connection", Name=ask.name)}

    return run


def invalid_connection(ask: Asker) -> Answers:
    return {"create-connection-invalid-auth-error": _connection(ask, "INVALID_AUTH_TYPE")}


def invalid_connection_name(ask: Asker) -> Answers:
    return {"create-connection-invalid-name-error": _connection(ask, name="Invalid Name With Spaces!")}


def invalid_connection_in_all(ask: Asker) -> Answers:
    name = "This should fail with two errors 123467890123412341234123412341234"
    return {"create_connection_exc": _connection(ask, "INVALID", name=name)}


def delete_connection(ask: Asker) -> Answers:
    steps = {"create-connection-response": _connection(ask)}
    steps["delete-connection"] = ask("delete_connection", Name=ask.name)
    return {**steps, "describe-deleted-connection": ask("describe_connection", Name=ask.name)}


_REGIONS = (("us-east-1",), ("us-east-1", "us-west-1", "eu-central-1"))
_CRONS = (
    *("* * ? * SAT#3 *", "0 10 * * ? *", "0 12 * * ? *", "0 18 ? * MON-FRI *", "0 2 ? * SAT *", "0 2 ? * SAT#3 *"),
    *("0 8 1 * ? *", "0/10 * ? * MON-FRI *", "0/15 * * * ? *", "0/30 0-2 ? * MON-FRI *", "0/30 20-23 ? * MON-FRI *"),
    *("0/5 5 ? JAN 1-5 2022", "0/5 8-17 ? * MON-FRI *", "15 10 ? * 6L 2002-2005", "15 12 * * ? *", "5,35 14 * * ? *"),
)
_TEMPLATES = (
    '"<listmulti> multiple list items"',
    '"<listsingle> single list item <listmulti> multiple list items <systemstring> system account id <payload> payload '
    '<userId> user id"',
    '"<listsingle> single list item"\n"<listmulti> multiple list items"\n"<systemstring> system account id"\n'
    '"<payload> payload"\n"<userId> user id"',
    '"<listsingle> single list item"',
    '"Command is <valid>!"',
    '"Payload of <payload> with path users-service/users/<userId> and <userId>"',
    '{"id" : "<userId>"}',
    '{"id" : <userId>}',
    '{"method": "PUT", "nested": {"level1": {"level2": {"level3": "users-service/users/<userId>"} } }, '
    '"bod": "<userId>"}',
    '{"method": "PUT", "path": "users-service/users/<userId>", "bod": <payload>}',
    '{"method": "PUT", "path": "users-service/users/<userId>", "bod": [<userId>, "hardcoded"]}',
    '{"method": "PUT", "path": "users-service/users/<userId>", "id": <userId>, "body": <payload>}',
    '{"multi_replacement": "users/<userId>/second/<userId>"}',
    '{"singlelistitem": <listsingle>}',
)
_PREDEFINED = (
    '"Message containing all pre defined variables <aws.events.rule-arn> <aws.events.rule-name> '
    '<aws.events.event.ingestion-time>"',
    '{"originalEvent": <aws.events.event>, "originalEventJson": <aws.events.event.json>}',
)


def _name(text: str) -> str:
    """As pytest writes it."""
    return text.replace("\n", "\\n")


TESTS: dict[str, dict[str, Ask]] = {
    "buses": {
        **{
            f"test_create_list_describe_delete_custom_event_buses[{described}-regions{number}]": custom_buses(
                regions, "test bus" if described else None
            )
            for number, regions in enumerate(_REGIONS)
            for described in (False, True)
        },
        "test_create_multiple_event_buses_same_name": same_name,
        "test_delete_default_event_bus": delete_default,
        "test_describe_delete_not_existing_event_bus": missing_bus,
        "test_list_event_buses_with_prefix": buses_by_prefix,
        "test_put_permission_non_existing_event_bus": permission_of_missing_bus,
        **{
            f"test_remove_permission_non_existing_sid[{policy}-{bus}]": missing_statement(
                policy=policy, custom=bus == "custom"
            )
            for policy in (False, True)
            for bus in ("custom", "default")
        },
        **{f"test_put_events_bus_to_bus[{style}]": bus_to_bus for style in ("domain", "path", "standard")},
    },
    "rules and targets": {
        **{
            f"test_put_list_with_prefix_describe_delete_rule[{bus}]": rule_crud(custom=bus == "custom")
            for bus in ("custom", "default")
        },
        "test_put_multiple_rules_with_same_name": rule_twice,
        "test_list_rule_with_limit": rules_by_limit,
        "test_update_rule_with_targets": updated_rule,
        "test_delete_rule_with_targets": delete_with_targets,
        **{f"test_list_rule_names_by_target[{bus}]": names_by_target for bus in ("custom", "default")},
        **{f"test_list_rule_names_by_target_no_matches[{bus}]": no_names_by_target for bus in ("custom", "default")},
        **{
            f"test_list_rule_names_by_target_with_limit[{bus}]": names_by_target_in_pages
            for bus in ("custom", "default")
        },
        "test_add_exceed_fife_targets_per_rule": too_many_targets,
        "test_list_target_by_rule_limit": targets_by_limit,
        "test_put_target_id_validation": target_ids,
        "test_put_event_input_path_and_input_transformer": two_inputs,
        "tests_put_rule_with_schedule_cron": scheduled("cron(0 20 * * ? *)"),
        **{f"tests_put_rule_with_schedule_cron[cron({text})]": scheduled(f"cron({text})") for text in _CRONS},
        "test_put_rule_with_schedule_rate": scheduled("rate(1 minute)"),
        "tests_put_rule_with_schedule_custom_event_bus": schedule_on_custom_bus,
    },
    "events": {
        "test_put_event_malformed_detail[ARRAY]": malformed("[]"),
        "test_put_event_malformed_detail[MALFORMED_JSON]": malformed("{"),
        "test_put_event_malformed_detail[SERIALIZED_STRING]": malformed('"text"'),
        "test_put_event_malformed_detail[STRING]": malformed("text"),
        "test_put_event_without_detail": without("Detail"),
        "test_put_events_without_source": without("Source"),
        **{
            f"test_put_events_exceed_limit_ten_entries[{bus}]": too_many_entries(custom=bus == "custom")
            for bus in ("custom", "default")
        },
        "test_put_events_time": times,
        "test_put_events_pattern_nested": nested_pattern,
        "test_put_events_with_target_sqs": to_queue,
        **{f"test_put_events_with_target_sns[{style}]": to_topic for style in ("domain", "path", "standard")},
        **{f"test_put_events_with_target_events[bus_combination{number}]": to_bus for number in range(3)},
        "test_put_events_with_target_lambda_list_entry": to_function([_AUTOMATION]),
        "test_put_events_with_target_lambda_list_entries_partial_match": to_function(
            [{"foo": "bar"}, _AUTOMATION, {"bar": "foo"}]
        ),
    },
    "inputs": {
        "test_put_events_with_input_path": input_path("$.detail"),
        "test_put_events_with_input_path_max_level_depth": input_path("$.detail.payload.sf_id"),
        "test_put_events_with_input_path_multiple_targets": two_targets,
        **{f"test_input_transformer_nested_keys_replacement[{_name(text)}]": nested_keys(text) for text in _TEMPLATES},
        **{f"test_input_transformer_predefined_variables[{text}]": predefined(text) for text in _PREDEFINED},
        "test_put_events_with_input_transformer_input_template_json": template_of(_JSON, _JSON_PATHS),
        "test_put_events_with_input_transformer_input_template_string": template_of(_STRING, _STRING_PATHS),
        **{
            f"test_put_events_with_input_transformer_input_template_string[{text}]": template_of(text, _STRING_PATHS)
            for text in (_STRING, _SPECIAL)
        },
    },
    "connections": {
        "test_create_connection_with_auth[auth_params0]": connection(
            "BASIC", _BASIC, "create-connection-auth", "describe-connection-auth"
        ),
        "test_create_connection_with_auth[auth_params1]": connection(
            "API_KEY", _KEY, "create-connection-auth", "describe-connection-auth"
        ),
        "test_create_connection": connection(
            "API_KEY", {**_KEY, "InvocationHttpParameters": {}}, "create-connection", "describe-connection"
        ),
        "test_create_connection_invalid_parameters": invalid_connection,
        "test_create_connection_name_validation": invalid_connection_name,
        "test_create_connection_validations": invalid_connection_in_all,
        "test_delete_connection": delete_connection,
    },
}


def cases() -> Iterator[tuple[str, str, Ask]]:
    """Area, name of the recorded test, and what asks."""
    for area, tests in TESTS.items():
        for name, ask in tests.items():
            yield f"EventBridge: {area}", name, ask
