"""`esb-cloud event`: sample events of topics and buses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from esb_cloud.aws.stack import Stack
from esb_cloud.cli import main
from esb_cloud.sample_events import SAMPLES, InvalidOption
from esb_cloud.services import SERVICES
from esb_wire.random_ids import RandomIds

NAMES = {"events": "eventbridge", "sns": "sns"}  # of boto3's clients; functions do not get messages of queues from here


def make(service: str, event: str, options: Mapping[str, Any] = MappingProxyType({})) -> Any:
    return json.loads(SAMPLES[service, event](options, Stack(region="eu-west-1"), 1_700_000_000, RandomIds()))


def test_every_service_that_sends_to_functions_has_a_sample() -> None:
    assert {NAMES[service.name] for service in SERVICES if service.name != "sqs"} == {name for name, _ in SAMPLES}


def test_a_message_of_a_topic() -> None:
    options = {"body": "tea", "subject": "Order", "topic": "orders", "attribute": ["kind=first"]}
    (record,) = make("sns", "notification", options)["Records"]
    assert record["EventSubscriptionArn"].startswith("arn:aws:sns:eu-west-1:123456789012:orders:")
    sns = record["Sns"]
    assert (sns["Message"], sns["Subject"], sns["Timestamp"]) == ("tea", "Order", "2023-11-14T22:13:20.000Z")
    assert sns["MessageAttributes"] == {"kind": {"Type": "String", "Value": "first"}}
    assert "Signature" in sns
    fifo = make("sns", "notification", {"topic": "orders.fifo"})["Records"][0]["Sns"]
    assert "SequenceNumber" in fifo
    assert "Signature" not in fifo
    with pytest.raises(InvalidOption, match="--attribute x"):
        make("sns", "notification", {"attribute": ["x"]})


def test_an_event_of_a_bus() -> None:
    event = make("eventbridge", "event", {"body": '{"id": 1}', "source": "shop", "detail-type": "Ordered"})
    assert (event["detail"], event["source"], event["detail-type"]) == ({"id": 1}, "shop", "Ordered")
    assert (event["region"], event["account"], event["time"]) == ("eu-west-1", "123456789012", "2023-11-14T22:13:20Z")


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["event", "sns", "notification", "--body", "tea"]) == 0
    assert json.loads(capsys.readouterr().out)["Records"][0]["Sns"]["Message"] == "tea"
    for body in ("[]", '{"a": 1e999}'):
        assert main(["event", "eventbridge", "event", "--body", body]) == 1
        assert capsys.readouterr().err.startswith("esb-cloud: --body: the detail of an event is a JSON object")
    assert main(["event", "eventbridge", "event", "--body", '{"a": "\\ud800"}']) == 1
    assert "characters that cannot be written here" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["event", "sns", "event"])
