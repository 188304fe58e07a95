"""Notifications of buckets: functions are invoked, and queues, topics and buses told, when objects change."""

from esb_gateway.event_sources.s3.notifications import read_notifications
from esb_gateway.event_sources.s3.watcher import BucketWatcher
from esb_gateway.event_sources.source import SourceType

SOURCE_TYPE = SourceType(read_notifications, BucketWatcher)
