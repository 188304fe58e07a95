"""Buckets that send their changes to a webhook, and the test that the changes arrive."""

from __future__ import annotations

from collections.abc import Callable
from http.client import BadStatusLine
from typing import Any

import pytest

from esb_provisioner.desired import parse
from esb_provisioner.plan import plan
from esb_provisioner.resources.self_test import SelfTestError
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.definition import Bucket
from esb_provisioner.services.s3.read import ObservedBucket
from esb_provisioner.services.s3.webhook import Received, in_environment, try_bucket
from esb_provisioner.steps import Operation, Resource
from tests.provisioner.fakes import FakeClock, ScriptedServer

FEED = {"ESB_STORAGE_EVENTS": "http://storage-events:9010"}
NOTIFIES: dict[str, Any] = {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}
CALLS = {
    "Id": "esb",
    "QueueArn": "arn:rustfs:sqs:us-east-1:esb:webhook",
    "Events": ["s3:ObjectAcl:Put", "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"],
}
OTHER = {"Id": "other", "QueueArn": "arn:rustfs:sqs:us-east-1:1:mqtt", "Events": ["s3:ObjectCreated:*"]}


def steps(entry: dict[str, Any], seen: dict[str, Any], environ: dict[str, str]) -> list[Operation]:
    desired = parse({"S3": [{"BucketName": "media", **entry}]})
    found = {
        key: each._replace(definition=each.type.in_environment(each.definition, environ))
        for key, each in desired.items()
    }
    observed = ObservedBucket({"NotificationConfiguration": seen})
    return list(plan(found, {Resource("bucket", "media"): observed}).operations)


def written(operations: list[Operation]) -> list[Any]:
    return [each.call.params["NotificationConfiguration"] for each in operations]


def test_a_bucket_that_notifies_reports_all_changes() -> None:
    (step,) = steps(NOTIFIES, {}, FEED)
    assert str(step) == "bucket media: put_bucket_notification_configuration (NotificationConfiguration: differs)"
    assert written([step]) == [{"QueueConfigurations": [CALLS]}]
    assert step.essential


def test_a_bucket_that_reports_already_is_left_alone() -> None:
    seen = {"QueueConfigurations": [OTHER, {**CALLS, "Events": CALLS["Events"][::-1]}]}
    assert steps(NOTIFIES, seen, FEED) == []


def test_what_else_the_bucket_notifies_stays() -> None:
    topics = {"TopicConfigurations": [{"Id": "t"}]}
    seen = {**topics, "QueueConfigurations": [OTHER, {**CALLS, "Events": ["s3:ObjectCreated:Put"]}]}
    assert written(steps(NOTIFIES, seen, FEED)) == [{**topics, "QueueConfigurations": [OTHER, CALLS]}]


def test_a_bucket_that_no_longer_notifies_no_longer_reports() -> None:
    assert written(steps({}, {"QueueConfigurations": [OTHER, CALLS]}, FEED)) == [{"QueueConfigurations": [OTHER]}]
    assert written(steps({}, {"QueueConfigurations": [CALLS]}, FEED)) == [{}]
    assert steps({}, {}, FEED) == []


def test_without_a_server_that_takes_changes_the_configuration_is_nothing_of_the_buckets() -> None:
    assert steps(NOTIFIES, {}, {}) == []
    assert in_environment(Bucket("media", notifies=True), {}).settings == {}


class Arrives:
    """Has the answers one after the other, of which a number is that of other requests; notes the keys."""

    def __init__(self, clock: FakeClock, *answers: bool | int | Exception) -> None:
        self.answers = list(answers)
        self.clock = clock
        self.keys: set[str] = set()

    def __call__(self, key: str) -> Received:
        self.keys.add(key)
        self.clock.sleep(5)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Received(answer is True, 0 if answer is True else answer)


def server(**more: Any) -> ScriptedServer:
    return ScriptedServer({"put_object": [more], "delete_object": [{}]})


def test_a_change_that_arrives_leaves_nothing_behind() -> None:
    api, clock = server(VersionId="v1"), FakeClock()
    arrives = Arrives(clock, ConnectionRefusedError("refused"), False, True)
    try_bucket("media", "http://storage-events:9010", api, arrives, clock)
    put, delete = api.calls
    (key,) = arrives.keys
    assert key.startswith(".esb-self-test/")
    assert put.params == {"Bucket": "media", "Key": key, "Body": b""}
    assert delete.params == {"Bucket": "media", "Key": key, "VersionId": "v1"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: False, "nothing has arrived"),
        (lambda: ConnectionRefusedError("refused"), "it does not answer: refused"),
        (lambda: BadStatusLine("SSH-2.0"), "it does not answer: SSH-2.0"),
    ],
)
def test_a_change_that_does_not_arrive_is_one_sentence(answer: Callable[[], bool | Exception], why: str) -> None:
    api, clock = server(), FakeClock()
    with pytest.raises(SelfTestError) as caught:
        try_bucket("media", "http://storage-events:9010", api, Arrives(clock, answer()), clock)
    assert str(caught.value) == (
        f"bucket media: a new object was not reported to http://storage-events:9010 within 60 s ({why}), so its "
        "notifications would be lost; see the logs of s3-storage and storage-events, or build with --storage seaweedfs"
    )
    assert api.operations == ["put_object", "delete_object"]
    assert "VersionId" not in api.calls[-1].params


def test_changes_that_waited_before_it_may_take_their_time() -> None:
    api, clock = server(), FakeClock()
    before = [number for number in range(1, 100) for _ in range(10)]
    try_bucket("media", "http://storage-events:9010", api, Arrives(clock, *before, True), clock)
    with pytest.raises(SelfTestError):
        try_bucket("media", "http://storage-events:9010", api, Arrives(clock, *[7] * 20, True), clock)


def test_an_object_that_cannot_be_written_is_the_servers_error() -> None:
    api = ScriptedServer({"put_object": [ServerError(ErrorKind.FAILED, "SlowDown", "")]})
    clock = FakeClock()
    with pytest.raises(ServerError):
        try_bucket("media", "http://storage-events:9010", api, Arrives(clock, True), clock)
