"""The response to InvokeWithResponseStream, while the function produces it.

The head is sent with the first part, or at the end of an invocation that did not stream. From then on the status is
200, and the last message reports a failure ("InvokeWithResponseStream" in AWS's Lambda API reference).
"""

from __future__ import annotations

import json

from esb_gateway.invocation import Ending, Outcome
from esb_gateway.lambda_api.event_stream import CONTENT_TYPE, invoke_complete, payload_chunk
from esb_wire.http.body_stream import BodyStream, Producer
from esb_wire.http.messages import Headers, Respond, Response


class InvokeStream:
    """An `invocation.StreamSink`. `headers` are those that identify the invocation."""

    def __init__(self, headers: Headers, respond: Respond) -> None:
        self._headers = headers
        self._respond = respond
        self._body: BodyStream | None = None
        self._ended = False
        self.response: Response | None = None

    def begin(self, _content_type: str, source: Producer) -> None:
        """The function streams."""
        self._body = BodyStream(source)
        self.response = self._head(stream=self._body)
        self._respond(self.response)

    def write(self, data: bytes) -> None:
        """The next part of the stream."""
        if self._body is not None and not self._ended:
            self._body.feed(payload_chunk(data))

    def end(self, outcome: Outcome, last: bytes) -> Response:
        """The invocation has ended, and `last` is its `complete`. Gives the response that was sent."""
        self._ended = True
        if self._body is not None and self.response is not None:
            self._body.feed(last)
            self._body.finish()
            return self.response
        chunk = payload_chunk(outcome.payload) if outcome.ending is Ending.DONE and outcome.payload else b""
        response = self._head(chunk + last)
        self._respond(response)
        return response

    def _head(self, body: bytes = b"", stream: BodyStream | None = None) -> Response:
        return Response(200, (("Content-Type", CONTENT_TYPE), *self._headers), body, stream)


def complete(outcome: Outcome) -> bytes:
    """The last message of a response."""
    if outcome.ending is Ending.DONE:
        return invoke_complete(log_tail=outcome.log_tail)
    try:
        document = json.loads(outcome.payload)
    except (ValueError, RecursionError):  # of a runtime of one's own: a large one was not looked at
        document = None
    error_type = document.get("errorType", "Unhandled") if isinstance(document, dict) else "Unhandled"
    return invoke_complete(str(error_type), outcome.payload.decode("utf-8", "replace"), outcome.log_tail)
