"""Messages for other services as events: they wait, are tried again and are kept like invocations of functions.

So they are durable before the event that caused them ends. While the service does not answer, they wait as those of a
throttled function do; if it refuses one, that is tried again as a function's error is, and kept if it still fails.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.invocation import Done, Ending, Function, FunctionInvoker, Invocation, Outcome
from esb_gateway.targets import eventbridge, sns, sqs
from esb_gateway.targets.target import service_of_arn
from esb_wire.task_set import TaskSet

Send: TypeAlias = Callable[[AwsClient, Invocation], Awaitable[None]]

AT_ONCE: Final = 10  # messages for one resource

SENDERS: Final[Mapping[str, Send]] = {"events": eventbridge.put_event, "sns": sns.publish, "sqs": sqs.send}
"""By the service of the ARN that an event has in the place of a function's name."""

_BUSY: Final = frozenset({"InternalException", "InternalFailure", "RequestThrottled", "ThrottlingException"})


class Deliveries:
    """Runs functions, and delivers events that are messages. `aws` opens the client of a service, None if the stack has
    no such server. Used on one loop.
    """

    def __init__(self, functions: FunctionInvoker, aws: Callable[[str], AwsClient | None]) -> None:
        self._functions = functions
        self._aws = aws
        self._tasks = TaskSet()

    def find(self, function: str) -> Function | None:
        return self._functions.find(function)

    def capacity(self, function: str) -> int:
        return AT_ONCE if service_of_arn(function) in SENDERS else self._functions.capacity(function)

    def submit(self, invocation: Invocation, done: Done) -> None:
        """See `Invoker`."""
        send = SENDERS.get(service_of_arn(invocation.function))
        if send is None:
            self._functions.submit(invocation, done)
            return
        self._tasks.start(self._deliver(send, invocation, done))

    async def close(self) -> None:
        """Give up what is being delivered: it is still in the file, and delivered after the next start."""
        await self._tasks.cancel()

    async def _deliver(self, send: Send, invocation: Invocation, done: Done) -> None:
        service = service_of_arn(invocation.function)
        client = self._aws(service)
        try:
            if client is None:
                raise AwsCallError("ServiceUnavailable", f"the stack has no {service}", 400)
            await send(client, invocation)
        except AwsCallError as error:
            done(_failure(error))
        except (KeyError, TypeError, ValueError) as error:
            done(_failure(AwsCallError("", f"{service} gave an answer that AWS does not give: {error!r}")))
        else:
            done(Outcome(Ending.DONE, b""))


def _failure(error: AwsCallError) -> Outcome:
    """A server that is not there, or busy, is waited for; a refusal is an error."""
    if error.status in (0, 429) or error.status >= 500 or error.code in _BUSY:
        return Outcome(Ending.NOT_RUN, b"")
    document = {"errorMessage": str(error), "errorType": error.code}
    return Outcome(Ending.FUNCTION_ERROR, json.dumps(document).encode())
