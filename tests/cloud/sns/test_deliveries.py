"""Deliveries to functions and HTTP endpoints.

Sources: SNS developer guide, "Message delivery retries", "Fanout to HTTP/S endpoints"; recorded/sns/test_sns.json,
test_subscribe_external_http_endpoint.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_cloud.clocks import Clocks
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, Verifier
from tests.cloud.endpoint import Endpoint, Received, endpoint
from tests.cloud.queues import ACCOUNT
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, Start
from tests.cloud.sns.conftest import Sns

pytestmark = pytest.mark.server

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"


@pytest.fixture
def subscriber() -> Iterator[Endpoint]:
    with endpoint() as found:
        found.status = 200
        yield found


def confirm(request: Received) -> int:
    """Visit the link of a confirmation."""
    with urllib.request.urlopen(request.json["SubscribeURL"]) as response:
        status: int = response.status
        return status


def status_of(request: str | urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as response:
            status: int = response.status
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    return status


# -- functions ---------------------------------------------------------------------------------------------------------


def test_a_function_is_invoked_by_a_signed_event_invocation(sns_with_functions: Sns, functions: Endpoint) -> None:
    sns = sns_with_functions
    topic = sns.topic()
    subscription = sns.subscribe(topic, FUNCTION, "lambda")
    published = sns.publish(topic, "text", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    (request,) = functions.wait_for(1)
    assert functions.functions() == ["work"]
    assert request.headers["x-amz-invocation-type"] == "Event"
    (record,) = request.json["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    assert set(record["Sns"]) == {
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"),
        *("SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"),
    }
    assert record["Sns"]["MessageId"] == published["MessageId"]
    assert record["Sns"]["Subject"] is None
    assert record["Sns"]["MessageAttributes"] == {"a": {"Type": "String", "Value": "b"}}
    verifier = Verifier(Credentials(ACCESS_KEY, SECRET_KEY), Clocks().wall, "lambda")
    verifier(
        Request("POST", request.path, "", tuple(request.headers.items()), request.headers, request.body.encode(), "")
    )


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_an_invocation_that_is_not_accepted_is_tried_again(
    sns_with_functions: Sns, functions: Endpoint, status: int
) -> None:
    """Three times at once, then after a second: SNS developer guide, "AWS managed endpoints"."""
    sns = sns_with_functions
    functions.status = status
    topic = sns.topic()
    sns.subscribe(topic, FUNCTION, "lambda")
    sns.publish(topic)
    functions.wait_for(4)
    functions.status = 202
    sent = functions.wait_for(5)
    assert len({one.body for one in sent}) == 1


def test_a_function_that_is_not_there_gives_a_dead_letter(sns_with_functions: Sns, functions: Endpoint) -> None:
    sns = sns_with_functions
    functions.status = 404
    topic, dead = sns.topic(), sns.queue()
    sns.subscribe(topic, FUNCTION, "lambda", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    sns.publish(topic, "text")
    (message,) = sns.messages(dead, seconds=10)
    assert json.loads(message["Body"])["Records"][0]["Sns"]["Message"] == "text"
    assert len(functions.received) == 1


def test_what_cannot_be_kept_is_logged(sns_with_functions: Sns, functions: Endpoint) -> None:
    sns = sns_with_functions
    functions.status = 404
    topic = sns.topic()
    sns.subscribe(topic, FUNCTION, "lambda")
    sns.publish(topic)
    wait_until(lambda: sns.cloud.reports)
    assert "no dead-letter queue, so it is lost" in sns.cloud.reports[0]


def test_a_delivery_outlives_the_process(start: Start, tmp_path: Path, functions: Endpoint, name: str) -> None:
    """It stays until the function's side has said that the event is durable."""
    functions.status = 503
    first = start(tmp_path / "cloud.db", lambda_endpoint=functions.url)
    sns = Sns(first, name)
    topic = sns.topic()
    sns.subscribe(topic, FUNCTION, "lambda")
    sns.publish(topic, "text")
    functions.wait_for(1)
    first.stop()
    functions.status = 202
    seen = len(functions.received)
    second = start(tmp_path / "cloud.db", lambda_endpoint=functions.url)
    second.advance(30)
    sent = functions.wait_for(seen + 1)[-1]
    assert sent.json["Records"][0]["Sns"]["Message"] == "text"
    wait_until(lambda: not deliveries(second.url))


def test_a_target_that_hangs_holds_up_no_other(start: Start, functions: Endpoint, name: str) -> None:
    sns = Sns(start(lambda_endpoint=functions.url), name)
    released: list[bool] = []

    def answer(request: Received) -> int:
        while "slow" in request.path and not released:
            time.sleep(0.01)
        return 202

    functions.answer = answer
    slow, fast = sns.topic(), sns.client.create_topic(Name=f"{name}-fast")["TopicArn"]
    sns.subscribe(slow, FUNCTION.replace("work", "slow"), "lambda")
    sns.subscribe(fast, FUNCTION, "lambda")
    for _ in range(40):
        sns.publish(slow)
    sns.publish(fast)
    functions.wait_for(1)
    assert functions.functions() == ["work"]
    released.append(True)
    functions.wait_for(41)


# -- HTTP --------------------------------------------------------------------------------------------------------------


def test_an_endpoint_gets_nothing_before_it_confirmed(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    answer = sns.client.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{subscriber.url}/sns")
    assert answer["SubscriptionArn"] == "pending confirmation"
    (request,) = subscriber.wait_for(1)
    assert request.path == "/sns"
    assert request.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert request.headers["content-type"] == "text/plain; charset=UTF-8"
    assert set(request.json) == {
        *("Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion"),
        *("Signature", "SigningCertURL"),
    }
    sns.publish(topic, "too early")
    shown = sns.client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in shown] == ["PendingConfirmation"]
    assert confirm(request) == 200
    published = sns.publish(topic, "text")
    request = subscriber.wait_for(2)[1]
    (shown,) = sns.client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert {name: value for name, value in request.headers.items() if name.startswith("x-amz")} == {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": published["MessageId"],
        "x-amz-sns-topic-arn": topic,
        "x-amz-sns-subscription-arn": shown["SubscriptionArn"],
    }
    assert request.json["Message"] == "text"


def test_raw_delivery_to_an_endpoint(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    policy = json.dumps({"requestPolicy": {"headerContentType": "text/csv"}})
    sns.subscribe(topic, subscriber.url, "http", RawMessageDelivery="true", DeliveryPolicy=policy)
    (request,) = subscriber.wait_for(1)
    assert request.headers["content-type"] == "text/plain; charset=UTF-8"
    confirm(request)
    sns.publish(topic, "a;b")
    request = subscriber.wait_for(2)[1]
    assert request.body == "a;b"
    assert request.headers["x-amz-sns-rawdelivery"] == "true"
    assert request.headers["content-type"] == "text/csv"


def test_credentials_in_the_url_are_sent_as_basic_authentication(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    sns.subscribe(topic, subscriber.url.replace("://", "://user:pass@"), "http")
    (request,) = subscriber.wait_for(1)
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert request.headers["host"] == subscriber.url.removeprefix("http://")


def test_an_endpoint_that_fails_is_tried_again_and_then_given_up(sns: Sns, subscriber: Endpoint) -> None:
    topic, dead = sns.topic(), sns.queue()
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 2, "minDelayTarget": 1, "maxDelayTarget": 1}})
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(topic, subscriber.url, "http", RedrivePolicy=redrive, DeliveryPolicy=policy)
    confirm(subscriber.wait_for(1)[0])
    subscriber.status = 500
    sns.publish(topic, "text")
    first, second, third = subscriber.wait_for(4)[1:]
    assert second.at - first.at >= 0.9
    assert third.at - second.at >= 0.9
    (message,) = sns.messages(dead, seconds=10)
    assert json.loads(message["Body"])["Message"] == "text"
    assert len(subscriber.received) == 4


def test_an_endpoint_that_refuses_is_not_tried_again(sns: Sns, subscriber: Endpoint) -> None:
    topic, dead = sns.topic(), sns.queue()
    sns.subscribe(topic, subscriber.url, "http", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    confirm(subscriber.wait_for(1)[0])
    subscriber.status = 400
    sns.publish(topic)
    assert sns.messages(dead, seconds=10)
    assert len(subscriber.received) == 2


def test_a_policy_without_retries(sns: Sns, subscriber: Endpoint) -> None:
    topic, dead = sns.topic(), sns.queue()
    policy = {"healthyRetryPolicy": {"numRetries": 2, "numNoDelayRetries": 2, "minDelayTarget": 1, "maxDelayTarget": 1}}
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(topic, subscriber.url, "http", RedrivePolicy=redrive, DeliveryPolicy=json.dumps(policy))
    confirm(subscriber.wait_for(1)[0])
    subscriber.status = 503
    sns.publish(topic)
    assert sns.messages(dead, seconds=10)
    assert len(subscriber.received) == 4


def test_deleting_a_subscription_can_be_taken_back(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    subscription = sns.subscribe(topic, subscriber.url, "http")
    confirm(subscriber.wait_for(1)[0])
    with urllib.request.urlopen(f"{sns.cloud.url}/?Action=Unsubscribe&SubscriptionArn={subscription}"):
        pass
    request = subscriber.wait_for(2)[1]
    assert request.json["Type"] == "UnsubscribeConfirmation"
    assert sns.client.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"
    confirm(request)
    sns.publish(topic, "again")
    assert subscriber.wait_for(3)[2].json["Message"] == "again"


def test_taking_a_deletion_back_makes_no_second_subscription(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    subscription = sns.subscribe(topic, subscriber.url, "http")
    confirm(subscriber.wait_for(1)[0])
    sns.client.unsubscribe(SubscriptionArn=subscription)
    deletion = subscriber.wait_for(2)[1]
    again = sns.subscribe(topic, subscriber.url, "http")
    confirm(subscriber.wait_for(3)[2])
    confirm(deletion)
    shown = sns.client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in shown] == [again]


def test_only_signed_requests_end_a_subscription_that_wants_it(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    subscription = sns.subscribe(topic, subscriber.url, "http")
    token = subscriber.wait_for(1)[0].json["Token"]
    sns.client.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    assert status_of(f"{sns.cloud.url}/?Action=Unsubscribe&SubscriptionArn={subscription}") == 403
    forged = urllib.request.Request(
        f"{sns.cloud.url}/?Action=Unsubscribe&SubscriptionArn={subscription}",
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, "
            f"Signature={'0' * 64}",
            "X-Amz-Date": "20260101T000000Z",
        },
    )
    assert status_of(forged) == 403
    sns.client.unsubscribe(SubscriptionArn=subscription)


def test_a_limit_of_messages_a_second(sns: Sns, subscriber: Endpoint) -> None:
    topic = sns.topic()
    policy = json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 2}})
    sns.subscribe(topic, subscriber.url, "http", DeliveryPolicy=policy)
    confirm(subscriber.wait_for(1)[0])
    begun = time.monotonic()
    for number in range(3):
        sns.publish(topic, str(number))
    came = {one.json["Message"]: one.at - begun for one in subscriber.wait_for(4)[1:]}
    assert came["1"] >= 0.5
    assert came["2"] >= 1


def wait_until(condition: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def deliveries(url: str) -> int:
    """How many wait, by the metrics."""
    with urllib.request.urlopen(f"{url}/_esb/metrics") as response:
        lines = response.read().decode().splitlines()
    return int(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("esb_cloud_deliveries{")))
