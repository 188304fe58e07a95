"""One batch of a stream: invoked until it is processed, or not tried any more.

Lambda developer guide, "Parameters for Amazon DynamoDB event sources". A failure blocks what comes after it in the
shard. What a function reports as failed is tried again from there on; halves of a batch, which use up no attempts, are
tried in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from esb_gateway.event_sources.dynamodb.batches import failure_record, first_failure, payload_parts
from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.dynamodb.records import Record
from esb_gateway.event_sources.invoking import Invoking, RunningBatch
from esb_gateway.event_sources.source import Deliver, SourceContext, SourceEvent
from esb_gateway.invocation import Ending, Invocation, NoSuchFunction, Outcome, Throttled
from esb_schemas.contract import NOTHING
from esb_wire.http.bodies import joined
from esb_wire.trace_hops import with_hop

LONGEST_BACKOFF: Final = 60.0  # seconds
EXHAUSTED, TOO_OLD = "RetryAttemptsExhausted", "RecordAgeExceeded"


class BatchRunner:
    """Runs the batches of one shard."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it works with
        self,
        mapping: TableMapping,
        context: SourceContext,
        invoking: Invoking,
        deliver: Deliver,
        label: str,
        shard: str,
    ) -> None:
        self._mapping = mapping
        self._context = context
        self._invoking = invoking
        self._deliver = deliver
        self._label = label
        self._shard = shard

    async def run(self, records: Sequence[Record], attempts: int = 0) -> None:
        """Return when all records are processed or given up. `attempts` of these have failed."""
        entry = self._mapping.entry
        failures = 0
        last: tuple[Outcome, Invocation] | None = None
        while records:
            old = self._too_old(records)
            if old:
                await self._give_up(records[:old], TOO_OLD, attempts, last)
                records = records[old:]
                continue
            outcome, invocation = last = await self._invoke(records, attempts)
            failed = await first_failure(self._mapping, records, outcome, self._context.offload)
            self._report(records, failed, outcome, invocation)
            if failed is None:
                return
            progress, records = failed > 0, records[failed:]
            if entry.bisect_batch_on_function_error and len(records) > 1 and not progress:
                middle = len(records) // 2
                await self.run(records[:middle], attempts)
                await self.run(records[middle:], attempts)
                return
            attempts += 1
            if 0 <= entry.maximum_retry_attempts < attempts:
                await self._give_up(records, EXHAUSTED, attempts, last)
                return
            failures += 1
            await self._context.back_off(failures, LONGEST_BACKOFF)

    def _too_old(self, records: Sequence[Record]) -> int:
        """The number of records at the beginning that are too old."""
        age, now = self._mapping.entry.maximum_record_age, self._context.telemetry.clock()
        if age < 0:
            return 0
        kept = (index for index, record in enumerate(records) if now - record.created <= age)
        return next(kept, len(records))

    async def _invoke(self, records: Sequence[Record], attempts: int) -> tuple[Outcome, Invocation]:
        """The outcome of an invocation that ran: what is throttled is tried again, and uses up no attempt."""
        content = await joined(payload_parts(records))
        throttles = 0
        while True:
            identifiers = self._context.identifiers
            invocation = Invocation(
                function=self._mapping.function,
                payload=content,
                request_id=identifiers.request_id(),
                trace_id=with_hop(
                    identifiers.trace(None, self._context.telemetry.clock()), f"table:{self._mapping.entry.table}"
                ),
                arn=self._mapping.function_arn,
            )
            running = RunningBatch(
                invocation.request_id, invocation.function, invocation.trace_id, records[0].created, attempts + 1
            )
            self._invoking.batches.add(running)
            try:
                outcome = await self._invoking.invoke(invocation)
            except (Throttled, NoSuchFunction):
                outcome = None
            finally:
                self._invoking.batches.discard(running)
            if outcome is not None and outcome.ending is not Ending.NOT_RUN:
                return outcome, invocation
            throttles += 1
            self._count("not_run", 0)
            await self._context.back_off(throttles, LONGEST_BACKOFF)

    async def _give_up(
        self, records: Sequence[Record], condition: str, attempts: int, last: tuple[Outcome, Invocation] | None
    ) -> None:
        """Tell the destination, durably, and go on."""
        target, now = self._mapping.entry.on_failure, self._context.telemetry.clock()
        request_id = self._context.identifiers.request_id() if last is None else last[1].request_id
        outcome = None if last is None else last[0]
        told = failure_record(
            self._mapping, self._label, self._shard, records, condition, attempts, outcome, request_id, now
        )
        where = "nothing is told of them" if target is None else f"{target} is told of them"
        message = f"{len(records)} records of {self._mapping.entry.table} are given up ({condition}); {where}"
        self._log("ERROR", message, request_id)
        if target is not None:
            event = SourceEvent(
                target, target, told, self._mapping.key, None, origin=f"table:{self._mapping.entry.table}"
            )
            await self._context.deliver_persistently(self._deliver, event)

    def _report(self, records: Sequence[Record], failed: int | None, outcome: Outcome, invocation: Invocation) -> None:
        done = len(records) if failed is None else failed
        if done:
            self._count("succeeded", done)
        if failed is not None:
            self._count("failed", len(records) - done)
        text = f"batch of {len(records)} from {self._mapping.entry.table}: {outcome.ending.value}, "
        text += f"{len(records) - done} failed"
        numbers = {"records": len(records), "failed": len(records) - done}
        self._log("INFO" if failed is None else "WARN", text, invocation.request_id, numbers)

    def _count(self, outcome: str, records: int) -> None:
        counts, labels = self._context.telemetry.counts, (self._mapping.function, self._mapping.name, outcome)
        counts.batches[labels] += 1
        counts.messages[labels] += records

    def _log(self, level: str, text: str, request_id: str, more: Mapping[str, int] = NOTHING) -> None:
        fields = {
            "message": f"{self._mapping.key}: {text}",
            "function": self._mapping.function,
            "request_id": request_id,
            **more,
        }
        self._context.telemetry.log("gateway", level, fields)
