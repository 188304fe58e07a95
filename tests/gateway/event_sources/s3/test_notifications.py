"""Which notifications an object event is for. Rules: S3 user guide, "Configuring event notifications using …"."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.s3.notifications import BucketNotifications, read_notifications
from esb_gateway.event_sources.source import Owner
from esb_gateway.storage_events.object_event import ObjectEvent
from esb_schemas.contract import Stack

ACCOUNT = "us-east-1:123456789012"
FUNCTION, QUEUE = f"arn:aws:lambda:{ACCOUNT}:function:resize:live", f"arn:aws:sqs:{ACCOUNT}:uploads"


def document(**configuration: Any) -> dict[str, Any]:
    return {"S3": [{"BucketName": "files", "NotificationConfiguration": configuration}, {"BucketName": "others"}]}


def read(**configuration: Any) -> BucketNotifications:
    return read_notifications(document(**configuration), Owner("", "", "", Stack()))


def test_a_function_is_known_by_its_name_and_a_bus_gets_everything() -> None:
    (function, bus) = read(
        LambdaFunctionConfigurations=[{"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}],
        EventBridgeConfiguration={},
    ).notifications
    assert (function.function, function.target, function.events) == ("resize", FUNCTION, ("ObjectCreated:*",))
    assert (bus.target, bus.is_for_bus) == (f"arn:aws:events:{ACCOUNT}:event-bus/default", True)
    assert bus.matches(ObjectEvent("ObjectAcl:Put", "files", "any", 0))


@pytest.mark.parametrize(
    ("name", "bucket", "key", "matches"),
    [
        ("ObjectCreated:Put", "files", "in/a.jpg", True),
        ("ObjectCreated:Copy", "files", "in/a.jpg", True),
        ("ObjectRemoved:Delete", "files", "in/a.jpg", False),
        ("ObjectCreated:Put", "others", "in/a.jpg", False),
        ("ObjectCreated:Put", "files", "out/a.jpg", False),
        ("ObjectCreated:Put", "files", "in/a.png", False),
    ],
)
def test_events_and_keys_are_filtered(name: str, bucket: str, key: str, matches: bool) -> None:
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]
    (found,) = read(
        QueueConfigurations=[
            {"Id": "up", "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
        ]
    ).notifications
    assert found.id == "up"
    assert found.matches(ObjectEvent(name, bucket, key, 0)) is matches


def test_a_bucket_may_not_name_a_function_that_is_not_there() -> None:
    configuration = document(LambdaFunctionConfigurations=[{"LambdaFunctionArn": FUNCTION, "Events": ["s3:*"]}])
    with pytest.raises(ConfigurationError, match="files notifies resize, and there is no such function"):
        read_configuration({"functions": {}}, {"routes": []}, resources_document=configuration)


def test_without_notifications_nothing_is_read() -> None:
    found = read_configuration({"functions": {}}, {"routes": []}, resources_document=document())
    assert found.event_sources == ()
