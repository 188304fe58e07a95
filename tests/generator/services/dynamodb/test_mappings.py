"""DynamoDB events and event source mappings of tables' streams."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.event_sources.dynamodb import StreamMapping

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

QUEUE = "arn:aws:sqs:us-east-1:123456789012:failed"


def template(
    properties: str, *, stream: str = "StreamSpecification: {StreamViewType: NEW_IMAGE}", more: str = ""
) -> str:
    return f"""
        Failed: {{Type: AWS::SQS::Queue, Properties: {{QueueName: failed}}}}
        Orders:
          Type: AWS::DynamoDB::Table
          Properties:
            TableName: orders
            KeySchema: [{{AttributeName: id, KeyType: HASH}}]
            AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
            BillingMode: PAY_PER_REQUEST
            {stream}
        Work:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
            Events: {{{properties}}}
        {more}
    """


def event(properties: str) -> str:
    return f"Changes: {{Type: DynamoDB, Properties: {{Stream: !GetAtt Orders.StreamArn, {properties}}}}}"


def test_every_property_of_an_event(read: Read) -> None:
    expansion = read(
        template(
            event(
                "StartingPosition: TRIM_HORIZON, BatchSize: 10, MaximumBatchingWindowInSeconds: 5, "
                "ParallelizationFactor: 2, MaximumRetryAttempts: 3, MaximumRecordAgeInSeconds: 3600, "
                "BisectBatchOnFunctionError: true, FunctionResponseTypes: [ReportBatchItemFailures], "
                'FilterCriteria: {Filters: [{Pattern: \'{"eventName": ["INSERT"]}\'}]}, Enabled: false, '
                "DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}"
            )
        )
    )
    (function,) = expansion.application.functions
    assert function.entry.events == (
        StreamMapping(
            "dynamodb",
            "Changes",
            "orders",
            starting_position="TRIM_HORIZON",
            batch_size=10,
            maximum_batching_window=5,
            parallelization_factor=2,
            maximum_retry_attempts=3,
            maximum_record_age=3600,
            bisect_batch_on_function_error=True,
            report_batch_item_failures=True,
            filters=('{"eventName": ["INSERT"]}',),
            on_failure=QUEUE,
            enabled=False,
        ),
    )
    assert expansion.notices == ()


def test_a_mapping_of_its_own(read: Read) -> None:
    given = "FunctionName: !Ref Work, EventSourceArn: !GetAtt Orders.StreamArn, StartingPosition: LATEST"
    more = f"Mapping: {{Type: AWS::Lambda::EventSourceMapping, Properties: {{{given}}}}}"
    expansion = read(template("", more=more))
    (function,) = expansion.application.functions
    assert function.entry.events == (StreamMapping("dynamodb", "Mapping", "orders"),)
    assert expansion.notices == ()


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ("TumblingWindowInSeconds: 60", "tumbling windows are unsupported; the function gets no window and no state"),
        (
            "DestinationConfig: {OnFailure: {Type: S3, Destination: 'arn:aws:s3:::failed'}}",
            "the stack cannot deliver to arn:aws:s3:::failed; what is given up is only logged",
        ),
    ],
)
def test_what_is_not_done_is_reported(read: Read, properties: str, text: str) -> None:
    (notice,) = read(template(event(f"StartingPosition: LATEST, {properties}"))).notices
    assert notice.text.endswith(text)


def test_a_stream_that_is_not_in_the_template_is_reported(read: Read) -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/theirs/stream/2024"
    given = f"Changes: {{Type: DynamoDB, Properties: {{Stream: '{arn}', StartingPosition: LATEST}}}}"
    (notice,) = read(template(given)).notices
    assert notice.text.endswith(f"{arn} is not a table of this template; Work is never triggered by it")


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ("BatchSize: 10", "has no StartingPosition"),
        ("StartingPosition: AT_TIMESTAMP", "StartingPosition must be TRIM_HORIZON or LATEST"),
        ("StartingPosition: LATEST, MaximumRecordAgeInSeconds: 5", "must be -1 or at least 60 seconds, not 5"),
        ("StartingPosition: LATEST, ParallelizationFactor: 11", "must be a whole number from 1 to 10"),
        (
            'StartingPosition: LATEST, FilterCriteria: {Filters: [{Pattern: \'{"body": ["a"]}\'}]}',
            "filters by body; a record of a table has no such key",
        ),
    ],
)
def test_what_lambda_refuses_is_an_error(problems: Problems, properties: str, text: str) -> None:
    found = problems(template(event(properties)))
    assert any(text in problem for problem in found), found


def test_a_table_without_a_stream_has_no_records(problems: Problems) -> None:
    found = problems(template(event("StartingPosition: LATEST"), stream=""))
    assert any("Orders has no stream; give the table a StreamSpecification" in problem for problem in found), found
