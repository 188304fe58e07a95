"""Answers requests for a feed."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs

from esb_gateway.storage_events.object_event import MAX_WAIT, PATH, Page, page_document
from esb_wire.errors import AwsError, AwsProtocol, error_response
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.sigv4 import Verify
from esb_wire.task_set import TaskSet


class FeedUnavailable(Exception):
    """The feed cannot be read now; the text is a sentence that says why."""


class Feed(Protocol):
    """A source of pages."""

    def begin(self) -> int:
        """The cursor of who has none."""
        ...

    async def read(self, after: int, seconds: float) -> Page:
        """The events after a cursor, as soon as there are some; after `seconds` none. Raises FeedUnavailable."""
        ...


class FeedServer:
    """Answers requests for the feed."""

    def __init__(self, feed: Feed, verify: Verify) -> None:
        self._feed = feed
        self._verify = verify
        self._tasks = TaskSet()

    def handle(self, request: Request, respond: Respond) -> None:
        self._tasks.start(self._respond(request, respond))

    async def answer(self, request: Request) -> Response:
        """Raises FeedUnavailable, and AwsError for a signature that is wrong."""
        self._verify(request)
        if request.method != "GET" or request.path != PATH:
            return json_response(404, {"message": "Not Found"})
        query = parse_qs(request.query)
        after = query.get("after", [""])[-1]
        if not after:
            return json_response(200, page_document(Page(str(self._feed.begin()))))
        try:
            position, seconds = int(after), int(query.get("seconds", ["0"])[-1])
        except ValueError:
            return json_response(400, {"message": "after and seconds must be numbers"})
        return json_response(200, page_document(await self._feed.read(position, min(seconds, MAX_WAIT))))

    async def _respond(self, request: Request, respond: Respond) -> None:
        try:
            respond(await self.answer(request))
        except AwsError as error:
            respond(error_response(error, AwsProtocol.REST_JSON))
        except FeedUnavailable as error:
            respond(json_response(503, {"message": str(error)}))
        except Exception:
            respond(json_response(500, {"message": "a defect; the log has more"}))
            raise  # the loop logs it
