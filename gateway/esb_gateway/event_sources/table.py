"""The event sources by the `type` of an entry in functions.yml: to add one, write its package and add its row here.

Notifications of buckets are in resources.yml, as a part of the buckets.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Final

from esb_gateway.event_sources import dynamodb, s3, schedules, sqs
from esb_gateway.event_sources.source import SourceType

OPEN: Final[Table[str, SourceType]] = MappingProxyType(
    {
        "Schedule": schedules.SOURCE_TYPE,
        "ScheduleV2": schedules.SOURCE_TYPE,
        "dynamodb": dynamodb.SOURCE_TYPE,
        "s3": s3.SOURCE_TYPE,
        "sqs": sqs.SOURCE_TYPE,
    }
)
