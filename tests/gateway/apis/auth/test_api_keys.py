"""API keys, throttles and quotas, by a clock of the test's own."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Literal

import pytest

from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.auth.api_keys import KeyRing, KeyUsage, Meter, derived_value, key_lines, period_start
from esb_schemas.contract import ApiKey, PlannedApi, Quota, Throttle, UsagePlan

NOW = datetime(2026, 3, 11, 23, 59, 50, tzinfo=UTC).timestamp()  # a Wednesday
KEY, OTHER = "Key", "Other"
ALLOWED = None


def sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def plan(throttle: Throttle | None = None, quota: Quota | None = None, **methods: Throttle) -> Meter:
    shop = PlannedApi({f"{method} /orders": limit for method, limit in methods.items()})
    return Meter({"Plan": UsagePlan({"Shop": shop, "Till": PlannedApi()}, (KEY, OTHER), throttle, quota)}, KeyUsage())


def test_a_key_is_found_by_its_value_unless_disabled() -> None:
    keys = {
        "Own": ApiKey(),
        "Given": ApiKey(value_sha256=sha256("a-value-of-the-template")),
        "Off": ApiKey(enabled=False),
    }
    ring = KeyRing(keys, "secret")
    assert ring.find(derived_value("secret", "Own")) == "Own"
    assert ring.find("a-value-of-the-template") == "Given"
    assert ring.find(derived_value("secret", "Given")) is None
    assert ring.find(derived_value("secret", "Off")) is None
    assert ring.find(derived_value("other", "Own")) is None
    assert ring.find("") is None
    assert len(derived_value("secret", "Own")) == 40


def test_without_a_secret_no_value_can_be_derived() -> None:
    ring = KeyRing({"Own": ApiKey(), "Given": ApiKey(value_sha256=sha256("v"))}, "")
    assert ring.find(derived_value("", "Own")) is None
    assert ring.find("v") is not None


def test_a_key_is_for_the_apis_of_its_plan() -> None:
    meter = plan()
    assert meter.use(KEY, "Shop", "GET /orders", NOW) is ALLOWED
    assert meter.use(KEY, "Elsewhere", "GET /orders", NOW) is Failure.FORBIDDEN
    assert meter.use("Unplanned", "Shop", "GET /orders", NOW) is Failure.FORBIDDEN


def test_a_bucket_empties_and_fills() -> None:
    meter = plan(Throttle(2, 3))

    def uses(at: float, count: int = 4) -> list[Failure | None]:
        return [meter.use(KEY, "Shop", "GET /orders", NOW + at) for _ in range(count)]

    assert uses(0) == [ALLOWED] * 3 + [Failure.RATE_EXCEEDED]
    assert uses(0.4, 1) == [Failure.RATE_EXCEEDED]
    assert uses(0.5, 2) == [ALLOWED, Failure.RATE_EXCEEDED]
    assert uses(100) == [ALLOWED] * 3 + [Failure.RATE_EXCEEDED]
    assert uses(50, 1) == [Failure.RATE_EXCEEDED]  # the clock was set back


def test_each_key_and_each_api_has_a_bucket() -> None:
    meter = plan(Throttle(1, 1))
    calls = [(KEY, "Shop"), (KEY, "Shop"), (OTHER, "Shop"), (KEY, "Till")]
    assert [meter.use(key, api, "GET /", NOW) for key, api in calls] == [
        ALLOWED,
        Failure.RATE_EXCEEDED,
        ALLOWED,
        ALLOWED,
    ]


def test_a_routes_own_throttle_replaces_the_plans() -> None:
    meter = plan(Throttle(1, 1), GET=Throttle(1, 2))
    assert [meter.use(KEY, "Shop", "GET /orders", NOW) for _ in range(3)] == [
        ALLOWED,
        ALLOWED,
        Failure.RATE_EXCEEDED,
    ]
    assert [meter.use(KEY, "Shop", "PUT /orders", NOW) for _ in range(2)] == [ALLOWED, Failure.RATE_EXCEEDED]


def test_a_throttle_of_nothing_lets_nobody_in() -> None:
    assert plan(Throttle(0, 0)).use(KEY, "Shop", "GET /", NOW) is Failure.RATE_EXCEEDED


def test_a_quota_begins_anew() -> None:
    meter = plan(quota=Quota(2, "DAY"))
    assert [meter.use(KEY, "Shop", "GET /", NOW + at) for at in (0, 5, 9, 11)] == [
        ALLOWED,
        ALLOWED,
        Failure.QUOTA_EXCEEDED,
        ALLOWED,  # midnight has passed
    ]
    assert meter.use(OTHER, "Shop", "GET /", NOW + 11) is ALLOWED


def test_what_is_throttled_is_not_counted() -> None:
    meter = plan(Throttle(1, 1), Quota(2, "DAY"))
    calls = [meter.use(KEY, "Shop", "GET /", NOW + at) for at in (0, 0, 1, 2)]
    assert calls == [ALLOWED, Failure.RATE_EXCEEDED, ALLOWED, Failure.QUOTA_EXCEEDED]


def test_a_throttle_without_a_rate_is_no_limit() -> None:
    meter = plan(Throttle(1, 1), GET=Throttle(burst_limit=2))
    assert [meter.use(KEY, "Shop", "GET /orders", NOW) for _ in range(2)] == [ALLOWED, Failure.RATE_EXCEEDED]
    assert plan(Throttle(burst_limit=0)).use(KEY, "Shop", "GET /", NOW) is ALLOWED


def test_without_a_burst_a_second_s_worth_may_come_at_once() -> None:
    for rate, calls in ((0.5, 1), (2, 2)):
        meter = plan(Throttle(rate))
        uses = [meter.use(KEY, "Shop", "GET /", NOW) for _ in range(calls + 1)]
        assert uses == [ALLOWED] * calls + [Failure.RATE_EXCEEDED]


def test_keys_are_listed_with_the_values_that_are_known() -> None:
    keys = {"Own": ApiKey(), "Given": ApiKey(value_sha256="0" * 64), "Off": ApiKey(enabled=False)}
    assert list(key_lines(keys, "secret")) == [
        f"Own\t{derived_value('secret', 'Own')}",
        "Given\tas the template says",
        "Off\tdisabled",
    ]


@pytest.mark.parametrize(
    ("period", "offset", "now", "start"),
    [
        ("DAY", 0, "2026-03-11", "2026-03-11"),
        ("WEEK", 0, "2026-03-11", "2026-03-08"),
        ("WEEK", 0, "2026-03-08", "2026-03-08"),
        ("WEEK", 1, "2026-03-08", "2026-03-02"),
        ("WEEK", 3, "2026-03-11", "2026-03-11"),
        ("MONTH", 0, "2026-03-11", "2026-03-01"),
        ("MONTH", 10, "2026-03-11", "2026-03-11"),
        ("MONTH", 11, "2026-03-11", "2026-02-12"),
        ("MONTH", 27, "2026-01-05", "2025-12-28"),
    ],
)
def test_when_a_period_begins(period: Literal["DAY", "WEEK", "MONTH"], offset: int, now: str, start: str) -> None:
    at = datetime.fromisoformat(f"{now}T12:00:00+00:00").timestamp()
    assert period_start(Quota(1, period, offset), at) == date.fromisoformat(start)
