"""An event source mapping of a queue, and how it is read from functions.yml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from esb_gateway.event_sources.source import Owner, compile_filters, mapping_uuid
from esb_schemas.event_sources.sqs import SqsMapping
from esb_wire.patterns import Matcher


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """A queue whose messages invoke a function, see `source.Mapping`. `window` in seconds."""

    function: str
    function_arn: str
    name: str
    queue_arn: str
    region: str
    batch_size: int
    window: int
    concurrency: int | None
    reports_failures: bool
    patterns: tuple[str, ...]
    enabled: bool
    may_loop: bool
    matchers: tuple[Matcher, ...] = field(compare=False)  # follow from `patterns`
    type: str = "sqs"

    @property
    def key(self) -> str:
        """A name that no other mapping of the stack has."""
        return f"{self.function}/{self.name}"

    @property
    def uuid(self) -> str:
        """The identifier of the Lambda API."""
        return mapping_uuid(self.function_arn, self.name)

    def with_enabled(self, enabled: bool) -> QueueMapping:
        """The mapping, paused or not."""
        return replace(self, enabled=enabled)

    @property
    def queue(self) -> str:
        """The queue's name."""
        return self.queue_arn.rpartition(":")[2]

    @property
    def fifo(self) -> bool:
        return self.queue.endswith(".fifo")


def read_mapping(entry: SqsMapping, owner: Owner) -> QueueMapping:
    """The mapping of a valid entry. Raises ConfigurationError for a pattern that Lambda would refuse."""
    return QueueMapping(
        function=owner.name,
        function_arn=owner.arn,
        name=entry.name,
        queue_arn=entry.queue,
        region=owner.stack.region,
        batch_size=entry.batch_size,
        window=entry.maximum_batching_window,
        concurrency=entry.maximum_concurrency,
        reports_failures=entry.report_batch_item_failures,
        patterns=entry.filters,
        enabled=entry.enabled,
        may_loop=owner.may_loop,
        matchers=compile_filters(entry.filters, entry.name, owner),
    )
