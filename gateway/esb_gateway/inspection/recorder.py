"""Records every invocation: which function got which event, and what it answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from esb_gateway.clocks import Clock
from esb_gateway.invocation import Done, Function, FunctionInvoker, Invocation, Outcome, json_or_text
from esb_gateway.telemetry.logs import timestamp

MAX_RECORDS: Final = 10_000
MAX_BYTES: Final = 64 * 1024 * 1024


@dataclass(slots=True, eq=False)
class InvocationRecord:
    """One invocation; `outcome` is None while it runs. `started` is in seconds since 1970."""

    invocation: Invocation
    started: float
    outcome: Outcome | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.invocation.payload) + (0 if self.outcome is None else len(self.outcome.payload))

    def shown(self) -> dict[str, Any]:
        """As JSON has it. A response that was streamed is empty here."""
        outcome = self.outcome
        return {
            "function": self.invocation.function,
            "request_id": self.invocation.request_id,
            "arn": self.invocation.arn,
            "started": timestamp(self.started),
            "event": json_or_text(self.invocation.payload),
            "outcome": None if outcome is None else outcome.ending.value,
            "duration_ms": None if outcome is None else round(outcome.duration_ms, 3),
            "response": None if outcome is None else json_or_text(outcome.payload),
        }


class Recorder:
    """Runs functions as `functions` does, and keeps the newest records. Used on one loop."""

    def __init__(self, functions: FunctionInvoker, clock: Clock) -> None:
        self._functions = functions
        self._clock = clock
        self._records: OrderedDict[InvocationRecord, None] = OrderedDict()
        self._bytes = 0  # of these
        self.running: set[InvocationRecord] = set()
        self.begun = 0  # since the start

    def find(self, function: str) -> Function | None:
        return self._functions.find(function)

    def capacity(self, function: str) -> int:
        return self._functions.capacity(function)

    def submit(self, invocation: Invocation, done: Done) -> None:
        """See `Invoker`."""
        record = InvocationRecord(invocation, self._clock())

        def ended(outcome: Outcome) -> None:
            record.outcome = outcome
            self.running.discard(record)
            if record in self._records:
                self._bytes += len(outcome.payload)
                self._make_room()
            done(outcome)

        self._functions.submit(invocation, ended)
        self.begun += 1
        self.running.add(record)
        self._records[record] = None
        self._bytes += record.size
        self._make_room()

    def records(self, function: str | None = None) -> list[InvocationRecord]:
        """In the order in which they began; those of one function, by its name or its logical id."""
        return [record for record in self._records if function is None or function in self._names(record)]

    def clear(self) -> None:
        self._records.clear()
        self._bytes = 0

    def _names(self, record: InvocationRecord) -> Iterator[str]:
        name = record.invocation.function
        yield name
        function = self.find(name)
        if function is not None and function.logical_id is not None:
            yield function.logical_id

    def _make_room(self) -> None:
        while self._records and (len(self._records) > MAX_RECORDS or self._bytes > MAX_BYTES):
            self._bytes -= self._records.popitem(last=False)[0].size
