"""A made-up service: the section `Queues` with queues, of which the attributes can change but not the order.

It is written as a sub-package of `services` is, and known to the tests alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.steps import Answer, Api, ApiCall, Operation, Resource, Step
from esb_schemas.backends import ApiProbe, Backend

BACKEND: Final = Backend(
    service="sqs",
    label="Queues",
    host="queues",
    port=4566,
    endpoint_variable="QUEUES_ENDPOINT",
    port_variable="ESB_QUEUES_PORT",
    url_variable="ESB_QUEUES_URL",
    image_variable="ESB_QUEUES_IMAGE",
    replicas_variable="ESB_QUEUES_REPLICAS",
    probe=ApiProbe("list_queues", {}),
    sdk_id="QUEUES",
)


@dataclass(frozen=True)
class Queue:
    name: str
    attributes: Mapping[str, Any]

    @property
    def resource(self) -> Resource:
        return Resource("queue", self.name)


def api_call(operation: str, **params: Any) -> ApiCall:
    return ApiCall(BACKEND.service, operation, params)


def parse(entry: Mapping[str, Any], _region: str) -> Queue:
    return Queue(entry["QueueName"], entry.get("Attributes", {}))


def list_queues(api: Api) -> frozenset[str]:
    return frozenset(url.rpartition("/")[2] for url in api(api_call("list_queues")).get("QueueUrls", ()))


def read(api: Api, queue: Queue, _answers: Sequence[Answer]) -> Mapping[str, Any]:
    url = api(api_call("get_queue_url", QueueName=queue.name))["QueueUrl"]
    attributes = api(api_call("get_queue_attributes", QueueUrl=url, AttributeNames=["All"])).get("Attributes", {})
    return {"QueueUrl": url, **attributes}


def create(queue: Queue) -> Iterator[Step]:
    texts = {key: str(value) for key, value in queue.attributes.items()}
    call = api_call("create_queue", QueueName=queue.name, Attributes=texts)
    yield Operation(queue.resource, "QueueName", "not found", call, essential=True, creates=True)


def aspects(queue: Queue, seen: Mapping[str, Any]) -> Iterator[Aspect]:
    before, after = seen.get("FifoQueue", "false"), queue.attributes.get("FifoQueue", "false")
    yield Aspect("FifoQueue", after, before, hint="use another name")
    for key, value in queue.attributes.items():
        call = api_call("set_queue_attributes", QueueUrl=seen["QueueUrl"], Attributes={key: str(value)})
        step = Operation(queue.resource, key, f"{key}: {seen.get(key)} -> {value}", call)
        yield Aspect(key, str(value), seen.get(key, ""), (step,))


def error_rule(_operation: str, code: str, _message: str) -> ErrorKind | None:
    return ErrorKind.MISSING if code.endswith("NonExistentQueue") else None


NOTHING: Final[Mapping[str, Any]] = {"QueueUrl": ""}
QUEUE: Final = ResourceType(
    kind="queue",
    section="Queues",
    backend=BACKEND,
    calls=frozenset({"create_queue", "get_queue_attributes", "get_queue_url", "list_queues", "set_queue_attributes"}),
    parse=parse,
    list_names=list_queues,
    read=read,
    create=create,
    aspects=aspects,
    nothing=NOTHING,
    list_lags=True,
    integers=frozenset({"VisibilityTimeout"}),
    error_rule=error_rule,
)


@dataclass
class FakeQueues:
    """The made-up service in memory."""

    queues: dict[str, dict[str, str]] = field(default_factory=dict)

    def __call__(self, call: ApiCall) -> Answer:
        assert call.service == BACKEND.service
        assert call.operation in QUEUE.calls
        match call.operation:
            case "list_queues":
                return {"QueueUrls": [f"http://queues/{name}" for name in self.queues]}
            case "create_queue":
                self.queues[call.params["QueueName"]] = dict(call.params["Attributes"])
                return {}
            case "get_queue_url" if call.params["QueueName"] not in self.queues:
                raise ServerError(ErrorKind.MISSING, "AWS.SimpleQueueService.NonExistentQueue", "")
            case "get_queue_url":
                return {"QueueUrl": f"http://queues/{call.params['QueueName']}"}
        attributes = self.queues[call.params["QueueUrl"].rpartition("/")[2]]
        attributes |= call.params.get("Attributes", {})
        return {"Attributes": attributes}
