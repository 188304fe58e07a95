"""Which API key a call has, and whether its usage plan lets it through now. Decides; time is an argument.

"Usage plans and API keys for REST APIs" in API Gateway's guide: a throttle is a token bucket for each key, a quota
counts requests in a period of UTC. Counters are in memory and begin anew with the gateway.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final, TypeAlias, assert_never

from esb_gateway.apis.auth.route_auth import ApiKey, Keys, Period, Quota, Throttle, UsagePlan

HEADER: Final = "x-api-key"
_PURPOSE: Final = b"esb api key\0"


class Use(Enum):
    """What becomes of a call with an API key."""

    ADMITTED = "admitted"
    FORBIDDEN = "no plan has this key for this API"
    THROTTLED = "faster than its plan allows"
    EXCEEDED = "more than its plan allows"


def derived_value(secret: str, key_id: str) -> str:
    """The value of a key whose template says none: 40 characters, as at AWS."""
    return hmac.digest(secret.encode(), _PURPOSE + key_id.encode(), "sha256").hex()[:40]


class KeyRing:
    """The keys of a stack, found by the hash of their value."""

    def __init__(self, keys: Keys, secret: str) -> None:
        self._by_digest: dict[str, ApiKey] = {}
        for key in keys.keys.values():
            # Without a secret everybody could derive the value; nobody has such a key then.
            digest = key.sha256 or (_sha256(derived_value(secret, key.id)) if secret else None)
            if digest is not None and key.enabled:
                self._by_digest[digest] = key

    def find(self, value: str) -> ApiKey | None:
        """The enabled key with this value."""
        return self._by_digest.get(_sha256(value))


@dataclass(slots=True)
class _Bucket:
    """A token bucket, as full as it was at `at`."""

    tokens: float
    at: float


@dataclass(slots=True)
class _Count:
    """Requests in the period that begins on `since`."""

    since: date
    requests: int


_Place: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Used:
    """What each key has used of its plans; it outlives a configuration."""

    buckets: dict[_Place, _Bucket] = field(default_factory=dict)
    counts: dict[tuple[str, str], _Count] = field(default_factory=dict)


class Meter:
    """Measures what each key uses by the plans of one configuration."""

    def __init__(self, keys: Keys, used: Used) -> None:
        self._plans = keys.plans
        self._buckets = used.buckets
        self._counts = used.counts

    def use(self, key: ApiKey, api: str, route: str, now: float) -> Use:
        """Count a call of a route, such as `GET /orders`, at a time in seconds since the epoch."""
        plan = next((plan for plan in self._plans if api in plan.apis and key.id in plan.keys), None)
        if plan is None:
            return Use.FORBIDDEN
        if plan.quota is not None and self._counted(plan, key, plan.quota, now).requests >= plan.quota.limit:
            return Use.EXCEEDED
        if not self._has_token(plan, key, api, route, now):
            return Use.THROTTLED
        if plan.quota is not None:
            self._counted(plan, key, plan.quota, now).requests += 1
        return Use.ADMITTED

    def _has_token(self, plan: UsagePlan, key: ApiKey, api: str, route: str, now: float) -> bool:
        """A route's own throttle has a bucket of its own; all other calls of the plan's APIs share one an API."""
        own = plan.apis[api].get(route)
        throttle = own or plan.throttle
        if throttle is None:
            return True
        place = (plan.id, key.id, api, route if own is not None else "")
        bucket = self._buckets.setdefault(place, _Bucket(throttle.burst, now))
        return _take(bucket, throttle, now)

    def _counted(self, plan: UsagePlan, key: ApiKey, quota: Quota, now: float) -> _Count:
        since = period_start(quota, now)
        count = self._counts.setdefault((plan.id, key.id), _Count(since, 0))
        if count.since != since:
            count.since, count.requests = since, 0
        return count


def _take(bucket: _Bucket, throttle: Throttle, now: float) -> bool:
    passed = max(0.0, now - bucket.at)  # a clock that is set back gives nothing
    bucket.tokens = min(float(throttle.burst), bucket.tokens + passed * throttle.rate)
    bucket.at = now
    if bucket.tokens < 1:
        return False
    bucket.tokens -= 1
    return True


def period_start(quota: Quota, now: float) -> date:
    """The UTC day on which the quota's present period began. Weeks begin on Sunday; both plus the offset."""
    today = datetime.fromtimestamp(now, UTC).date()
    match quota.period:
        case Period.DAY:
            return today
        case Period.WEEK:
            return today - timedelta(days=(today.weekday() + 1 - quota.offset) % 7)
        case Period.MONTH:
            first = today.replace(day=1 + quota.offset)
            return first if first <= today else (first.replace(day=1) - timedelta(days=1)).replace(day=1 + quota.offset)
        case _:
            assert_never(quota.period)


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
