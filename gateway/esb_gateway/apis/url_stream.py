"""The response of a function URL with InvokeMode RESPONSE_STREAM, while the function produces it.

A stream of the media type `responses.PRELUDE_TYPE` begins with a prelude: status, headers and cookies as JSON, then
eight NUL bytes. Any other stream is the body of a 200.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esb_gateway.apis.api import Api
from esb_gateway.apis.media import media_type
from esb_gateway.apis.responses import PRELUDE_END, PRELUDE_TYPE, InvalidResponse, build_prelude_response
from esb_wire.http.body_stream import BodyStream, Producer
from esb_wire.http.messages import Response

_LONGEST_PRELUDE: Final = 128 * 1024


class UrlStream:
    """An `invocation.StreamSink`.

    `send` takes the response once its head is known, `reject` the reason if the stream has no valid head. Both give
    the response that was sent.
    """

    def __init__(self, api: Api, send: Callable[[Response], Response], reject: Callable[[str], Response]) -> None:
        self._api = api
        self._send = send
        self._reject = reject
        self._body: BodyStream | None = None
        self._prelude: bytearray | None = None  # while it is incomplete
        self._ended = False
        self.response: Response | None = None

    def begin(self, content_type: str, source: Producer) -> None:
        """The function streams."""
        self._body = BodyStream(source)
        if media_type(content_type) == PRELUDE_TYPE:
            self._prelude = bytearray()
        else:
            self.response = self._send(Response(200, (("Content-Type", content_type),), stream=self._body))

    def write(self, data: bytes) -> None:
        """The next part of the stream."""
        if self._ended or self._body is None:
            return
        if self._prelude is None:
            self._body.feed(data)
        else:
            self._read_prelude(self._prelude, data, self._body)

    def end(self, *, whole: bool) -> Response | None:
        """The invocation has ended. Gives the response that was sent; None if there still has to be one."""
        self._ended = True
        if self._body is not None and whole:
            self._body.finish()
        elif self._body is not None:
            self._body.fail()
        return self.response

    def _read_prelude(self, prelude: bytearray, data: bytes, body: BodyStream) -> None:
        searched = max(0, len(prelude) - len(PRELUDE_END))
        prelude += data
        end = prelude.find(PRELUDE_END, searched)
        try:
            if end >= 0:
                head = build_prelude_response(bytes(prelude[:end]), self._api)
                self.response = self._send(head._replace(stream=body))
                self._prelude = None
                body.feed(bytes(prelude[end + len(PRELUDE_END) :]))
            elif len(prelude) > _LONGEST_PRELUDE:
                raise InvalidResponse(f"its prelude is longer than {_LONGEST_PRELUDE} bytes")
        except InvalidResponse as error:
            self._ended = True
            self.response = self._reject(str(error))
