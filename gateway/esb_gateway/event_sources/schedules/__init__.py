"""Rules of EventBridge and schedules of EventBridge Scheduler, which invoke functions at certain times."""

from esb_gateway.event_sources.schedules.schedule import read_schedule
from esb_gateway.event_sources.schedules.scheduler import Scheduler
from esb_gateway.event_sources.source import SourceType

SOURCE_TYPE = SourceType(read_schedule, Scheduler)
