"""The current state of a queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from esb_provisioner.resources.reading import UNKNOWN, IsUnknown, all_pages, unless_unsupported
from esb_provisioner.services.sqs.calls import api_call
from esb_provisioner.services.sqs.definition import Queue
from esb_provisioner.steps import Answer, Api

PAGE: Final = 1000  # without MaxResults, SQS gives one page only


@dataclass(frozen=True)
class ObservedQueue:
    """A queue that exists; `tags` are None if the file gives none."""

    url: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | IsUnknown | None = None


def list_queues(api: Api) -> frozenset[str]:
    """The names of all queues."""
    pages = all_pages(api, api_call("list_queues", MaxResults=PAGE), "NextToken", "NextToken")
    return frozenset(url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ()))


def read(api: Api, queue: Queue, _answers: Sequence[Answer]) -> ObservedQueue:
    """The attributes and, if the file gives any, the tags."""
    url = api(api_call("get_queue_url", QueueName=queue.name))["QueueUrl"]
    answer = api(api_call("get_queue_attributes", QueueUrl=url, AttributeNames=["All"]))
    return ObservedQueue(url, answer.get("Attributes", {}), read_tags(api, url) if queue.tags else None)


def read_tags(api: Api, url: str) -> Mapping[str, str] | IsUnknown:
    answer = unless_unsupported(partial(api, api_call("list_queue_tags", QueueUrl=url)))
    return UNKNOWN if answer is UNKNOWN else answer.get("Tags", {})
