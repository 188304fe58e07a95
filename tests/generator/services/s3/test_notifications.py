"""Notifications of buckets: their own configuration, and S3 events of functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ACCOUNT = "us-east-1:123456789012"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:Resize"
ANY = "s3:ObjectCreated:*"


def template(configuration: str = "", events: str = "", more: str = "") -> str:
    return f"""
        Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: told}}}}
        Fifo: {{Type: AWS::SQS::Queue, Properties: {{QueueName: told.fifo, FifoQueue: true}}}}
        Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: told}}}}
        Files:
          Type: AWS::S3::Bucket
          Properties: {{BucketName: files, NotificationConfiguration: {{{configuration}}}}}
        Resize:
          Type: AWS::Serverless::Function
          Properties: {{Runtime: python3.12, Handler: a.b, {more}Events: {{{events}}}}}
    """


def event(name: str, properties: str) -> str:
    return f"{name}: {{Type: S3, Properties: {{Bucket: !Ref Files, {properties}}}}}"


def configuration_of(expansion: Expansion) -> Any:
    """The configuration of the bucket, which keeps the contract."""
    (bucket,) = expansion.application.resources["S3"]
    found = json.loads(json.dumps(bucket.definition))
    validate("resources", {"S3": [found]})
    return found.get("NotificationConfiguration")


def told(expansion: Expansion) -> list[str]:
    return [notice.text for notice in expansion.notices]


def test_functions_queues_topics_and_the_bus_are_told(read: Read) -> None:
    rules = "Filter: {S3Key: {Rules: [{Name: Prefix, Value: in/}, {Name: suffix, Value: .png}]}}"
    expansion = read(
        template(
            f"LambdaConfigurations: [{{Event: '{ANY}', Function: !GetAtt Resize.Arn, {rules}}}], "
            "QueueConfigurations: [{Event: 's3:ObjectRemoved:*', Queue: !GetAtt Queue.Arn}], "
            "TopicConfigurations: [{Event: 's3:ObjectTagging:Put', Topic: !Ref Topic}], "
            "EventBridgeConfiguration: {}"
        )
    )
    chosen = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".png"}]
    assert configuration_of(expansion) == {
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": FUNCTION, "Events": [ANY], "Filter": {"Key": {"FilterRules": chosen}}}
        ],
        "QueueConfigurations": [{"QueueArn": f"arn:aws:sqs:{ACCOUNT}:told", "Events": ["s3:ObjectRemoved:*"]}],
        "TopicConfigurations": [{"TopicArn": f"arn:aws:sns:{ACCOUNT}:told", "Events": ["s3:ObjectTagging:Put"]}],
        "EventBridgeConfiguration": {},
    }
    assert told(expansion) == []


def test_an_s3_event_is_a_configuration_for_each_kind_of_event(read: Read) -> None:
    events = event("Up", f"Events: ['{ANY}', 's3:ObjectRemoved:Delete']")
    expansion = read(template(events=events, more="AutoPublishAlias: live, "))
    assert configuration_of(expansion)["LambdaFunctionConfigurations"] == [
        {"LambdaFunctionArn": f"{FUNCTION}:live", "Events": [ANY]},
        {"LambdaFunctionArn": f"{FUNCTION}:live", "Events": ["s3:ObjectRemoved:Delete"]},
    ]
    assert told(expansion) == []


def test_what_is_not_in_the_template_is_reported(read: Read) -> None:
    other = "arn:aws:sqs:us-east-1:123456789012:theirs"
    events = f"Up: {{Type: S3, Properties: {{Bucket: theirs, Events: '{ANY}'}}}}"
    expansion = read(template(f"QueueConfigurations: [{{Event: '{ANY}', Queue: '{other}'}}]", events))
    assert configuration_of(expansion) is None
    assert sorted(told(expansion)) == [
        f"NotificationConfiguration.QueueConfigurations[0]: the stack cannot deliver to {other}; it is not notified",
        "event Up (S3): theirs is not a bucket of this template; Resize is never triggered by it",
    ]


ANY_OBJECT = "{Statement: [{Effect: Allow, Action: 's3:PutObject', Resource: '*'}]}"
THUMBNAILS = "    Thumbnails: {Type: AWS::S3::Bucket}\n"  # a line of Resources after those of `template`
LOOP = "Resize is invoked by each new object of Files, and "


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("Policies: [{S3CrudPolicy: {BucketName: !Ref Files}}], ", "its Policies let it write to it"),
        ("Policies: AmazonS3FullAccess, ", "its Policies let it write to it"),
        (
            "Policies: [{Statement: [{Effect: Allow, Action: 's3:Put*', Resource: !Sub '${Files.Arn}/*'}]}], ",
            "its Policies let it write to it",
        ),
        (f"Policies: [{ANY_OBJECT}], ", "its Policies let it write to it"),
        (
            f"Policies: [{ANY_OBJECT}], Environment: {{Variables: {{A: !Ref Thumbnails, B: !GetAtt Files.Arn}}}}, ",
            "its Policies let it write to it",
        ),
        ("Environment: {Variables: {TARGET: !Ref Files}}, ", "its variable TARGET names it"),
        (
            "Policies: [{Statement: [{Effect: Allow, Action: '*', Resource: !Sub 'arn:aws-cn:s3:::${Files}/*'}]}], ",
            "its Policies let it write to it",
        ),
        (
            "Environment: {Variables: {TARGET: !Sub 'arn:aws-us-gov:s3:::${Files}'}}, ",
            "its variable TARGET names it",
        ),
    ],
)
def test_a_function_that_may_write_to_the_bucket_that_invokes_it_is_reported(read: Read, more: str, why: str) -> None:
    events = event("Up", "Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy']")
    (found,) = told(read(template(events=events, more=more) + THUMBNAILS))
    assert found.startswith(f"{LOOP}{why}: what it writes there invokes it again")


@pytest.mark.parametrize(
    ("more", "filter_"),
    [
        ("Policies: [{S3ReadPolicy: {BucketName: !Ref Files}}], Environment: {Variables: {A: !Ref Files}}, ", ""),
        ("Policies: [{S3WritePolicy: {BucketName: others}}], ", ""),
        (f"Policies: [{ANY_OBJECT}], Environment: {{Variables: {{TARGET: !Ref Thumbnails}}}}, ", ""),
        ("Policies: [{Statement: {Effect: Deny, Action: '*', Resource: '*'}}], ", ""),
        (
            "Policies: [{S3CrudPolicy: {BucketName: !Ref Files}}], ",
            ", Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}",
        ),
    ],
)
def test_a_function_that_does_not_or_is_kept_apart_is_not(read: Read, more: str, filter_: str) -> None:
    events = event("Up", f"Events: '{ANY}'{filter_}")
    assert told(read(template(events=events, more=more) + THUMBNAILS)) == []


def test_a_deletion_is_no_loop(read: Read) -> None:
    more = "Policies: [{S3CrudPolicy: {BucketName: !Ref Files}}], "
    assert told(read(template(events=event("Up", "Events: 's3:ObjectRemoved:*'"), more=more))) == []


def test_what_never_happens_here_is_reported(read: Read) -> None:
    expansion = read(template(events=event("Up", "Events: 's3:LifecycleExpiration:*'")))
    assert configuration_of(expansion) is None
    (found,) = told(expansion)
    assert found.endswith("Events: s3:LifecycleExpiration:* does not happen in the stack; nothing is told of it")


@pytest.mark.parametrize(
    ("configuration", "events", "text"),
    [
        ("Lambda: []", "", "NotificationConfiguration has no property Lambda"),
        (
            "QueueConfigurations: [{Event: 's3:ObjectCreated:Put', Queue: !GetAtt Fifo.Arn}]",
            "",
            "names a FIFO queue, which S3 does not notify; name a standard queue",
        ),
        ("", event("Up", "Events: 's3:ObjectMade:*'"), "must be s3:ObjectCreated:*"),
        ("", event("Up", "Filter: {S3Key: {Rules: []}}"), "has no Events"),
        (
            "QueueConfigurations: [{Event: 's3:ObjectCreated:Put', Queue: !GetAtt Queue.Arn}]",
            event("Up", f"Events: '{ANY}'"),
            "is told of s3:ObjectCreated:* as the configuration at",
        ),
    ],
)
def test_what_s3_refuses_is_an_error(problems: Problems, configuration: str, events: str, text: str) -> None:
    found = problems(template(configuration, events))
    assert any(text in problem for problem in found), found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Name: prefix, Value: in/", "Name: prefix, Value: out/"),
        ("Name: suffix, Value: .jpg", "Name: suffix, Value: .png"),
    ],
)
def test_filters_that_exclude_each_other_do_not_overlap(read: Read, one: str, other: str) -> None:
    events = ", ".join(
        event(name, f"Events: '{ANY}', Filter: {{S3Key: {{Rules: [{{{rule}}}]}}}}")
        for name, rule in (("One", one), ("Other", other))
    )
    assert len(configuration_of(read(template(events=events)))["LambdaFunctionConfigurations"]) == 2
