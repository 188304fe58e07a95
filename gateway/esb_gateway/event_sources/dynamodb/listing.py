"""A mapping as the Lambda API describes it: EventSourceMappingConfiguration of its reference, as recorded of AWS."""

from __future__ import annotations

from typing import Any

from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_schemas.partitions import arn_of


def describe_stream(mapping: TableMapping, modified: float) -> dict[str, Any]:
    """The document. The stream's own label is not known here; `modified` in seconds since 1970."""
    entry = mapping.entry
    id_ = mapping.uuid
    destination = {"OnFailure": {"Destination": entry.on_failure}} if entry.on_failure else {}
    filters = [{"Pattern": pattern} for pattern in entry.filters]
    return {
        "UUID": id_,
        "EventSourceMappingArn": arn_of("lambda", mapping.region, mapping.account, f"event-source-mapping:{id_}"),
        "EventSourceArn": mapping.stream_arn("latest"),
        "FunctionArn": mapping.function_arn,
        "StartingPosition": entry.starting_position,
        "BatchSize": entry.batch_size,
        "MaximumBatchingWindowInSeconds": entry.maximum_batching_window,
        "ParallelizationFactor": entry.parallelization_factor,
        "MaximumRecordAgeInSeconds": entry.maximum_record_age,
        "MaximumRetryAttempts": entry.maximum_retry_attempts,
        "BisectBatchOnFunctionError": entry.bisect_batch_on_function_error,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": destination,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if entry.report_batch_item_failures else [],
        **({"FilterCriteria": {"Filters": filters}} if filters else {}),
        "State": "Enabled" if entry.enabled else "Disabled",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": modified,
    }
