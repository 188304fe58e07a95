"""The services that are served."""

from __future__ import annotations

from typing import Final

from esb_cloud.aws.service import Service
from esb_cloud.eventbridge import SERVICE as EVENTS
from esb_cloud.sns import SERVICE as SNS
from esb_cloud.sqs import SERVICE as SQS

SERVICES: Final[tuple[Service, ...]] = (SQS, SNS, EVENTS)
