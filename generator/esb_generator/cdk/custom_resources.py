"""The custom resources of CDK's own constructs, and the provider functions that implement them at a deploy.

Notifications of a bucket become properties of the bucket. Custom resources that only clean up an account (auto-delete,
log retention) are left out. Others stay, to be reported as unsupported; their provider functions are left out, because
nothing calls them here.
https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/custom-resource-handlers
"""

from __future__ import annotations

from collections.abc import Iterator

from esb_generator.values import Map, Seq, Value, words

_NOTIFICATIONS = "Custom::S3BucketNotifications"
_WITHOUT_EFFECT = words(
    "Custom::ECRAutoDeleteImages Custom::LogRetention Custom::S3AutoDeleteObjects Custom::VpcRestrictDefaultSG"
)
_REPORTED = words("Custom::AWS Custom::CDKBucketDeployment")
# CDK writes what PutBucketNotificationConfiguration takes; a bucket's property has other names.
_TARGETS = (
    ("LambdaFunctionConfigurations", "LambdaFunctionArn", "LambdaConfigurations", "Function"),
    ("QueueConfigurations", "QueueArn", "QueueConfigurations", "Queue"),
    ("TopicConfigurations", "TopicArn", "TopicConfigurations", "Topic"),
)


def without_providers(resources: Map) -> Map:
    """The resources without provider functions, but with the effects of custom resources; the input is not changed."""
    known = [name for name, body in resources.items() if _type(body) in (*_WITHOUT_EFFECT, *_REPORTED, _NOTIFICATIONS)]
    if not known:
        return resources
    result = resources.copied()
    providers = []
    for name in known:
        body = resources[name]
        if not isinstance(body, Map) or (_type(body) == _NOTIFICATIONS and not _notify(result, body)):
            continue
        providers += _provider(body)
        if _type(body) in _REPORTED:
            result[name] = _without_token(body)
        else:
            del result[name]
    for name in dict.fromkeys(providers):
        _remove_unused(result, name)
    return result


def _type(body: Value) -> str:
    return f"{body.get('Type')}" if isinstance(body, Map) else ""


def _properties(body: Map) -> Map:
    properties = body.get("Properties")
    return properties if isinstance(properties, Map) else Map(body.mark)


def _notify(resources: Map, body: Map) -> bool:
    """Whether the bucket is one of the template; its property then has the notifications."""
    properties = _properties(body)
    name, wanted = properties.get("BucketName"), properties.get("NotificationConfiguration")
    logical_id = name.get("Ref") if isinstance(name, Map) else None
    bucket = resources.get(logical_id) if isinstance(logical_id, str) else None
    if not isinstance(logical_id, str) or not isinstance(bucket, Map) or not isinstance(wanted, Map):
        return False
    if _type(bucket) != "AWS::S3::Bucket" or "NotificationConfiguration" in _properties(bucket):
        return False
    at = properties.value_mark("NotificationConfiguration")
    changed = _properties(bucket).copied()
    changed.put("NotificationConfiguration", _configuration(wanted), at, at)
    resources[logical_id] = with_value(bucket, "Properties", changed)
    return True


def _configuration(wanted: Map) -> Map:
    result = Map(wanted.mark)
    for section, arn, to_section, to_key in _TARGETS:
        items = wanted.get(section)
        found = Seq(wanted.mark, [each for item in _maps(items) for each in _per_event(item, arn, to_key)])
        if found:
            result[to_section] = found
    if "EventBridgeConfiguration" in wanted:
        result["EventBridgeConfiguration"] = Map(wanted.mark, [("EventBridgeEnabled", True)])
    return result


def _per_event(item: Map, arn: str, key: str) -> Iterator[Map]:
    """A bucket's property has one event in each configuration."""
    events, given = item.get("Events"), item.get("Filter")
    rules = given.get("Key") if isinstance(given, Map) else None
    for event in events if isinstance(events, Seq) else ():
        found = Map(item.mark, [("Event", event), (key, item.get(arn))])
        if isinstance(rules, Map):
            s3_key = Map(item.mark, [("Rules", rules.get("FilterRules"))])
            found["Filter"] = Map(item.mark, [("S3Key", s3_key)])
        yield found


def _maps(items: Value) -> Iterator[Map]:
    return (item for item in items if isinstance(item, Map)) if isinstance(items, Seq) else iter(())


def _provider(body: Map) -> list[str]:
    """The logical id of the function that ServiceToken names."""
    token = _properties(body).get("ServiceToken")
    target = token.get("Fn::GetAtt") if isinstance(token, Map) else None
    return [target[0]] if isinstance(target, Seq) and target and isinstance(target[0], str) else []


def _without_token(body: Map) -> Map:
    properties = _properties(body).copied()
    properties.pop("ServiceToken", None)
    return with_value(body, "Properties", properties)


def with_value(mapping: Map, key: str, value: Value) -> Map:
    """A copy with another value at the place of the old one."""
    result = mapping.copied()
    result[key] = value
    return result


def _remove_unused(resources: Map, logical_id: str) -> None:
    """Remove a function and its layers, each unless something else refers to it."""
    function = resources.get(logical_id)
    if not isinstance(function, Map) or _is_used(resources, logical_id):
        return
    del resources[logical_id]
    for layer in _maps(_properties(function).get("Layers")):
        name = layer.get("Ref")
        if isinstance(name, str) and name in resources and not _is_used(resources, name):
            del resources[name]


def _is_used(resources: Map, logical_id: str) -> bool:
    """Whether another resource refers to one, by Ref, GetAtt or Sub."""
    others = (body for name, body in resources.items() if name != logical_id and isinstance(body, Map))
    return any(_refers(body.get("Properties"), logical_id) for body in others)


def _refers(value: Value, logical_id: str) -> bool:
    match value:
        case Map():
            target = value.get("Fn::GetAtt")
            if value.get("Ref") == logical_id or (isinstance(target, Seq) and target[:1] == [logical_id]):
                return True
            return any(_refers(child, logical_id) for child in value.values())
        case Seq():
            return any(_refers(child, logical_id) for child in value)
        case str():
            return f"${{{logical_id}" in value
        case _:
            return False
