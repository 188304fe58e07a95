"""The resource types that the provisioner knows. A new service is a sub-package here and a line in the table."""

from __future__ import annotations

from typing import Final

from esb_provisioner.resources.resource_type import AnyType
from esb_provisioner.services import dynamodb, eventbridge, eventbridge_connections, s3, sns, sqs

RESOURCE_TYPES: Final[tuple[AnyType, ...]] = (
    dynamodb.TABLE,
    s3.BUCKET,
    sqs.QUEUE,
    sns.TOPIC,
    eventbridge_connections.CONNECTION,
    eventbridge.BUS,
)
