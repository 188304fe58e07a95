"""Event source mappings of SQS queues: functions are invoked with batches of messages."""

from esb_gateway.event_sources.source import SourceType
from esb_gateway.event_sources.sqs.mapping import read_mapping
from esb_gateway.event_sources.sqs.poller import QueuePoller

SOURCE_TYPE = SourceType(read_mapping, QueuePoller)
