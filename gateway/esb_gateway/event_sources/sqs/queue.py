"""One queue of an SQS server, as far as a poller needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlencode

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.clocks import Sleep
from esb_gateway.forwarding.forwarder import Outgoing
from esb_wire.http.client import HangUp

BATCH: Final = 10  # messages in a call
LONGEST_WAIT: Final = 20  # seconds that the server may wait for a message
_LOOKS: Final = 15  # at a server that has no signal, each LONGEST_WAIT while nothing comes
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 5.0  # seconds between two looks at a server that has no signal

Message: TypeAlias = Mapping[str, Any]


class Queue(Protocol):
    """A queue. All methods raise AwsCallError."""

    async def visibility_timeout(self) -> float:
        """The seconds for which a received message is invisible."""

    async def wait(self, seconds: float) -> int:
        """Wait until something can be received, or for this time; how much, and at least 1 of what has just been sent.
        Nothing is received.
        """

    @property
    def can_hold(self) -> bool:
        """Whether `receive_next` and `undo_receives` can be called; not, as long as `wait` was not."""

    async def receive_next(self, most: int, seconds: float, hang_up: HangUp) -> Sequence[Message]:
        """Messages as soon as there are some, at most 10; none after this time, or when `hang_up` is called."""

    async def receive(self, most: int) -> Sequence[Message]:
        """Messages that can be received now, at most 10."""

    async def delete(self, messages: Iterable[Message]) -> Sequence[str]:
        """Delete the messages; gives the reasons of those that could not be deleted."""

    async def give_back(self, messages: Iterable[Message]) -> None:
        """Make the messages visible again."""

    async def undo_receives(self, messages: Iterable[Message]) -> None:
        """Make the messages visible again, as if they had not been received."""

    async def has_dead_letters(self) -> bool:
        """Whether the queue has a dead-letter queue."""


class SqsQueue:
    """A `Queue`. ESB's own server signals that there are messages; another one is asked at growing intervals.

    One that refuses to signal is taken for another one for a while: the reason may be its clock, or ours.
    """

    def __init__(self, client: AwsClient, name: str, sleep: Sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep
        self._url: str | None = None
        self._is_ours = False  # it has signalled the last time
        self._receive_asked: tuple[int, int, int] | None = None
        self._receiving: Outgoing
        self._looks_left = 0  # before it is asked for a signal again

    async def visibility_timeout(self) -> float:
        return float((await self._attributes("VisibilityTimeout"))["VisibilityTimeout"])

    async def wait(self, seconds: float) -> int:
        if not self._looks_left:
            try:
                number = await self._signal(seconds)
            except AwsCallError as error:
                if not error.status or error.status >= 500 or error.code in _NO_QUEUE:
                    raise
                self._is_ours = False  # a server that has no such page
                self._looks_left = _LOOKS
            else:
                self._is_ours = True
                return number
        self._looks_left -= 1
        return await self._look(seconds)

    @property
    def can_hold(self) -> bool:
        return self._is_ours and self._client.endpoint.startswith("http://")  # TLS has no half of a connection

    async def receive_next(self, most: int, seconds: float, hang_up: HangUp) -> Sequence[Message]:
        wait = int(min(seconds, LONGEST_WAIT))
        return await self._receive(most, wait, hang_up)

    async def receive(self, most: int) -> Sequence[Message]:
        return await self._receive(most, 0)

    async def delete(self, messages: Iterable[Message]) -> Sequence[str]:
        failed: list[str] = []
        for some in _in_tens(messages):
            answer = await self._call("DeleteMessageBatch", Entries=_entries(some))
            failed += [str(each.get("Message") or each.get("Code")) for each in answer.get("Failed") or ()]
        return failed

    async def give_back(self, messages: Iterable[Message]) -> None:
        for some in _in_tens(messages):
            await self._call("ChangeMessageVisibilityBatch", Entries=_entries(some, VisibilityTimeout=0))

    async def undo_receives(self, messages: Iterable[Message]) -> None:
        handles = {f"ReceiptHandle.{at}": each["ReceiptHandle"] for at, each in enumerate(messages, 1)}
        await self._client.post(f"/_esb/queues/{self._name}/undo-receives", urlencode(handles))

    async def has_dead_letters(self) -> bool:
        answer = await self._call("GetQueueAttributes", AttributeNames=["RedrivePolicy"])
        return bool(answer.get("Attributes"))

    async def _signal(self, seconds: float) -> int:
        wait = int(min(seconds, LONGEST_WAIT))
        answer = await self._client.get(f"/_esb/queues/{self._name}/wait", f"seconds={wait}", wait)
        return int(answer.get("visible") or 0)

    async def _look(self, seconds: float) -> int:
        waited, pause = 0.0, FIRST_PAUSE
        while True:
            number = int((await self._attributes("ApproximateNumberOfMessages"))["ApproximateNumberOfMessages"])
            if number or waited >= seconds:
                return number
            await self._sleep(min(pause, seconds - waited))
            waited, pause = waited + pause, min(pause * 1.5, LONGEST_PAUSE)

    async def _attributes(self, name: str) -> Mapping[str, str]:
        attributes: Mapping[str, str] = (await self._call("GetQueueAttributes", AttributeNames=[name]))["Attributes"]
        return attributes

    async def _receive(self, most: int, wait: int, hang_up: HangUp | None = None) -> Sequence[Message]:
        call = replace(self._receive_call(await self._queue_url(), most, wait), hang_up=hang_up)
        messages: Sequence[Message] = (await self._client.send(call, wait)).get("Messages") or ()
        return messages

    def _receive_call(self, url: str, most: int, wait: int) -> Outgoing:
        """The call that receives. One of the same second is the same, to the last bit of its signature."""
        asked = (most, wait, int(self._client.clock()))
        if self._receive_asked != asked:
            parameters = {
                "QueueUrl": url,
                "AttributeNames": ["All"],
                "MaxNumberOfMessages": most,
                "MessageAttributeNames": ["All"],
                "WaitTimeSeconds": wait,
            }
            self._receive_asked, self._receiving = asked, self._client.prepare("ReceiveMessage", parameters)
        return self._receiving

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self._client.call(operation, {"QueueUrl": await self._queue_url(), **parameters})

    async def _queue_url(self) -> str:
        if self._url is None:
            self._url = str((await self._client.call("GetQueueUrl", {"QueueName": self._name}))["QueueUrl"])
        return self._url


_NO_QUEUE: Final = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")


def _entries(messages: Sequence[Message], **more: object) -> list[dict[str, object]]:
    return [
        {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"], **more} for index, message in enumerate(messages)
    ]


def _in_tens(messages: Iterable[Message]) -> Iterable[Sequence[Message]]:
    whole = list(messages)
    return [whole[start : start + BATCH] for start in range(0, len(whole), BATCH)]
