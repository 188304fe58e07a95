"""Writes what follows an attempt: the event is postponed, or it ends and other events begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from esb_gateway.async_invoke.completion import complete, needs_response
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.queue_context import RETRY_DISK, QueueContext
from esb_gateway.async_invoke.records import ReadResponse, read_response
from esb_gateway.async_invoke.rules import Ended, Event, Retry, Step, policy_of
from esb_gateway.invocation import NotAccepted
from esb_wire.offload import is_costly


class StepWriter:
    """`written` gets each event whose step is durable; `postponed` gets the times when events are due again.

    An event stays held until then, so that it is not read as it was before.
    """

    def __init__(
        self, context: QueueContext, written: Callable[[Event], None], postponed: Callable[[float], None]
    ) -> None:
        self._context = context
        self._written = written
        self._postponed = postponed

    def write(self, event: Event, step: Step) -> None:
        """Write the step, again and again while the disk refuses."""
        match step:
            case Retry(due, attempts):

                def postponed(_: None) -> None:
                    self._done(event)
                    self._postponed(due)

                failed = partial(self._failed, event, step)
                self._context.store.do(lambda file: file.postpone(event.id, due, attempts), postponed, failed)
            case Ended():
                self._write_end(event, step)

    def _write_end(self, event: Event, ended: Ended) -> None:
        response, policy = ended.response, policy_of(self._context.functions.find(event.invocation.function))
        if response is not None and is_costly(response) and needs_response(ended, policy):
            self._context.tasks.start(self._read_and_write_end(event, ended, response))
        else:
            self._write_followers(event, ended, None)

    async def _read_and_write_end(self, event: Event, ended: Ended, response: bytes) -> None:
        """Read a large response elsewhere first."""
        try:
            read = await self._context.offload.run(read_response, response)
        except Exception as error:
            problem = f"The response of {event.invocation.function} cannot be read: {error!r}."
            self._failed(event, ended, NotAccepted(problem))
        else:
            self._write_followers(event, ended, read)

    def _write_followers(self, event: Event, ended: Ended, read: ReadResponse | None) -> None:
        context = self._context
        find, identifiers, targets = context.functions.find, context.identifiers, context.targets
        kept, followers = complete(
            event, ended, context.now(), find=find, identifiers=identifiers, targets=targets, read=read
        )

        def end(file: EventFile) -> list[Event]:
            """The event ends and its followers begin, both or neither."""
            if not file.remove(event.id):
                return []  # it was dropped while it ran
            if kept is not None:
                file.keep(kept)
            return [file.add(follower) for follower in followers]

        def written(added: Sequence[Event]) -> None:
            self._done(event)
            for follower in added:
                context.arrived(follower)

        context.store.do(end, written, partial(self._failed, event, ended))

    def _done(self, event: Event) -> None:
        self._context.write_failed = False
        self._written(event)

    def _failed(self, event: Event, step: Step, problem: NotAccepted) -> None:
        context = self._context
        if not context.write_failed:  # one line for all of them: a log on the same disk must not grow now
            message = f"{problem} The end of the event is written as soon as possible."
            context.telemetry.log_error(event.invocation, message)
        context.write_failed = True
        context.call_later(RETRY_DISK, partial(self.write, event, step))
