"""Notifications of a bucket, as its watcher delivers them."""

from __future__ import annotations

import hashlib
import json

from esb_gateway.event_sources.s3.events import notification
from esb_gateway.sample_events.sample import Given
from esb_gateway.storage_events.object_event import ObjectEvent


def put(given: Given) -> bytes:
    body = given["body"].encode()
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return _notify(given, ObjectEvent("ObjectCreated:Put", given["bucket"], given["key"], _now(given), len(body), etag))


def delete(given: Given) -> bytes:
    return _notify(given, ObjectEvent("ObjectRemoved:Delete", given["bucket"], given["key"], _now(given)))


def _now(given: Given) -> int:
    return int(given.now * 1_000_000_000)


def _notify(given: Given, event: ObjectEvent) -> bytes:
    return json.dumps(notification(event, "MyNotification", given.region, given.account)).encode()
