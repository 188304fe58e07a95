"""One queue of an SQS server, as far as a poller needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.clocks import Sleep
from esb_gateway.integrations.http_proxy import Outgoing

BATCH: Final = 10  # messages in a call
LONGEST_WAIT: Final = 20  # seconds that the server may wait for a message
_PREPARED_FOR: Final = 60.0  # seconds; a signature is valid for five minutes
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

    async def receive(self, most: int) -> Sequence[Message]:
        """Messages that can be received now, at most 10."""

    async def delete(self, messages: Iterable[Message]) -> Sequence[str]:
        """Delete the messages; gives the reasons of those that could not be deleted."""

    async def give_back(self, messages: Iterable[Message]) -> None:
        """Make the messages visible again."""

    async def has_dead_letters(self) -> bool:
        """Whether the queue has a dead-letter queue."""


class _PreparedReceive(NamedTuple):
    """A receive of at most `most` messages, which was signed at `made`, in seconds since 1970."""

    most: int
    made: float
    call: Outgoing


class SqsQueue:
    """A `Queue`. ESB's own server signals that there are messages; another one is asked at growing intervals."""

    def __init__(self, client: AwsClient, name: str, sleep: Sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep
        self._url: str | None = None
        self._signals = True
        self._most = BATCH  # messages that were asked for last
        self._prepared: _PreparedReceive | None = None

    async def visibility_timeout(self) -> float:
        return float((await self._attributes("VisibilityTimeout"))["VisibilityTimeout"])

    async def wait(self, seconds: float) -> int:
        if self._signals:
            try:
                return await self._signal(seconds)
            except AwsCallError as error:
                if not error.status or error.status >= 500 or error.code in _NO_QUEUE:
                    raise
                self._signals = False  # a server that has no such page
        return await self._look(seconds)

    async def receive(self, most: int) -> Sequence[Message]:
        prepared, self._prepared, self._most = self._prepared, None, most
        if prepared is None or prepared.most != most or self._client.clock() - prepared.made > _PREPARED_FOR:
            prepared = await self._prepare_receive(most)
        answer = await self._client.send(prepared.call)
        messages: Sequence[Message] = answer.get("Messages") or ()
        return messages

    async def delete(self, messages: Iterable[Message]) -> Sequence[str]:
        failed: list[str] = []
        for some in _in_tens(messages):
            answer = await self._call("DeleteMessageBatch", Entries=_entries(some))
            failed += [str(each.get("Message") or each.get("Code")) for each in answer.get("Failed") or ()]
        return failed

    async def give_back(self, messages: Iterable[Message]) -> None:
        for some in _in_tens(messages):
            await self._call("ChangeMessageVisibilityBatch", Entries=_entries(some, VisibilityTimeout=0))

    async def has_dead_letters(self) -> bool:
        answer = await self._call("GetQueueAttributes", AttributeNames=["RedrivePolicy"])
        return bool(answer.get("Attributes"))

    async def _signal(self, seconds: float) -> int:
        self._prepared = await self._prepare_receive(self._most)  # now, as a message comes later that is in a hurry
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

    async def _prepare_receive(self, most: int) -> _PreparedReceive:
        parameters = {
            "QueueUrl": await self._queue_url(),
            "AttributeNames": ["All"],
            "MaxNumberOfMessages": most,
            "MessageAttributeNames": ["All"],
            "WaitTimeSeconds": 0,
        }
        return _PreparedReceive(most, self._client.clock(), self._client.prepare("ReceiveMessage", parameters))

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
