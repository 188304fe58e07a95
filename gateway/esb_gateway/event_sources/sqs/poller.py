"""Receives the messages of a queue and invokes the function with them, as Lambda's pollers do.

    wait for messages -> gather for the window -> take a slot of the function -> receive -> invoke -> delete

An idle mapping holds no slot: it waits for the queue's signal. A slot is taken before messages are received, so that no
message spends its visibility timeout waiting for one. Messages gather in the queue, not here, for the same reason.
What failed is not deleted: it becomes visible again when its time is over, and the queue counts and redrives.

    wait until something is received -> take a slot -> invoke -> delete

That is the short way, with ESB's own server, while a slot is free and no window is set: a message is in its answer as
soon as it is sent. If the slot is not free any more when the message comes, or the mapping was stopped meanwhile, the
receive is undone, as if it had not been: it is not counted, and the message waits in the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.invoking import Invoking
from esb_gateway.event_sources.source import Deliver, SourceContext
from esb_gateway.event_sources.sqs.batches import failed_messages, is_loop, pack, trace_of, wanted
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from esb_gateway.event_sources.sqs.queue import BATCH, LONGEST_WAIT, Message, Queue, SqsQueue
from esb_gateway.invocation import Ending, Invocation, NoSuchFunction, Outcome, Throttled
from esb_gateway.tracing.lineage import MAX_INVOCATIONS
from esb_wire.http.client import HangUp
from esb_wire.trace_hops import with_hop

SLOT_PAUSE: Final = 0.02  # seconds between two looks for a free slot
GATHER_PAUSE: Final = 0.25  # seconds between two looks at a queue whose batch is not full
DELETE_TRIES: Final = 3
MAX_STOPPED: Final = 10_000  # messages in loops that are remembered


class QueuePoller:
    """See `source.EventSource`. Used on one loop."""

    def __init__(self, mapping: QueueMapping, context: SourceContext) -> None:
        self._mapping = mapping
        self._context = context
        self._running = 0  # batches
        self._batch_ended = asyncio.Event()
        self._errors = 0  # batches in a row that the function failed
        self._trouble = ""  # what has been logged of the server, until it answers again
        self._stopped: dict[str, None] = {}  # ids of messages in loops, the latest ones

    async def run(self, _deliver: Deliver) -> None:
        mapping, invoking = self._mapping, self._context.invoking
        client = None if invoking is None else invoking.aws("sqs")
        if invoking is None or client is None:
            self._log("ERROR", f"SQS_ENDPOINT is not set: nothing receives from {mapping.queue}")
        if invoking is None or client is None or not mapping.enabled:
            await asyncio.Event().wait()
            return
        await self.poll(SqsQueue(client, mapping.queue, self._context.sleep), invoking)

    async def poll(self, queue: Queue, invoking: Invoking) -> None:
        """Receive until cancelled."""
        failures = 0
        while True:
            try:
                await self._next_batch(queue, invoking)
                failures = 0
            except AwsCallError as error:
                self._report_trouble(str(error))
                failures += 1
                await self._context.back_off(failures)

    async def _next_batch(self, queue: Queue, invoking: Invoking) -> None:
        while self._mapping.concurrency is not None and self._running >= self._mapping.concurrency:
            self._batch_ended.clear()
            await self._batch_ended.wait()
        if self._may_hold and queue.can_hold and invoking.reservations.can_take(self._mapping.function):
            await self._receive_next(queue, invoking)
            return
        has_messages = await queue.wait(LONGEST_WAIT)
        self._report_trouble("")
        if not has_messages:
            return
        await self._gather(queue, invoking)
        while not invoking.reservations.take(self._mapping.function):
            await self._context.sleep(SLOT_PAUSE)
        received: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._running += 1
        batch = Batch(self._mapping, self._context, queue, invoking, self._stopped)
        invoking.tasks.start(self._process(batch, received))
        if not await received:
            await self._context.sleep(SLOT_PAUSE)  # another poller was faster
        else:
            await self._slow_down()

    @property
    def _may_hold(self) -> bool:
        """Whether one receive, when the first message comes, is a whole batch."""
        return not self._mapping.window and self._mapping.batch_size <= BATCH

    async def _slow_down(self) -> None:
        """After function errors."""
        if self._errors and not self._mapping.reports_failures:
            await self._context.back_off(self._errors)

    async def _receive_next(self, queue: Queue, invoking: Invoking) -> None:
        received: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        begun, hang_up = invoking.steady(), HangUp()
        invoking.waiting.start(self._process_next(queue, invoking, hang_up, received))
        try:
            number = await received
        except asyncio.CancelledError:
            hang_up()  # what has been received already comes, and is undone
            raise
        self._report_trouble("")
        if number:
            await self._slow_down()
        elif invoking.steady() - begun < SLOT_PAUSE:
            await self._context.sleep(SLOT_PAUSE)  # the server is stopping, or there was no slot

    async def _process_next(
        self, queue: Queue, invoking: Invoking, hang_up: HangUp, received: asyncio.Future[int]
    ) -> None:
        """Wait for messages, and process them if there is still a slot for them."""
        try:
            messages = await queue.receive_next(self._mapping.batch_size, LONGEST_WAIT, hang_up)
        except Exception as error:
            if not received.done():
                received.set_exception(error)
            return
        invoking.has_received()
        if messages and (hang_up.is_done or not invoking.reservations.take(self._mapping.function)):
            await self._undo(queue, messages)
            messages = ()
        if not received.done():
            received.set_result(len(messages))
        if messages:
            self._running += 1
            await self._run(Batch(self._mapping, self._context, queue, invoking, self._stopped), messages)

    async def _undo(self, queue: Queue, messages: Sequence[Message]) -> None:
        try:
            await queue.undo_receives(messages)
        except Exception as error:  # whatever it is, the mapping goes on
            self._log("WARN", f"messages of {self._mapping.queue} are received again when their time is over: {error}")

    async def _gather(self, queue: Queue, invoking: Invoking) -> None:
        """Wait until a batch is full or the window is over."""
        end = invoking.steady() + self._mapping.window
        while (left := end - invoking.steady()) > 0 and await queue.wait(0) < self._mapping.batch_size:
            await self._context.sleep(min(GATHER_PAUSE, left))

    async def _process(self, batch: Batch, received: asyncio.Future[int]) -> None:
        messages: Sequence[Message] = ()
        try:
            messages = await batch.receive()
        except Exception as error:
            if not received.done():
                received.set_exception(error)
        if not received.done():
            received.set_result(len(messages))
        await self._run(batch, messages)

    async def _run(self, batch: Batch, messages: Sequence[Message]) -> None:
        """Run a batch, which counts as running already."""
        try:
            failed = await batch.run(messages)
            self._errors = 0 if failed is None else self._errors + 1 if failed else 0
        except Exception as error:
            self._log("ERROR", f"a batch of {self._mapping.queue} was not processed: {error!r}")
        finally:
            self._running -= 1
            self._batch_ended.set()

    def _report_trouble(self, text: str) -> None:
        """One line when the server fails, one when it answers again."""
        if text and text != self._trouble:
            self._log("ERROR", f"nothing is received from {self._mapping.queue}: {text}")
        elif self._trouble and not text:
            self._log("INFO", f"messages of {self._mapping.queue} are received again")
        self._trouble = text

    def _log(self, level: str, message: str) -> None:
        fields = {"message": f"{self._mapping.key}: {message}", "function": self._mapping.function}
        self._context.telemetry.log("gateway", level, fields)


class Batch:
    """Messages that are received together. It has a reserved slot from its beginning.

    `stopped` has the ids of messages that were found to be in a loop: they are received again, and counted once.
    """

    def __init__(
        self,
        mapping: QueueMapping,
        context: SourceContext,
        queue: Queue,
        invoking: Invoking,
        stopped: dict[str, None],
    ) -> None:
        self._mapping = mapping
        self._context = context
        self._queue = queue
        self._invoking = invoking
        self._stopped = stopped
        self._reserved = True
        self._started = invoking.steady()

    async def receive(self) -> Sequence[Message]:
        """Up to a batch of messages that can be received now. Without any, the slot is given back."""
        messages: list[Message] = []
        try:
            while len(messages) < self._mapping.batch_size:
                most = min(BATCH, self._mapping.batch_size - len(messages))
                some = await self._queue.receive(most)
                messages += some
                if len(some) < most:
                    break
        except AwsCallError:
            if not messages:
                raise
        finally:
            if not messages:
                self._release()
        return messages

    async def run(self, messages: Sequence[Message]) -> bool | None:
        """Invoke the function, and delete what it processed; whether the function failed, None if it did not run."""
        try:
            matched = await wanted(self._mapping, messages, self._context.offload)
            unwanted = [message for message, is_wanted in zip(messages, matched, strict=True) if not is_wanted]
            left = [message for message, is_wanted in zip(messages, matched, strict=True) if is_wanted]
            if unwanted:
                await self._delete(unwanted)
                self._context.telemetry.counts.messages[(*self._labels, "filtered")] += len(unwanted)
            stopped = [message for message in left if is_loop(self._mapping, message)]
            if stopped:
                await self._stop(stopped)
                left = [message for message in left if message not in stopped]
            result: bool | None = None
            parts = await pack(self._mapping, left, self._context.offload)
            for index, (part, payload) in enumerate(parts):
                result = await self._run_part(part, payload)
                if result is not False and self._mapping.fifo:  # what comes later must not overtake what failed
                    await self._give_back([message for rest, _ in parts[index + 1 :] for message in rest])
                    break
            return result
        finally:
            self._release()

    async def _stop(self, messages: Sequence[Message]) -> None:
        """They are in a loop: to the dead-letter queue, by being received as often as it says, or away."""
        try:
            has_dead_letters = await self._queue.has_dead_letters()
        except AwsCallError:
            has_dead_letters = True  # nothing is deleted because a server did not answer
        if new := [message for message in messages if message["MessageId"] not in self._stopped]:
            self._report_stopped(new, has_dead_letters=has_dead_letters)
        await (self._give_back(messages) if has_dead_letters else self._delete(messages))

    def _report_stopped(self, messages: Sequence[Message], *, has_dead_letters: bool) -> None:
        self._stopped.update((message["MessageId"], None) for message in messages)
        for old in list(self._stopped)[:-MAX_STOPPED]:
            del self._stopped[old]
        self._context.telemetry.counts.loops[self._mapping.function,] += len(messages)
        then = "go to the dead-letter queue of" if has_dead_letters else "are deleted from"
        fields = self._fields(
            f"{len(messages)} messages are not processed and {then} {self._mapping.queue}: their chain has invoked "
            f"{self._mapping.function} {MAX_INVOCATIONS} times; RecursiveLoop: Allow in the template lets it go on"
        )
        self._context.telemetry.log("gateway", "ERROR", fields)

    async def _run_part(self, messages: Sequence[Message], payload: bytes) -> bool | None:
        identifiers, clock = self._context.identifiers, self._context.telemetry.clock
        invocation = Invocation(
            function=self._mapping.function,
            payload=payload,
            request_id=identifiers.request_id(),
            trace_id=with_hop(
                identifiers.trace(trace_of(self._mapping, messages), clock()), f"queue:{self._mapping.queue}"
            ),
            arn=self._mapping.function_arn,
        )
        outcome = await self._invoke(invocation)
        if outcome is None or outcome.ending is Ending.NOT_RUN:
            self._count(not_run=len(messages))
            self._log("WARN", invocation, messages, messages, "the function did not run")
            await self._give_back(messages)
            return None
        succeeded = outcome.ending is Ending.DONE
        failed = messages
        if succeeded:
            failed = await failed_messages(self._mapping, messages, outcome.payload, self._context.offload)
        left = {message["MessageId"] for message in failed}
        await self._delete([message for message in messages if message["MessageId"] not in left])
        if failed and self._context.retries_at_once:
            await self._give_back(failed)
        self._count(succeeded=len(messages) - len(failed), failed=len(failed))
        self._log("WARN" if failed else "INFO", invocation, messages, failed, outcome.ending.value)
        return not succeeded or len(failed) == len(messages)

    async def _invoke(self, invocation: Invocation) -> Outcome | None:
        """The outcome; a function that takes no more work is tried until the messages become visible again."""
        pauses = 0
        while True:
            try:
                work = self._invoking.invoke(invocation)
                self._release()
                return await work
            except NoSuchFunction:
                return None
            except Throttled:
                pauses += 1
                await self._context.back_off(pauses)
                if self._invoking.steady() - self._started >= await self._queue.visibility_timeout():
                    return None

    async def _delete(self, messages: Sequence[Message]) -> None:
        """Delete; what cannot be deleted is received again, which is logged."""
        problem = ""
        for attempt in range(1, DELETE_TRIES + 1):
            try:
                failed = await self._queue.delete(messages)
            except AwsCallError as error:
                problem = str(error)
                await self._context.back_off(attempt)
            else:
                problem = ", ".join(dict.fromkeys(failed))
                break
        if problem:
            fields = self._fields(f"processed messages could not be deleted and are received again: {problem}")
            self._context.telemetry.log("gateway", "ERROR", fields)

    async def _give_back(self, messages: Sequence[Message]) -> None:
        try:
            await self._queue.give_back(messages)
        except AwsCallError as error:
            fields = self._fields(f"messages are received again when their time is over: {error}")
            self._context.telemetry.log("gateway", "WARN", fields)

    def _release(self) -> None:
        if self._reserved:
            self._reserved = False
            self._invoking.reservations.give_back(self._mapping.function)

    @property
    def _labels(self) -> tuple[str, str]:
        return self._mapping.function, self._mapping.name

    def _count(self, **messages: int) -> None:
        """Count a batch, by its worst outcome, and its messages, each by its own."""
        counts, present = self._context.telemetry.counts, [outcome for outcome, count in messages.items() if count]
        counts.batches[(*self._labels, present[-1])] += 1
        for outcome in present:
            counts.messages[(*self._labels, outcome)] += messages[outcome]

    def _log(
        self,
        level: str,
        invocation: Invocation,
        messages: Sequence[Message],
        failed: Sequence[Message],
        ending: str,
    ) -> None:
        seconds = self._invoking.steady() - self._started
        more = {
            "request_id": invocation.request_id,
            "messages": len(messages),
            "failed": len(failed),
            "duration_ms": round(seconds * 1000, 3),
        }
        text = f"batch of {len(messages)} from {self._mapping.queue}: {ending}, {len(failed)} failed"
        self._context.telemetry.log("gateway", level, {**self._fields(text), **more})

    def _fields(self, message: str) -> dict[str, Any]:
        return {"message": f"{self._mapping.key}: {message}", "function": self._mapping.function}
