"""API keys and usage plans. Time is an argument.

"Usage plans and API keys for REST APIs" in API Gateway's guide: a throttle is a token bucket for each key, a quota
counts requests in a period of UTC. The counters are in memory: a restart of the gateway resets them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias, assert_never

from esb_gateway.apis.api_types import Failure
from esb_schemas.contract import ApiKey, Quota, Throttle, UsagePlan, burst_limit_of

HEADER: Final = "x-api-key"
_PURPOSE: Final = b"esb api key\0"


def derived_value(secret: str, key_id: str) -> str:
    """The value of a key that has none in the template: 40 characters, as on AWS."""
    return hmac.digest(secret.encode(), _PURPOSE + key_id.encode(), "sha256").hex()[:40]


def key_lines(keys: Mapping[str, ApiKey], secret: str) -> Iterator[str]:
    """One line for each key: its id, and its value unless the template has that."""
    for key_id, key in keys.items():
        if not key.enabled:
            yield f"{key_id}\tdisabled"
        elif key.value_sha256 is not None:
            yield f"{key_id}\tas the template says"
        else:
            yield f"{key_id}\t{derived_value(secret, key_id)}"


class KeyRing:
    """The ids of a stack's enabled keys, by the hash of their value."""

    def __init__(self, keys: Mapping[str, ApiKey], secret: str) -> None:
        self._by_digest: dict[str, str] = {}
        for key_id, key in keys.items():
            # Without a secret anyone could derive the value, so the key does not exist.
            digest = key.value_sha256 or (_sha256(derived_value(secret, key_id)) if secret else None)
            if digest is not None and key.enabled:
                self._by_digest[digest] = key_id

    def find(self, value: str) -> str | None:
        """The id of the enabled key with this value."""
        return self._by_digest.get(_sha256(value))


@dataclass(slots=True)
class _Bucket:
    """A token bucket; `tokens` is how many it had at `at`."""

    tokens: float
    at: float


@dataclass(slots=True)
class _Count:
    """Requests in the period that began on `since`."""

    since: date
    requests: int


_BucketKey: TypeAlias = tuple[str, str, str, str]  # plan, API key, API, route


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """The use of each key by its plans. A new configuration does not reset it."""

    buckets: dict[_BucketKey, _Bucket] = field(default_factory=dict)
    counts: dict[tuple[str, str], _Count] = field(default_factory=dict)


class Meter:
    """Applies the usage plans of one configuration."""

    def __init__(self, plans: Mapping[str, UsagePlan], usage: KeyUsage) -> None:
        self._plans = plans
        self._usage = usage

    def use(self, key_id: str, api: str, route: str, now: float) -> Failure | None:
        """Count a call of a route such as `GET /orders`, or give the reason why it is not allowed."""
        plans = self._plans.items()
        found = next(((name, plan) for name, plan in plans if api in plan.apis and key_id in plan.keys), None)
        if found is None:
            return Failure.FORBIDDEN
        name, plan = found
        count = None if plan.quota is None else self._count(name, key_id, plan.quota, now)
        if plan.quota is not None and count is not None and count.requests >= plan.quota.limit:
            return Failure.QUOTA_EXCEEDED
        # A route with its own throttle has its own bucket; the other routes of an API share one.
        own = plan.apis[api].methods.get(route)
        is_own = own is not None and own.rate_limit is not None
        if not self._take(own if is_own else plan.throttle, (name, key_id, api, route if is_own else ""), now):
            return Failure.RATE_EXCEEDED
        if count is not None:
            count.requests += 1
        return None

    def _count(self, plan: str, key_id: str, quota: Quota, now: float) -> _Count:
        since = period_start(quota, now)
        count = self._usage.counts.setdefault((plan, key_id), _Count(since, 0))
        if count.since != since:
            count.since, count.requests = since, 0
        return count

    def _take(self, throttle: Throttle | None, bucket_key: _BucketKey, now: float) -> bool:
        """Take a token from a bucket, if there is one. A throttle without a rate limits nothing."""
        if throttle is None or throttle.rate_limit is None:
            return True
        burst = burst_limit_of(throttle)
        bucket = self._usage.buckets.setdefault(bucket_key, _Bucket(burst, now))
        passed = max(0.0, now - bucket.at)  # a clock that is set back adds nothing
        bucket.tokens = min(float(burst), bucket.tokens + passed * throttle.rate_limit)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def period_start(quota: Quota, now: float) -> date:
    """The UTC day on which the quota's current period began. Weeks begin on Sunday; the offset is added in days."""
    today = datetime.fromtimestamp(now, UTC).date()
    match quota.period:
        case "DAY":
            return today
        case "WEEK":
            return today - timedelta(days=(today.weekday() + 1 - quota.offset) % 7)
        case "MONTH":
            first = today.replace(day=1 + quota.offset)
            return first if first <= today else (first.replace(day=1) - timedelta(days=1)).replace(day=1 + quota.offset)
        case _:
            assert_never(quota.period)


def _sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
