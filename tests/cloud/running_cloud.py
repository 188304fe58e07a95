"""A server in a thread of the test's process, whose time can be moved, and clients of both protocols for it."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from esb_cloud.clocks import Clocks
from esb_cloud.serving import serving
from esb_cloud.settings import Settings

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "secret"
CONFIG = Config(retries={"total_max_attempts": 1}, parameter_validation=False)


class RunningCloud:
    """Serves from `start` to `stop`; what it reports is in `reports`."""

    def __init__(self, data: Path | None = None, **settings: Any) -> None:
        self.settings = Settings(
            port=0, data=data, access_key=ACCESS_KEY, secret_key=SECRET_KEY, drain_seconds=5, **settings
        )
        self.reports: list[str] = []
        self.url = ""
        self._skew = self._wall_skew = 0.0
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> RunningCloud:
        self._thread.start()
        assert self._ready.wait(20)
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def advance(self, seconds: float) -> None:
        """Let time pass, but not on the wall clock: it is that of signatures, and decides nothing."""
        self._skew += seconds

    def set_clock(self, seconds: float) -> None:
        """Step the wall clock; no time passes."""
        self._wall_skew += seconds

    def client(self, service: str = "sqs", protocol: str = "json", url: str | None = None) -> Any:
        """A client of boto3; its clock is that of this process."""
        session = boto3.Session(
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
            botocore_session=_query_session() if protocol == "query" else None,
        )
        return session.client(service, endpoint_url=url or self.url, config=CONFIG)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        clocks = Clocks(
            steady=lambda: time.monotonic() + self._skew,
            wall=lambda: time.time() + self._wall_skew,
            since_boot=lambda: time.monotonic() + self._skew,
        )
        async with serving(self.settings, self.reports.append, clocks) as self.url:
            self._ready.set()
            await self._stop.wait()


def _query_session() -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", _QueryLoader())
    return session


class _QueryLoader(Loader):  # type: ignore[misc]
    """Gives SQS the model of the SDKs from before its JSON protocol (API reference, "Making Query API requests")."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model = super().load_service_model(service_name, type_name, api_version)
        return _as_query(json.dumps(model)) if (service_name, type_name) == ("sqs", "service-2") else model


@cache
def _as_query(text: str) -> Any:
    model = copy.deepcopy(json.loads(text))
    metadata, shapes = model["metadata"], model["shapes"]
    metadata.update(protocol="query", protocols=["query"], xmlNamespace="http://queue.amazonaws.com/doc/2012-11-05/")
    for name in ("awsQueryCompatible", "jsonVersion", "targetPrefix"):
        metadata.pop(name, None)
    for name, operation in model["operations"].items():
        if "output" in operation:
            operation["output"]["resultWrapper"] = f"{name}Result"
    for name, element in _LISTS.items():
        shapes[name]["member"]["locationName"] = element
        shapes[name]["flattened"] = True
    for name, (element, key, value) in _MAPS.items():
        shapes[name].update(flattened=True, locationName=element)
        shapes[name]["key"]["locationName"] = key
        shapes[name]["value"]["locationName"] = value
    for shape in shapes.values():
        for member in shape.get("members", {}).values():
            if member["shape"] in _MAPS:
                member["locationName"] = _MAPS[member["shape"]][0]
            elif member["shape"] in _LISTS:
                member["locationName"] = _LISTS[member["shape"]]
    return model


_LISTS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResult",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "TagKeyList": "TagKey",
}
_MAPS = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}

Start = Callable[..., RunningCloud]
