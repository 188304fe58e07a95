"""What was accepted runs, whatever becomes of the gateway; asked for by boto3's own client and by plain HTTP."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.async_invoke.killable_gateway import KillableGateway, lines, signed
from tests.watching import until

pytestmark = pytest.mark.server


class Callers:
    """Threads that send events until so many have been accepted; a gateway that is away is asked again."""

    def __init__(self, host: KillableGateway, file: Path, events: int) -> None:
        self.accepted: set[str] = set()
        self._host = host
        self._file = file
        self._numbers = itertools.count()
        self._events = events
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def have_sent(self, events: int) -> bool:
        return len(self.accepted) >= events

    def _send(self) -> None:
        connection = None
        while (number := next(self._numbers)) < self._events:
            name = str(number)
            while name not in self.accepted:
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", self._host.port, timeout=60)
                    if self._invoke(connection, name):
                        self.accepted.add(name)
                except (OSError, http.client.HTTPException):
                    if connection is not None:
                        connection.close()
                    connection = None
                    time.sleep(0.02)
        if connection is not None:
            connection.close()

    def _invoke(self, connection: http.client.HTTPConnection, name: str) -> bool:
        path = "/2015-03-31/functions/note/invocations"
        body = json.dumps({"file": str(self._file), "id": name}).encode()
        headers = {"X-Amz-Invocation-Type": "Event"}
        connection.request(
            "POST", path, body, signed("POST", f"http://127.0.0.1:{self._host.port}{path}", body, headers)
        )
        response = connection.getresponse()
        response.read()
        return response.status == 202


def test_nothing_that_was_accepted_is_lost_in_five_kills(host: KillableGateway, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    callers = Callers(host, file, 1000)
    for enough in (150, 300, 450, 600, 750):
        until(partial(callers.have_sent, enough))
        host.kill()
        host.start()
    callers.wait()
    assert len(callers.accepted) == 1000
    until(lambda: set(lines(file)) == callers.accepted)


def test_a_failure_without_retries_reaches_the_function_for_failures(
    host: KillableGateway, client: Any, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    payload = {"file": str(file), "a": 1}
    answer = client.invoke(FunctionName="fail", InvocationType="Event", Payload=json.dumps(payload))
    assert answer["StatusCode"] == 202
    until(lambda: len(lines(file)) == 2)
    failed, record = lines(file)
    assert failed == "failed"
    said = json.loads(record)
    assert said["requestContext"] == {
        "requestId": answer["ResponseMetadata"]["RequestId"],
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:fail:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
    }
    assert (said["version"], said["requestPayload"]) == ("1.0", payload)
    assert said["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert (said["responsePayload"]["errorType"], said["responsePayload"]["errorMessage"]) == (
        "ValueError",
        "this is no good",
    )


def test_a_function_that_keeps_failing_runs_three_times(host: KillableGateway, client: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    client.invoke(FunctionName="stubborn", InvocationType="Event", Payload=json.dumps({"file": str(file)}))
    until(lambda: len(lines(file)) == 4)
    assert lines(file)[:3] == ["failed"] * 3
    assert json.loads(lines(file)[3])["requestContext"]["approximateInvokeCount"] == 3
