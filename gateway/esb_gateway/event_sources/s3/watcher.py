"""Reads the feed of the storage, and delivers what the notifications say.

    read a page after the cursor -> deliver its events, each durable -> keep the cursor

After a crash between the last two, the events of one page are delivered again, as S3 may, too. Without a cursor, which
is when there were no notifications before, it begins with the start of the server that has the feed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Final

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import STORAGE_EVENTS, AwsCallError
from esb_gateway.event_sources.s3.events import bus_event, notification
from esb_gateway.event_sources.s3.notifications import BucketNotifications, Notification
from esb_gateway.event_sources.source import Deliver, SourceContext, SourceEvent
from esb_gateway.storage_events.object_event import MAX_WAIT, PATH, ObjectEvent, Page, read_page
from esb_gateway.targets.target import About

REPORTED: Final = 3  # failures in a row; beside the storage, the feed starts when the storage does
CHECKPOINT: Final = "s3"
SLICE: Final = 20  # events whose messages are made in one turn of the loop; a page of 500 would take 25 ms


class BucketWatcher:
    """See `source.EventSource`. Used on one loop."""

    def __init__(self, mapping: BucketNotifications, context: SourceContext) -> None:
        self._mapping = mapping
        self._context = context
        self._trouble = ""  # what has been logged of the feed, until it can be read again

    async def run(self, deliver: Deliver) -> None:
        invoking, checkpoints = self._context.invoking, self._context.checkpoints
        client = None if invoking is None else invoking.aws(STORAGE_EVENTS)
        if client is None or checkpoints is None:
            buckets = ", ".join(dict.fromkeys(each.bucket for each in self._mapping.notifications))
            self._log("ERROR", f"nothing tells of changed objects in this stack: no notifications of {buckets}")
            await asyncio.Event().wait()
            return
        has_bus = invoking is not None and invoking.aws("events") is not None
        cursor = await checkpoints.load(CHECKPOINT)
        while True:
            page = await self._read(client, cursor)
            async with asyncio.TaskGroup() as delivering:
                for number, event in enumerate(page.events, 1):
                    for message in self._messages(event, has_bus=has_bus):
                        delivering.create_task(self._context.deliver_persistently(deliver, message))  # in this order
                    if not number % SLICE:
                        await asyncio.sleep(0)
            if page.cursor != cursor:
                await checkpoints.save(CHECKPOINT, page.cursor)
                cursor = page.cursor

    async def _read(self, client: AwsClient, cursor: str | None) -> Page:
        """The next page; tries until there is one."""
        query = "" if cursor is None else f"after={cursor}&seconds={MAX_WAIT:g}"
        failures = 0
        while True:
            try:
                page = read_page(await client.get(PATH, query, MAX_WAIT))
            except (AwsCallError, KeyError, TypeError) as error:
                failures += 1
                if failures >= REPORTED:
                    self._report_trouble(str(error))
                await self._context.back_off(failures)
            else:
                self._report_trouble("")
                return page

    def _messages(self, event: ObjectEvent, *, has_bus: bool) -> Iterator[SourceEvent]:
        """Without a server of buses there are no rules either."""
        for each in self._mapping.notifications:
            if each.matches(event) and (has_bus or not each.is_for_bus):
                yield self._message(event, each)

    def _message(self, event: ObjectEvent, told: Notification) -> SourceEvent:
        mapping = self._mapping
        self._context.telemetry.counts.notifications[told.bucket, told.id] += 1
        key, origin = f"s3/{told.bucket}/{told.id}", f"bucket:{told.bucket}"
        if told.is_for_bus:
            found = bus_event(event, mapping.region, mapping.account)
            about = About("aws.s3", found.detail_type, (found.resource,))
            return SourceEvent(
                told.target,
                told.target,
                _json(found.detail),
                key,
                None,
                about=about,
                origin=origin,
                trace_id=event.trace_id,
            )
        payload = _json(notification(event, told.id, mapping.region, mapping.account))
        return SourceEvent(
            told.function or told.target, told.target, payload, key, None, origin=origin, trace_id=event.trace_id
        )

    def _report_trouble(self, text: str) -> None:
        """One line when the feed fails, one when it can be read again."""
        if text and text != self._trouble:
            self._log("ERROR", f"the changes of objects cannot be read: {text}")
        elif self._trouble and not text:
            self._log("INFO", "the changes of objects are read again")
        self._trouble = text

    def _log(self, level: str, message: str) -> None:
        self._context.telemetry.log("gateway", level, {"message": message})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
