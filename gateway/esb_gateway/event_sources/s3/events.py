"""Object events in the shapes of S3 and of EventBridge. Pure.

Shapes: S3 user guide, "Event message structure" and "EventBridge event message structure"; what was recorded of AWS
(s3/test_s3_notifications_sqs and _eventbridge). The storage does not say who has changed an object, nor from where: the
account is in the place of the first, and this machine's loopback in that of the second.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from esb_gateway.storage_events.object_event import ObjectEvent
from esb_schemas.partitions import global_arn
from esb_wire.utc_times import to_millisecond

_VERSION: Final = "2.1"
_ADDRESS: Final = "127.0.0.1"
_REASONS: Final = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_DETAIL_TYPES: Final = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl": "Object ACL Updated",
}
_DELETIONS: Final = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}


class BusEvent(NamedTuple):
    """The parts of an event on the default bus that depend on the object event; its source is aws.s3."""

    detail_type: str
    resource: str
    detail: dict[str, Any]


def notification(event: ObjectEvent, configuration: str, region: str, account: str) -> dict[str, Any]:
    """The message for a function, queue or topic: one record. The key is encoded as in a form, except its slashes."""
    request = _request_id(event)
    described = {
        "key": quote_plus(event.key, safe="/"),
        "size": event.size,
        "eTag": event.etag,
        "versionId": event.version_id,
        "sequencer": sequencer(event),
    }
    record = {
        "eventVersion": _VERSION,
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": to_millisecond(event.time_ns / 1e9),
        "eventName": event.name,
        "userIdentity": {"principalId": f"AWS:{account}"},
        "requestParameters": {"sourceIPAddress": _ADDRESS},
        "responseElements": {"x-amz-request-id": request, "x-amz-id-2": request * 4},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": event.bucket,
                "ownerIdentity": {"principalId": account},
                "arn": bucket_arn(event, region),
            },
            "object": {name: value for name, value in described.items() if value is not None},
        },
    }
    return {"Records": [record]}


def bus_event(event: ObjectEvent, region: str, account: str) -> BusEvent:
    """The message for a bus. The key is not encoded."""
    described = {
        "key": event.key,
        "size": event.size,
        "etag": event.etag,
        "version-id": event.version_id,
        "sequencer": sequencer(event),
    }
    extra = {"reason": _REASONS.get(event.name), "deletion-type": _DELETIONS.get(event.name)}
    detail = {
        "version": "0",
        "bucket": {"name": event.bucket},
        "object": {name: value for name, value in described.items() if value is not None},
        "request-id": _request_id(event),
        "requester": account,
        "source-ip-address": _ADDRESS,
        **{name: value for name, value in extra.items() if value is not None},
    }
    detail_type = _DETAIL_TYPES.get(event.name) or _DETAIL_TYPES[event.name.partition(":")[0]]
    return BusEvent(detail_type, bucket_arn(event, region), detail)


def bucket_arn(event: ObjectEvent, region: str) -> str:
    """The ARN of the bucket."""
    return global_arn("s3", region, "", event.bucket)


def sequencer(event: ObjectEvent) -> str:
    """A hexadecimal text that is greater for the later of two events of a key."""
    return f"{event.time_ns:018X}"


def _request_id(event: ObjectEvent) -> str:
    """The id that all messages of an event share, and no other event has."""
    return sha256(f"{event.bucket}/{event.key}/{event.time_ns}".encode()).hexdigest()[:16].upper()
