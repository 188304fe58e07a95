"""A large body is read only if somebody signed it."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

import pytest

from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud

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


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_a_large_message_arrives(cloud: RunningCloud, name: str, protocol: str) -> None:
    sqs = cloud.client(protocol=protocol)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="%" * 200_000)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "%" * 200_000
