"""SQS events and event source mappings of queues."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.event_sources.sqs import SqsMapping

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ARN = "arn:aws:sqs:us-east-1:123456789012"
WORKER = """
        Orders: {Type: AWS::SQS::Queue}
        Worker:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
"""


def sources(expansion: Expansion) -> list[SqsMapping]:
    found = [event for function in expansion.application.functions for event in function.entry.events]
    assert all(isinstance(event, SqsMapping) for event in found)
    return [event for event in found if isinstance(event, SqsMapping)]


def event(properties: str, queue: str = "Queue: !GetAtt Orders.Arn") -> str:
    return WORKER + f"            Events: {{Order: {{Type: SQS, Properties: {{{queue}, {properties}}}}}}}\n"


def mapping(properties: str) -> str:
    given = f"FunctionName: !Ref Worker, EventSourceArn: !GetAtt Orders.Arn, {properties}"
    return WORKER + f"        Mapping: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{{given}}}}}\n"


EVERYTHING = (
    "BatchSize: 100, MaximumBatchingWindowInSeconds: 5, ScalingConfig: {MaximumConcurrency: 7}, "
    "FunctionResponseTypes: [ReportBatchItemFailures], Enabled: false, "
    """FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": ["order"]}}'}]}"""
)


@pytest.mark.parametrize(("template", "name"), [(event, "Order"), (mapping, "Mapping")])
def test_every_property_of_a_mapping(read: Read, template: Callable[[str], str], name: str) -> None:
    expansion = read(template(EVERYTHING))
    assert sources(expansion) == [
        SqsMapping(
            type="sqs",
            name=name,
            queue=f"{ARN}:shop-Orders",
            batch_size=100,
            maximum_batching_window=5,
            maximum_concurrency=7,
            report_batch_item_failures=True,
            filters=('{"body": {"kind": ["order"]}}',),
            enabled=False,
        )
    ]
    assert expansion.notices == ()


def test_without_properties_a_mapping_has_lambdas_defaults(read: Read) -> None:
    assert sources(read(event(""))) == [SqsMapping("sqs", "Order", f"{ARN}:shop-Orders", 10, 0)]


@pytest.mark.parametrize("template", [event, mapping])
@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("BatchSize: 10001", "BatchSize must be a whole number from 1 to 10000, not 10001"),
        ("BatchSize: 11", "BatchSize: more than 10 messages need a batching window of at least 1 second"),
        ("MaximumBatchingWindowInSeconds: 301", "MaximumBatchingWindowInSeconds must be a whole number from 0 to 300"),
        ("ScalingConfig: {MaximumConcurrency: 1}", "ScalingConfig.MaximumConcurrency must be a whole number from 2"),
        ("FunctionResponseTypes: [ReportFailures]", "FunctionResponseTypes[0] must be ReportBatchItemFailures"),
        ("StartingPosition: LATEST", "has no property StartingPosition"),
        ("BisectBatchOnFunctionError: true", "has no property BisectBatchOnFunctionError"),
        ("""FilterCriteria: {Filters: [{Pattern: '{"body": "order"}'}]}""", "Pattern is not a valid pattern: "),
        ("""FilterCriteria: {Filters: [{Pattern: '{"body": [{"cidr": "10.0.0.0/8"}]}'}]}""", "not a valid pattern: "),
        ("FilterCriteria: {Filters: [{Pattern: order}]}", "Pattern is not a valid pattern: "),
        (
            """FilterCriteria: {Filters: [{Pattern: '{"messageAttributes": {"a": ["b"]}}'}]}""",
            "Pattern filters by messageAttributes; of a queue's message only body is filtered",
        ),
        ("FilterCriteria: {Filters: [{}]}", "FilterCriteria.Filters[0] has no Pattern; add it"),
    ],
)
def test_what_lambda_refuses_is_an_error(
    problems: Problems, template: Callable[[str], str], properties: str, said: str
) -> None:
    found = problems(template(properties))
    assert any(said in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("BatchSize: 11", "BatchSize: a batch of a FIFO queue has at most 10 messages, not 11"),
        ("MaximumBatchingWindowInSeconds: 1", "MaximumBatchingWindowInSeconds: a FIFO queue has no batching window"),
    ],
)
def test_limits_of_fifo_queues(problems: Problems, properties: str, said: str) -> None:
    template = event(properties).replace(
        "Orders: {Type: AWS::SQS::Queue}", "Orders: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}"
    )
    (sentence,) = problems(template)
    assert said in sentence


def test_messages_must_not_become_visible_while_the_function_has_them(problems: Problems) -> None:
    """Lambda developer guide, with-sqs, "Queue configuration": a lower visibility timeout is refused."""
    template = """
        Worker:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
            Timeout: 60
            Events: {Order: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}
        Orders:
          Type: AWS::SQS::Queue
          Properties:
            VisibilityTimeout: %d
    """
    (sentence,) = problems(template % 59)
    place, _, text = sentence.partition(" ")
    assert place.startswith("12:")
    assert "Orders: VisibilityTimeout is 59 s, less than the Timeout of Worker, 60 s at template.yaml:7:16" in text
    assert "set VisibilityTimeout to 60 or more (AWS recommends 360)" in text


def test_the_default_visibility_timeout_is_too_short_for_a_long_function(problems: Problems) -> None:
    (sentence,) = problems(event("").replace("Handler: a.b", "Handler: a.b\n            Timeout: 31"))
    assert "Orders: VisibilityTimeout is 30 s, less than the Timeout of Worker, 31 s" in sentence


def test_a_queue_elsewhere_triggers_nothing(read: Read) -> None:
    expansion = read(event("", queue=f'Queue: "{ARN}:theirs"'))
    assert sources(expansion) == []
    (notice,) = expansion.notices
    assert notice.text == (
        f"event Order (SQS): {ARN}:theirs is not a queue of this template; Worker is never triggered by it"
    )


def test_a_mapping_of_a_stream_elsewhere_is_unsupported_by_name(read: Read) -> None:
    stream = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1"
    expansion = read(mapping("").replace("!GetAtt Orders.Arn", f'"{stream}"'))
    (notice,) = expansion.notices
    assert notice.text == f"{stream} is neither a queue nor a table of this template; Worker is never triggered by it"


def test_a_mapping_of_a_function_elsewhere(read: Read) -> None:
    expansion = read(mapping("").replace("!Ref Worker", "theirs"))
    (notice,) = expansion.notices
    assert notice.text == "theirs is not a function of this template: nothing receives from Orders"


def test_an_alias_is_called_as_its_function(read: Read) -> None:
    expansion = read(mapping("").replace("!Ref Worker", '!Sub "${Worker.Arn}:live"'))
    assert [source.name for source in sources(expansion)] == ["Mapping"]
