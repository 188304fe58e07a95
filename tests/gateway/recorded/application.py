"""The running application, and what the recorded tests did with one: invoke functions, send requests, read logs."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.gateway.local.local_gateway import LocalGateway
from tests.gateway.recorded.recordings import Headers, parsed
from tests.watching import until

# Functions are processes of this machine: their code lies elsewhere than in a container
# The copy that runs, or the source that lines of the log name.
_CODE = re.compile(r'(?<=")(?:/[^"]*?/functions/\w+/code/|[^"]*?recorded/stack/functions/)')


@dataclass(frozen=True)
class Response:
    """A response to a request."""

    status: int
    headers: Headers
    body: str

    @property
    def json(self) -> Any:
        return parsed(self.body)


class Application:
    """The running application."""

    def __init__(self, gateway: LocalGateway) -> None:
        self.gateway = gateway
        self._sequences: dict[str, Any] = {}
        self._secrets = dict(line.split("=", 1) for line in (gateway.root / "secrets.env").read_text().split())

    def once(self, name: str, run: Callable[[Application], Any]) -> Any:
        """What `run` gives, run once for all steps of a recorded test."""
        if name not in self._sequences:
            self._sequences[name] = run(self)
        return self._sequences[name]

    @cached_property
    def _lambda(self) -> Any:
        return self.gateway.client("lambda")

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of an operation of the Lambda API, or its error."""
        try:
            return dict(getattr(self._lambda, operation)(**parameters))
        except ClientError as error:
            return dict(error.response)

    def invoke(self, function: str, event: Any = None, **parameters: Any) -> dict[str, Any]:
        """The answer of Invoke, its payload and its log read."""
        answer = self.call(
            "invoke", FunctionName=function, Payload=json.dumps({} if event is None else event), **parameters
        )
        if "Payload" in answer:
            answer["Payload"] = parsed(_CODE.sub("/var/task/", answer["Payload"].read().decode()))
        if "LogResult" in answer:
            answer["LogResult"] = base64.b64decode(answer["LogResult"]).decode()
        return answer

    def request(
        self, host: str, method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: str = ""
    ) -> Response:
        """A request with these headers and no others, but for Host and Content-Length."""
        connection = http.client.HTTPConnection(self.gateway.addresses["ready"].removeprefix("http://"), timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() or None)
            answer = connection.getresponse()
            return Response(answer.status, Headers(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def run_again(self, request_id: str, attempts: int) -> None:
        """Once an asynchronous invocation has failed so many times, let its next attempt not wait."""

        def failed() -> bool:
            event = json.loads(self._signed("GET", f"/_esb/events/{request_id}").body)
            return (event.get("state"), event.get("attempts")) == ("queued", attempts)

        until(failed)
        assert self._signed("POST", f"/_esb/events/{request_id}/retry").status == 200

    def log(self, request_id: str, ends: int = 1) -> list[str]:
        """The lines of the log of one invocation, once so many attempts have ended."""
        until(lambda: sum(line.startswith("REPORT") for line in self._log(request_id)) >= ends)
        return self._log(request_id)

    def received(self, request_id: str) -> Any:
        """The record of an asynchronous invocation that the destination has received."""
        found: list[Any] = []

        def arrived() -> bool:
            records = (json.loads(line["message"]) for line in self._lines("Receiver") if line["message"][:1] == "{")
            found.extend(record for record in records if record["requestContext"]["requestId"] == request_id)
            return bool(found)

        until(arrived)
        return json.loads(_CODE.sub("/var/task/", json.dumps(found[0])))

    def _signed(self, method: str, path: str) -> Response:
        url = self.gateway.addresses["ready"] + path
        signed = AWSRequest(method, url)
        credentials = Credentials(self._secrets["AWS_ACCESS_KEY_ID"], self._secrets["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "lambda", "us-east-1").add_auth(signed)
        return self.request(url.split("/")[2], method, path, signed.headers.items())

    def _log(self, request_id: str) -> list[str]:
        own = (line["message"] for line in self._lines() if line.get("request_id") == request_id)
        return [_CODE.sub("/var/task/", message) for message in own]

    def _lines(self, function: str | None = None) -> Iterable[dict[str, Any]]:
        for text in list(self.gateway.lines):
            line = json.loads(text) if text.startswith("{") else {}
            if line.get("type") == "function" and function in (None, line["function"]):
                yield line
