"""API keys, throttles and quotas, by a clock of the test's own."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from esb_gateway.apis.auth.api_keys import KeyRing, Meter, Use, Used, derived_value, period_start
from esb_gateway.apis.auth.route_auth import ApiKey, Keys, Period, Quota, Throttle, UsagePlan

NOW = datetime(2026, 3, 11, 23, 59, 50, tzinfo=UTC).timestamp()  # a Wednesday
KEY, OTHER = ApiKey("Key"), ApiKey("Other")


def sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def plan(throttle: Throttle | None = None, quota: Quota | None = None, **methods: Throttle) -> Meter:
    apis = {"Shop": {f"{method} /orders": limit for method, limit in methods.items()}, "Till": {}}
    return Meter(Keys({}, (UsagePlan("Plan", apis, ("Key", "Other"), throttle, quota),)), Used())


def test_values() -> None:
    keys = {
        "Own": ApiKey("Own"),
        "Given": ApiKey("Given", sha256=sha256("a-value-of-the-template")),
        "Off": ApiKey("Off", enabled=False),
    }
    ring = KeyRing(Keys(keys), "secret")
    assert ring.find(derived_value("secret", "Own")) == keys["Own"]
    assert ring.find("a-value-of-the-template") == keys["Given"]
    assert ring.find(derived_value("secret", "Given")) is None
    assert ring.find(derived_value("secret", "Off")) is None
    assert ring.find(derived_value("other", "Own")) is None
    assert ring.find("") is None
    assert len(derived_value("secret", "Own")) == 40


def test_without_a_secret_no_value_can_be_derived() -> None:
    ring = KeyRing(Keys({"Own": ApiKey("Own"), "Given": ApiKey("Given", sha256=sha256("v"))}), "")
    assert ring.find(derived_value("", "Own")) is None
    assert ring.find("v") is not None


def test_a_key_is_for_the_apis_of_its_plan() -> None:
    meter = plan()
    assert meter.use(KEY, "Shop", "GET /orders", NOW) is Use.ADMITTED
    assert meter.use(KEY, "Elsewhere", "GET /orders", NOW) is Use.FORBIDDEN
    assert meter.use(ApiKey("Unplanned"), "Shop", "GET /orders", NOW) is Use.FORBIDDEN


def test_a_bucket_empties_and_fills() -> None:
    meter = plan(Throttle(rate=2, burst=3))

    def uses(at: float, count: int = 4) -> list[Use]:
        return [meter.use(KEY, "Shop", "GET /orders", NOW + at) for _ in range(count)]

    assert uses(0) == [Use.ADMITTED] * 3 + [Use.THROTTLED]
    assert uses(0.4, 1) == [Use.THROTTLED]
    assert uses(0.5, 2) == [Use.ADMITTED, Use.THROTTLED]
    assert uses(100) == [Use.ADMITTED] * 3 + [Use.THROTTLED]
    assert uses(50, 1) == [Use.THROTTLED]  # the clock was set back


def test_each_key_and_each_api_has_a_bucket() -> None:
    meter = plan(Throttle(rate=1, burst=1))
    calls = [(KEY, "Shop"), (KEY, "Shop"), (OTHER, "Shop"), (KEY, "Till")]
    assert [meter.use(key, api, "GET /", NOW) for key, api in calls] == [
        Use.ADMITTED,
        Use.THROTTLED,
        Use.ADMITTED,
        Use.ADMITTED,
    ]


def test_a_routes_own_throttle_replaces_the_plans() -> None:
    meter = plan(Throttle(rate=1, burst=1), GET=Throttle(rate=1, burst=2))
    assert [meter.use(KEY, "Shop", "GET /orders", NOW) for _ in range(3)] == [
        Use.ADMITTED,
        Use.ADMITTED,
        Use.THROTTLED,
    ]
    assert [meter.use(KEY, "Shop", "PUT /orders", NOW) for _ in range(2)] == [Use.ADMITTED, Use.THROTTLED]


def test_a_throttle_of_nothing_lets_nobody_in() -> None:
    assert plan(Throttle(rate=0, burst=0)).use(KEY, "Shop", "GET /", NOW) is Use.THROTTLED


def test_a_quota_begins_anew() -> None:
    meter = plan(quota=Quota(2, Period.DAY))
    assert [meter.use(KEY, "Shop", "GET /", NOW + at) for at in (0, 5, 9, 11)] == [
        Use.ADMITTED,
        Use.ADMITTED,
        Use.EXCEEDED,
        Use.ADMITTED,  # midnight has passed
    ]
    assert meter.use(OTHER, "Shop", "GET /", NOW + 11) is Use.ADMITTED


def test_what_is_throttled_is_not_counted() -> None:
    meter = plan(Throttle(rate=1, burst=1), Quota(2, Period.DAY))
    calls = [meter.use(KEY, "Shop", "GET /", NOW + at) for at in (0, 0, 1, 2)]
    assert calls == [Use.ADMITTED, Use.THROTTLED, Use.ADMITTED, Use.EXCEEDED]


@pytest.mark.parametrize(
    ("period", "offset", "now", "start"),
    [
        (Period.DAY, 0, "2026-03-11", "2026-03-11"),
        (Period.WEEK, 0, "2026-03-11", "2026-03-08"),
        (Period.WEEK, 0, "2026-03-08", "2026-03-08"),
        (Period.WEEK, 1, "2026-03-08", "2026-03-02"),
        (Period.WEEK, 3, "2026-03-11", "2026-03-11"),
        (Period.MONTH, 0, "2026-03-11", "2026-03-01"),
        (Period.MONTH, 10, "2026-03-11", "2026-03-11"),
        (Period.MONTH, 11, "2026-03-11", "2026-02-12"),
        (Period.MONTH, 27, "2026-01-05", "2025-12-28"),
    ],
)
def test_when_a_period_begins(period: Period, offset: int, now: str, start: str) -> None:
    at = datetime.fromisoformat(f"{now}T12:00:00+00:00").timestamp()
    assert period_start(Quota(1, period, offset), at) == date.fromisoformat(start)
