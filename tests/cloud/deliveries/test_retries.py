"""When a delivery is tried again. Nothing is sent, and no clock is read."""

from __future__ import annotations

from itertools import count, takewhile

import pytest

from esb_cloud.deliveries.retries import MANAGED, MAX_DELAY, EventBridgeRetries, Retries, SnsRetries, dump, load


def delays(retries: Retries, random: float = 0.0) -> list[float]:
    age, found = 0.0, list[float]()
    for failures in takewhile(lambda n: n < 400, count(1)):
        delay = retries.delay(failures, age, random)
        if delay is None:
            break
        age += delay
        found.append(delay)
    return found


def test_managed_endpoints() -> None:
    """Three at once, two after a second, ten backing off from 1 to 20 s, then every 20 s; 100,015 in all, 23 days.

    SNS developer guide, "Message delivery retries", AWS managed endpoints.
    """
    first = delays(MANAGED)[:16]
    assert first[:6] == [0, 0, 0, 1, 1, 1]
    assert first[5:15] == sorted(first[5:15])
    assert first[14:] == [20, 20]
    assert MANAGED.delay(100_015, 0, 0) == 20
    assert MANAGED.delay(100_016, 0, 0) is None


def test_http_endpoints_by_default() -> None:
    assert delays(SnsRetries(3, 0, 0, 0, 20, 20)) == [20, 20, 20]


@pytest.mark.parametrize("function", ["linear", "arithmetic", "geometric", "exponential"])
def test_backing_off_begins_at_the_least_delay_and_ends_at_the_longest(function: str) -> None:
    found = delays(SnsRetries(8, 1, 1, 1, 5, 60, function))
    assert found[:3] == [0, 5, 5]
    assert found[2:7] == sorted(found[2:7])
    assert found[6:] == [60, 60]


def test_no_retries() -> None:
    assert delays(SnsRetries(0, 0, 0, 0, 20, 20)) == []


def test_eventbridge_by_default() -> None:
    """185 times within a day. EventBridge user guide, "Retrying event delivery"."""
    assert len(delays(EventBridgeRetries())) == 185
    assert sum(delays(EventBridgeRetries(), 1.0)) <= 86_400
    assert delays(EventBridgeRetries(), 1.0)[:5] == [1, 2, 4, 8, 16]
    assert max(delays(EventBridgeRetries(), 1.0)) == MAX_DELAY


def test_jitter_takes_up_to_half() -> None:
    assert delays(EventBridgeRetries(), 0.0)[:3] == [0.5, 1, 2]


def test_an_event_that_is_too_old_is_not_tried_again() -> None:
    assert sum(delays(EventBridgeRetries(max_age=60), 1.0)) <= 60
    assert delays(EventBridgeRetries(retries=0)) == []


@pytest.mark.parametrize("retries", [MANAGED, EventBridgeRetries(60, 3)])
def test_a_policy_survives_dump_and_load(retries: Retries) -> None:
    assert load(dump(retries)) == retries
