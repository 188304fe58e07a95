"""`--testing`: what is pending, and a reset; without it there is neither."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from esb_cloud.aws.stack import Stack
from esb_cloud.cli import main
from esb_cloud.clocks import Clocks, StoreClock
from esb_cloud.deliveries.dead_letters import dead_letter
from esb_cloud.deliveries.sending import Outcome, Verdict
from esb_cloud.deliveries.worker import conclude
from esb_cloud.sql.database import open_database
from esb_cloud.sql.tables.deliveries import NewDelivery
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.sending import Outgoing
from esb_cloud.testing import pending, reset
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign
from tests.cloud.cloud_process import CREDENTIALS
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud, Start
from tests.watching import refused_port, until

ACCOUNT = "123456789012"


def ask(cloud: RunningCloud, method: str, path: str, *, signed: bool = True) -> tuple[int, Any]:
    host = cloud.url.removeprefix("http://")
    unsigned = Request(method, path, "", (), {"host": host}, b"", "")
    headers = sign(unsigned, Credentials(ACCESS_KEY, SECRET_KEY), time.time(), "sqs") if signed else {}
    request = urllib.request.Request(cloud.url + path, method=method, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.server
def test_what_is_sent_is_pending_until_a_reset(start: Start) -> None:
    with refused_port() as port:  # no gateway: a delivery is tried again and again
        is_pending_until_a_reset(start(testing=True, lambda_endpoint=f"http://127.0.0.1:{port}"))


def is_pending_until_a_reset(cloud: RunningCloud) -> None:
    sqs, sns = cloud.client(), cloud.client("sns")
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName="orders.fifo", Attributes=fifo)["QueueUrl"]
    topic = sns.create_topic(Name="shipped")["TopicArn"]
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tell"
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    assert ask(cloud, "GET", "/_esb/testing") == (200, {"queues": {}, "deliveries": {}})

    for body in ("a", "b"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    sns.publish(TopicArn=topic, Message="text")
    sqs.receive_message(QueueUrl=url)
    _, pending = ask(cloud, "GET", "/_esb/testing")
    assert pending["queues"] == {"orders.fifo": {"visible": 1, "in_flight": 1, "delayed": 0}}
    assert list(pending["deliveries"].values()) == [1]

    assert ask(cloud, "POST", "/_esb/testing/reset") == (200, {"messages": 2, "deliveries": 1})
    assert ask(cloud, "GET", "/_esb/testing") == (200, {"queues": {}, "deliveries": {}})
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="g")  # no duplicate of one before the reset
    until(lambda: [each["Body"] for each in sqs.receive_message(QueueUrl=url).get("Messages", ())] == ["a"])
    sqs.purge_queue(QueueUrl=url)  # a reset is no purge, of which there is one a minute


def test_a_delivery_that_fails_after_a_reset_is_forgotten() -> None:
    """Its dead letter would reach the next test."""
    database = open_database(None)
    transaction = Transaction(database, StoreClock(Clocks(), None))
    transaction.begin(0.0)
    transaction.queues.add("dead", {}, {}, 0)
    letter = dead_letter("dead", Outgoing("body"))
    transaction.deliveries.add(NewDelivery("target", 0.0, 0.0, "source", {}, "{}", {"attempts": 0}, letter))
    (delivery,) = transaction.deliveries.due("target", 1.0, (), 1)
    assert reset(transaction) == {"messages": 0, "deliveries": 1}
    conclude(transaction, Stack(), delivery, Outcome(Verdict.REFUSED, "400", "no"), 0.5)
    assert pending(transaction) == {"queues": {}, "deliveries": {}}
    database.close()


@pytest.mark.server
def test_who_may_ask(start: Start, cloud: RunningCloud) -> None:
    tested = start(testing=True)
    for method, path in (("GET", "/_esb/testing"), ("POST", "/_esb/testing/reset")):
        assert ask(tested, method, path, signed=False)[0] == 403
        assert ask(cloud, method, path)[0] == 400  # without --testing it is no page


def test_no_file_is_emptied(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--testing", "--data", "cloud.sqlite3"], CREDENTIALS)
    assert "--testing lets tests delete everything; leave --data out" in capsys.readouterr().err
