"""The endpoints that tests need between them, only with `--testing`: signed requests, as those to SQS are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from esb_cloud.aws.dispatch import Dispatcher
from esb_cloud.sql.transaction import Transaction
from esb_schemas.endpoints import SIGNED, Endpoint, EndpointTable
from esb_wire.errors import AwsError, AwsProtocol, error_response
from esb_wire.http.messages import Request, Respond, json_response

PATH: Final = "/_esb/testing"

Handle: TypeAlias = Callable[[Request, Respond], None]


def pending(transaction: Transaction) -> dict[str, Any]:
    """The number of messages of each queue that has some, and of deliveries that wait for each target."""
    queues = {}
    for queue in transaction.queues.all():
        depth = transaction.queues.depth(queue, transaction.now)
        if depth.oldest is not None:
            counts = {"visible": depth.visible, "in_flight": depth.in_flight, "delayed": depth.delayed}
            queues[queue.name] = counts
    return {"queues": queues, "deliveries": {target: count for target, count, _ in transaction.deliveries.counts()}}


def reset(transaction: Transaction) -> dict[str, Any]:
    """Delete what was sent; returns how many messages and deliveries there were."""
    messages = 0
    for queue in transaction.queues.all():
        messages += transaction.queues.size(queue)
        transaction.queues.clear(queue)
    transaction.move_tasks.clear()
    transaction.topics.clear_deduplication()
    return {"messages": messages, "deliveries": transaction.deliveries.clear()}


_PENDING: Final = Endpoint(
    "GET", PATH, SIGNED, "`queues` that have messages, by name, and `deliveries` that wait, by target"
)
_RESET: Final = Endpoint(
    "POST",
    f"{PATH}/reset",
    SIGNED,
    "deletes all messages and deliveries; queues, topics, buses and their settings stay",
)
ENDPOINTS: Final = EndpointTable("", "", (_PENDING, _RESET))


@dataclass(frozen=True, slots=True)
class InspectionApi:
    """Answers these requests, and hands all others on."""

    dispatcher: Dispatcher
    other: Handle

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request. Raises nothing."""
        asked = ENDPOINTS.find(request.method, request.path)
        if asked is None:
            self.other(request, respond)
            return

        def failed(error: Exception) -> None:
            known = error if isinstance(error, AwsError) else self.dispatcher.defect(request, error)
            respond(error_response(known, AwsProtocol.REST_JSON))

        try:
            self.dispatcher.verify(request, "sqs")
            self.dispatcher.store.run(
                pending if asked.endpoint is _PENDING else reset,
                lambda found: respond(json_response(200, found)),
                failed,
            )
        except AwsError as error:
            failed(error)
