"""Event source mappings of tables' streams: functions are invoked with batches of records, in order."""

from esb_gateway.event_sources.dynamodb.mapping import read_stream
from esb_gateway.event_sources.dynamodb.poller import StreamPoller
from esb_gateway.event_sources.source import SourceType

SOURCE_TYPE = SourceType(read_stream, StreamPoller)
