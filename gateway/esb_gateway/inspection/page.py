"""The page `/_esb/testing/`: signed as the Invoke API is."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qs

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.clocks import Clock, Sleep
from esb_gateway.inspection.stack_state import StackState
from esb_gateway.invocation import NotAccepted
from esb_schemas.endpoints import STACK, Endpoint, EndpointTable
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.sigv4 import SignatureError, Verify

PATH: Final = "/_esb/testing"
_INVOCATIONS: Final = Endpoint(
    "GET", f"{PATH}/invocations", STACK, "which function got which event, and what became of it", "function=NAME"
)
_DELIVERED: Final = Endpoint(
    "GET",
    f"{PATH}/delivered",
    STACK,
    "whether all is delivered, as soon as it is or after that time",
    "seconds=30",
)
_RESET: Final = Endpoint(
    "POST", f"{PATH}/reset", STACK, "empties the stack; 409 if a function still runs after that time", "seconds=10"
)
ENDPOINTS: Final = EndpointTable(
    "Tests",
    "Only of `esb-gateway local --testing` and of the image `esb-local`: [testing.md](testing.md#other-languages).",
    (_INVOCATIONS, _DELIVERED, _RESET),
)
MAX_SECONDS: Final = 600.0
PAUSE: Final = 0.01  # seconds between two looks


class InvalidParameters(Exception):
    """The query string has a parameter or a value that does not exist; the text says which."""


class InspectionPage:
    """Answers tests. `clock` measures durations."""

    def __init__(self, state: StackState, verify: Verify, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._state = state
        self._verify = verify
        self._clock = clock
        self._sleep = sleep
        self._resetting = asyncio.Lock()

    async def get(self, request: Request) -> Response:
        """See `pages.Page`."""
        try:
            self._verify(request)
            return await self._answer(request)
        except SignatureError as error:
            return error_response(error, AwsProtocol.REST_JSON)
        except InvalidParameters as error:
            return json_response(400, {"message": str(error)})
        except (AwsCallError, NotAccepted) as error:
            return json_response(502, {"message": str(error)})

    async def _answer(self, request: Request) -> Response:
        asked = ENDPOINTS.find(request.method, request.path)
        if asked is None:
            return json_response(404, {"message": "Not Found"})
        if asked.endpoint is _INVOCATIONS:
            return self._invocations(**_parameters(request.query, "function"))
        if asked.endpoint is _DELIVERED:
            return await self._delivered(_seconds(request.query, 0.0))
        return await self._reset(_seconds(request.query, 10.0))

    def _invocations(self, function: str | None = None) -> Response:
        records = self._state.recorder.records(function)
        return json_response(200, {"invocations": [record.shown() for record in records]})

    async def _delivered(self, seconds: float) -> Response:
        """Wait until nothing is under way, at most so long; what is left is in the response."""
        end = self._clock() + seconds
        while (waiting := await self._settled()) and self._clock() < end:
            await self._sleep(PAUSE)
        return json_response(200, {"delivered": not waiting, "waiting": waiting})

    async def _settled(self) -> list[str]:
        """The unfinished work; read again after sources that poll at intervals have polled."""
        begun, waiting = self._state.recorder.begun, await self._state.waiting()
        if waiting or not self._state.settle_time:
            return waiting
        await self._sleep(self._state.settle_time)
        waiting = await self._state.waiting()
        return waiting or (["records of streams have just arrived"] if begun != self._state.recorder.begun else [])

    async def _reset(self, seconds: float) -> Response:
        """Drop what waits, let what runs end, and then delete all data: nothing from before comes after it."""
        async with self._resetting:
            end = self._clock() + seconds
            while True:
                begun = self._state.recorder.begun
                await self._state.drop()
                busy = self._state.busy() or await self._state.unread()
                if not busy:
                    await self._sleep(self._state.settle_time)
                if not busy and begun == self._state.recorder.begun:
                    break
                if self._clock() >= end:
                    return _still_busy(busy, seconds)
                await self._sleep(PAUSE)
            deleted = await self._state.delete_data()
            self._state.recorder.clear()
            return json_response(200, {"deleted": deleted})


def _still_busy(busy: list[str], seconds: float) -> Response:
    names = ", ".join(busy) or "a function"
    message = f"{names}: still running after {seconds:g} s, so the data was not deleted; ask again with seconds=60."
    return json_response(409, {"message": message})


def _seconds(query: str, default: float) -> float:
    text = _parameters(query, "seconds").get("seconds", f"{default:g}")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MAX_SECONDS:
        raise InvalidParameters(f"seconds={text}: must be a number from 0 to {MAX_SECONDS:g}.")
    return seconds


def _parameters(query: str, known: str) -> dict[str, Any]:
    found = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    unknown = found.keys() - {known}
    if unknown:
        raise InvalidParameters(f"{', '.join(sorted(unknown))}: unknown; the only parameter is {known}.")
    return found
