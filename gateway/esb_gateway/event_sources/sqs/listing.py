"""A mapping as the Lambda API describes it: EventSourceMappingConfiguration of its reference, as recorded of AWS."""

from __future__ import annotations

from typing import Any

from esb_gateway.event_sources.sqs.mapping import QueueMapping


def describe(mapping: QueueMapping, modified: float) -> dict[str, Any]:
    """The document. `modified` in seconds since 1970."""
    id_ = mapping.uuid
    partition, region, account = mapping.function_arn.split(":")[1], *mapping.function_arn.split(":")[3:5]
    filters = [{"Pattern": pattern} for pattern in mapping.patterns]
    return {
        "UUID": id_,
        "EventSourceMappingArn": f"arn:{partition}:lambda:{region}:{account}:event-source-mapping:{id_}",
        "EventSourceArn": mapping.queue_arn,
        "FunctionArn": mapping.function_arn,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports_failures else [],
        **({"FilterCriteria": {"Filters": filters}} if filters else {}),
        **({} if mapping.concurrency is None else {"ScalingConfig": {"MaximumConcurrency": mapping.concurrency}}),
        "State": "Enabled" if mapping.enabled else "Disabled",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": modified,
    }
