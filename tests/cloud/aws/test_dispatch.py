"""A large body is read only if somebody signed it, and a signature is verified once."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request

import pytest

from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE
from esb_wire.sigv4 import Credentials, Verifier, sign
from tests.cloud.dispatchers import dispatcher_without_waits
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud
from tests.fake_offload import FakeOffload

pytestmark = pytest.mark.server

NO_FORM = b"a=1&" * 50_000  # a form without an operation: reading it is an error of its own


def send(url: str, body: bytes, service: str, secret: str) -> tuple[int, str]:
    host = url.removeprefix("http://")
    headers = {}
    if secret:
        request = Request("POST", "/", "", (), {"host": host}, body, "")
        headers = sign(request, Credentials(ACCESS_KEY, secret), time.time(), service)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("service", "secret", "status", "code"),
    [
        ("sqs", "", 403, "MissingAuthenticationToken"),
        ("sqs", "another", 403, "InvalidSignature"),
        ("s3", SECRET_KEY, 403, "InvalidSignature"),
        ("sqs", SECRET_KEY, 400, "MissingAction"),
        ("sns", SECRET_KEY, 400, "MissingAction"),
    ],
)
def test_a_large_body_is_read_after_its_signature(
    cloud: RunningCloud, service: str, secret: str, status: int, code: str
) -> None:
    answered, text = send(cloud.url, NO_FORM, service, secret)
    assert (answered, code in text) == (status, True), text


def test_a_small_one_is_read_to_find_its_operation(cloud: RunningCloud) -> None:
    status, text = send(cloud.url, b"a=1", "sqs", "")
    assert (status, "MissingAction" in text) == (400, True)


class CountingVerifier(Verifier):
    """Notes the service of each signature that it accepted."""

    def __init__(self, service: str, verified: list[str]) -> None:
        super().__init__(Credentials(ACCESS_KEY, SECRET_KEY), time.time, service)
        self._name, self._verified = service, verified

    def __call__(self, request: Request) -> None:
        super().__call__(request)
        self._verified.append(self._name)


@pytest.mark.parametrize(
    ("padding", "target"), [(0, "AmazonSQS.ListQueues"), (LARGE, "AmazonSQS.ListQueues"), (LARGE, None)]
)
def test_a_signature_is_verified_once(padding: int, target: str | None) -> None:
    body = b"{" + b" " * padding + b"}" if target else b"Action=ListQueues&a=" + b"x" * padding
    named = {"x-amz-target": target} if target else {}
    unsigned = Request("POST", "/", "", (), {"host": "h", **named}, body, "")
    added = sign(unsigned, Credentials(ACCESS_KEY, SECRET_KEY), time.time(), "sqs")
    request = unsigned._replace(lowered={**unsigned.lowered, **{key.lower(): value for key, value in added.items()}})

    async def scene() -> tuple[int, list[str]]:
        verified, reports = list[str](), list[str]()
        dispatcher = dispatcher_without_waits(
            FakeOffload(), reports, lambda service: CountingVerifier(service, verified)
        )
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        try:
            dispatcher.handle(request, answer.set_result)
            return (await asyncio.wait_for(answer, 60)).status, verified
        finally:
            await dispatcher.store.close()

    assert asyncio.run(scene()) == (200, ["sqs"])


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_a_large_message_arrives(cloud: RunningCloud, name: str, protocol: str) -> None:
    sqs = cloud.client(protocol=protocol)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="%" * 200_000)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "%" * 200_000
