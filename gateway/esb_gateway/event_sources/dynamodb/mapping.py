"""An event source mapping of a table's stream, and how it is read from functions.yml."""

from __future__ import annotations

from dataclasses import dataclass, replace

from esb_gateway.event_sources.dynamodb.records import RecordView
from esb_gateway.event_sources.source import Owner, compile_filters, mapping_uuid
from esb_schemas.event_sources.dynamodb import StreamMapping
from esb_schemas.partitions import arn_of


@dataclass(frozen=True, slots=True)
class TableMapping:
    """A table whose records invoke a function, see `source.Mapping`; `entry` has its settings, in seconds."""

    function: str
    function_arn: str
    entry: StreamMapping
    region: str
    account: str
    type: str = "dynamodb"

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def key(self) -> str:
        """A name that no other mapping of the stack has."""
        return f"{self.function}/{self.name}"

    @property
    def uuid(self) -> str:
        """The identifier of the Lambda API."""
        return mapping_uuid(self.function_arn, self.name)

    @property
    def enabled(self) -> bool:
        return self.entry.enabled

    def with_enabled(self, enabled: bool) -> TableMapping:
        """The mapping, paused or not."""
        return replace(self, entry=self.entry._replace(enabled=enabled))

    def view(self, label: str) -> RecordView:
        """Its view of the stream with a label."""
        return RecordView(self.region, self.stream_arn(label), self.entry.filters)

    def stream_arn(self, label: str) -> str:
        """The ARN of the table's stream, as AWS writes it; engines have regions and accounts of their own."""
        return arn_of("dynamodb", self.region, self.account, f"table/{self.entry.table}/stream/{label}")


def read_stream(entry: StreamMapping, owner: Owner) -> TableMapping:
    """The mapping of a valid entry. Raises ConfigurationError for a pattern that Lambda would refuse."""
    compile_filters(entry.filters, entry.name, owner)  # so that one that is not valid stops the gateway's start
    return TableMapping(
        function=owner.name,
        function_arn=owner.arn,
        entry=entry,
        region=owner.stack.region,
        account=owner.stack.account_id,
    )
