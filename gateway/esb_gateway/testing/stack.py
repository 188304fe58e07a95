"""A running application, as tests use it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

import boto3
import botocore.session
import httpx
from botocore.config import Config

from esb_gateway.client.gateway_client import GatewayClient
from esb_gateway.inspection.page import PATH
from esb_gateway.testing.starting import GatewayProcess
from esb_schemas.backends import BACKENDS
from esb_wire.sigv4 import Credentials

_SERVERS: Final = {"lambda": "gateway"} | {row.service: "cloud" if row.own else row.service for row in BACKENDS}
"""The name of the URL that answers a service, by boto3's names of services."""
_VARIABLES: Final = {"lambda": "AWS_ENDPOINT_URL_LAMBDA"} | {
    row.service: row.sdk_variable for row in BACKENDS if row.sdk_variable is not None
}


class FunctionError(Exception):
    """A function failed. `payload` is AWS's error document: errorMessage, errorType, stackTrace."""

    def __init__(self, function: str, payload: Any) -> None:
        self.payload = payload
        details = payload if isinstance(payload, dict) else {}
        super().__init__(f"{function}: {details.get('errorType', 'error')}: {details.get('errorMessage', payload)}")


class NotDeliveredError(Exception):
    """Something was still under way when the time was over; `waiting` has a sentence for each thing."""

    def __init__(self, waiting: list[str], seconds: float) -> None:
        self.waiting = waiting
        super().__init__(f"not delivered after {seconds:g} s: {'; '.join(waiting)}")


@dataclass(frozen=True, slots=True)
class RecordedInvocation:
    """One invocation of a function.

    `event` and `response` are JSON values. `outcome` is `done`, `function error`, `timed out`, `exited`, `init error`,
    `response too big` or `not run`; it and the response are None while the function runs. `duration` is in seconds.
    """

    function: str
    request_id: str
    event: Any
    outcome: str | None
    response: Any
    duration: float | None


class Stack:
    """The application. `urls` are by name: gateway (routes, Lambda API), dynamodb, s3, and cloud if it has queues,
    topics or buses. `url` is the gateway's.
    """

    def __init__(self, process: GatewayProcess, credentials: Mapping[str, str], region: str) -> None:
        """Waits until the stack is ready. Raises StartError."""
        self._process = process
        self._credentials = credentials
        self._log_start = 0
        self.region: Final = region
        self.urls: Final = {"gateway" if name == "ready" else name: url for name, url in process.urls().items()}
        self.url: Final = self.urls["gateway"]

    @property
    def log(self) -> list[str]:
        """The lines that were written since the last reset: JSON, as in docs/operations.md, and messages."""
        return self._process.lines[self._log_start :]

    @cached_property
    def http(self) -> httpx.Client:
        """A client whose base is `url`; it uses no proxy."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def client(self, service: str, **options: Any) -> Any:
        """A client of boto3, with the stack's credentials. Raises LookupError if the stack has no such service."""
        given = {"endpoint_url": self._url_of(service), "config": _CONFIG, **options}
        return self._session.client(service, **given)

    def resource(self, service: str, **options: Any) -> Any:
        """A resource of boto3: `dynamodb`, `s3`, `sqs` or `sns`. Raises LookupError as `client` does."""
        given = {"endpoint_url": self._url_of(service), "config": _CONFIG, **options}
        return self._session.resource(service, **given)

    def environment(self) -> dict[str, str]:
        """Variables for a program that uses any SDK of AWS: URLs, region, credentials."""
        urls = {name: self._url_of(service) for service, name in _VARIABLES.items() if _SERVERS[service] in self.urls}
        keys = {name: value for name, value in self._credentials.items() if name.startswith("AWS_")}
        return {**urls, **keys, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function and wait for its response. Raises FunctionError."""
        answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise FunctionError(function, payload)
        return payload

    def invocations(self, function: str | None = None) -> list[RecordedInvocation]:
        """Those since the last reset, the earliest first; of one function, by its name or its logical id."""
        found = self._call("GET", "/invocations", **({} if function is None else {"function": function}))
        return [_recorded(entry) for entry in found["invocations"]]

    def wait_until_delivered(self, seconds: float = 30) -> None:
        """Wait until all that was accepted is delivered: asynchronous invocations, messages of queues that functions
        receive, topics, buses. Raises NotDeliveredError.
        """
        found = self._call("GET", "/delivered", seconds=seconds)
        if not found["delivered"]:
            raise NotDeliveredError(found["waiting"], seconds)

    def reset(self, seconds: float = 30) -> None:
        """Delete all items, objects, messages and records; tables, buckets and queues stay. What runs may end first, at
        most for this time. Raises RuntimeError if it does not.
        """
        self._call("POST", "/reset", seconds=seconds)
        self._log_start = len(self._process.lines)

    def close(self) -> None:
        if "http" in self.__dict__:
            self.http.close()
        if "_lambda" in self.__dict__:
            self._lambda.close()

    @cached_property
    def _lambda(self) -> Any:
        return self.client("lambda")

    @cached_property
    def _session(self) -> boto3.Session:
        session = botocore.session.Session()
        session.set_config_variable("profile", None)  # the user's own AWS account has nothing to do with it
        return boto3.Session(
            aws_access_key_id=self._credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._credentials["AWS_SECRET_ACCESS_KEY"],
            region_name=self.region,
            botocore_session=session,
        )

    def _url_of(self, service: str) -> str:
        server = _SERVERS.get(service)
        if server is None:
            raise LookupError(f"{service}: this stack has none; it has {', '.join(sorted(_SERVERS))}")
        if server not in self.urls:
            raise LookupError(f"{service}: the application has no queue, topic or bus; set esb_local_options = --cloud")
        return self.urls[server]

    def _call(self, method: str, path: str, **query: Any) -> dict[str, Any]:
        credentials = Credentials(self._credentials["AWS_ACCESS_KEY_ID"], self._credentials["AWS_SECRET_ACCESS_KEY"])
        client = GatewayClient(self.url, credentials, time.time(), query.get("seconds", 0) + 30)
        reply = client.send(method, PATH + path, urlencode(query))
        found: dict[str, Any] = json.loads(reply.body)
        if reply.status != 200:
            raise RuntimeError(f"{method} {PATH}{path}: {found.get('message', reply.status)}")
        return found


_CONFIG: Final = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})


def _recorded(entry: Mapping[str, Any]) -> RecordedInvocation:
    duration = entry["duration_ms"]
    return RecordedInvocation(
        function=entry["function"],
        request_id=entry["request_id"],
        event=entry["event"],
        outcome=entry["outcome"],
        response=entry["response"],
        duration=None if duration is None else duration / 1000,
    )
