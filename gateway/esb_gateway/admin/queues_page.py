"""`/_esb/queues`: the queues of the stack, for people and for `esb-gateway queues`. Signed as the Invoke API is.

The server of the queues answers; a server that is not ESB's own lists no depths, but redrives. Without a server there
are no queues, but there may be events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

from esb_gateway.admin.in_flight import InFlight
from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.invocation import NotAccepted
from esb_schemas.endpoints import STACK, Endpoint, EndpointMatch, EndpointTable
from esb_schemas.near_miss import near_miss
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.sigv4 import SignatureError, Verify

PATH: Final = "/_esb/queues"
IN_FLIGHT: Final = "/_esb/in-flight"  # of esb-cloud
_LIST: Final = Endpoint(
    "GET", PATH, STACK, "`queues`, with their messages, and `events` [in flight](queues.md#events-in-flight)"
)
_REDRIVE: Final = Endpoint(
    "POST",
    f"{PATH}/{{name}}/redrive",
    STACK,
    "moves the messages of a dead-letter queue back, or to another one",
    "to=OTHER",
)
_PROGRESS: Final = Endpoint("GET", f"{PATH}/{{name}}/redrive", STACK, "how far the last such move is")
ENDPOINTS: Final = EndpointTable(
    "Queues", "They are what `esb-gateway queues` asks: [queues.md](queues.md).", (_LIST, _REDRIVE, _PROGRESS)
)

_NO_SERVER: Final = json_response(404, {"message": "The stack has no server of queues."})


class QueuesPage:
    """Answers requests about queues."""

    def __init__(self, aws: Callable[[str], AwsClient | None], in_flight: InFlight, verify: Verify) -> None:
        self._aws = aws
        self._in_flight = in_flight
        self._verify = verify

    async def get(self, request: Request) -> Response:
        """See `pages.Page`."""
        client = self._aws("sqs")
        try:
            self._verify(request)
            asked = ENDPOINTS.find(request.method, request.path)
            if asked is None:
                return json_response(404, {"message": "Not Found"})
            if asked.endpoint is _LIST:
                return await self._list(client)
            return _NO_SERVER if client is None else await _answer(asked, request, client)
        except SignatureError as error:
            return error_response(error, AwsProtocol.REST_JSON)
        except AwsCallError as error:
            return json_response(error.status or 502, {"message": str(error)})
        except NotAccepted as error:
            return json_response(500, {"message": str(error)})

    async def _list(self, client: AwsClient | None) -> Response:
        queues: dict[str, Any] = {"queues": []}
        elsewhere: dict[str, Any] = {"events": [], "more": False}
        if client is not None:
            queues = await client.get(PATH, "")
            elsewhere = await client.get(IN_FLIGHT, "")
        return json_response(200, {**queues, **await self._in_flight.collect(elsewhere)})


async def _answer(asked: EndpointMatch, request: Request, client: AwsClient) -> Response:
    name = asked.parts["name"]
    if asked.endpoint is _PROGRESS:
        return json_response(200, await _task(client, await _arn(client, name)))
    target = parse_qs(request.query).get("to", [None])[-1]
    return json_response(200, await _redrive(client, name, target))


async def _redrive(client: AwsClient, name: str, target: str | None) -> dict[str, Any]:
    """Start to move a dead-letter queue's messages to where they came from, or to another queue."""
    arn = await _arn(client, name)
    to = {} if target is None else {"DestinationArn": await _arn(client, target)}
    await client.call("StartMessageMoveTask", {"SourceArn": arn, **to})
    return await _task(client, arn)


async def _task(client: AwsClient, arn: str) -> dict[str, Any]:
    """The newest task of a queue; without a status if there was none."""
    results = (await client.call("ListMessageMoveTasks", {"SourceArn": arn, "MaxResults": 1})).get("Results") or [{}]
    task = results[0]
    return {
        "queue": arn.rpartition(":")[2],
        "to": str(task.get("DestinationArn") or "").rpartition(":")[2] or None,
        "status": task.get("Status"),
        "moved": task.get("ApproximateNumberOfMessagesMoved", 0),
        "messages": task.get("ApproximateNumberOfMessagesToMove", 0),
        "reason": task.get("FailureReason"),
    }


async def _names(client: AwsClient) -> list[str]:
    """The names of the first 1,000 queues."""
    found = await client.call("ListQueues", {"MaxResults": 1000})
    return [str(url).rpartition("/")[2] for url in found.get("QueueUrls") or ()]


async def _arn(client: AwsClient, name: str) -> str:
    """Raises AwsCallError; SQS's own text does not name the queue that does not exist."""
    try:
        url = (await client.call("GetQueueUrl", {"QueueName": name}))["QueueUrl"]
    except AwsCallError as error:
        if error.code != "QueueDoesNotExist":
            raise
        near = near_miss(name, await _names(client))
        hint = f"did you mean {near}?" if near else "esb-gateway queues list shows those that exist."
        raise AwsCallError(error.code, f"there is no queue {name}; {hint}", error.status) from error
    found = await client.call("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})
    return str(found["Attributes"]["QueueArn"])
