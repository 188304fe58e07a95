"""Delivery policies of HTTP and HTTPS subscriptions. SNS developer guide, "Message delivery retries"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.deliveries.retries import SnsRetries
from esb_wire.offload import is_costly

DEFAULT_CONTENT_TYPE: Final = "text/plain; charset=UTF-8"
_DEFAULT_RETRIES: Final[Mapping[str, Any]] = {
    "numRetries": 3,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "numMaxDelayRetries": 0,
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "backoffFunction": "linear",
}
_MAX_TOTAL: Final = 3600  # seconds
_FUNCTIONS: Final = ("linear", "arithmetic", "geometric", "exponential")
_CONTENT_TYPES: Final = ("text/", "application/")


class InvalidDeliveryPolicy(ValueError):
    """A policy is refused. The text is the reason."""


class DeliveryPolicy(NamedTuple):
    """The delivery policy of one HTTP endpoint. `per_second` is the most messages in a second; None: no limit."""

    retries: SnsRetries
    content_type: str
    per_second: float | None


def read_topic_policy(text: str) -> dict[str, Any]:
    """The `DeliveryPolicy` of a topic, with what AWS adds; empty if there is none. Raises InvalidDeliveryPolicy."""
    policy = _object(text) if text else {}
    _check_keys(policy, {"http"}, "DeliveryPolicy")
    http = policy.get("http")
    if http is None:
        return {}
    allowed = {
        "defaultHealthyRetryPolicy",
        "disableSubscriptionOverrides",
        "defaultThrottlePolicy",
        "defaultRequestPolicy",
    }
    _check_keys(http, allowed, "http")
    _check_parts(
        http.get("defaultHealthyRetryPolicy"), http.get("defaultThrottlePolicy"), http.get("defaultRequestPolicy")
    )
    given = {name: value for name, value in http.items() if value is not None}
    return {"http": {"disableSubscriptionOverrides": False, **given}}


def read_subscription_policy(text: str) -> dict[str, Any]:
    """The `DeliveryPolicy` of a subscription, with what AWS adds. Raises InvalidDeliveryPolicy."""
    policy = _object(text)
    _check_keys(
        policy,
        {"healthyRetryPolicy", "throttlePolicy", "requestPolicy", "sicklyRetryPolicy", "guaranteed"},
        "DeliveryPolicy",
    )
    _check_parts(policy.get("healthyRetryPolicy"), policy.get("throttlePolicy"), policy.get("requestPolicy"))
    retries = policy.get("healthyRetryPolicy")
    return {
        "healthyRetryPolicy": None if retries is None else {**_DEFAULT_RETRIES, **retries},
        "sicklyRetryPolicy": None,
        "throttlePolicy": policy.get("throttlePolicy"),
        "requestPolicy": policy.get("requestPolicy"),
        "guaranteed": False,
    }


def effective_topic_policy(policy: dict[str, Any]) -> dict[str, Any]:
    """`EffectiveDeliveryPolicy` of a topic."""
    http = policy.get("http", {})
    effective = {
        "defaultHealthyRetryPolicy": {**_DEFAULT_RETRIES, **(http.get("defaultHealthyRetryPolicy") or {})},
        "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides", False),
        "defaultRequestPolicy": {"headerContentType": DEFAULT_CONTENT_TYPE, **(http.get("defaultRequestPolicy") or {})},
    }
    if http.get("defaultThrottlePolicy"):
        effective["defaultThrottlePolicy"] = http["defaultThrottlePolicy"]
    return {"http": effective}


def effective_subscription_policy(topic: dict[str, Any], subscription: dict[str, Any]) -> dict[str, Any]:
    """`EffectiveDeliveryPolicy` of a subscription."""
    http = effective_topic_policy(topic)["http"]
    own = {} if http["disableSubscriptionOverrides"] else subscription
    return {
        "healthyRetryPolicy": own.get("healthyRetryPolicy") or http["defaultHealthyRetryPolicy"],
        "sicklyRetryPolicy": None,
        "throttlePolicy": own.get("throttlePolicy") or http.get("defaultThrottlePolicy"),
        "requestPolicy": {**http["defaultRequestPolicy"], **(own.get("requestPolicy") or {})},
        "guaranteed": False,
    }


def delivery_policy(topic: dict[str, Any], subscription: dict[str, Any]) -> DeliveryPolicy:
    """The effective policy of an HTTP subscription."""
    effective = effective_subscription_policy(topic, subscription)
    retries, throttle = effective["healthyRetryPolicy"], effective["throttlePolicy"] or {}
    return DeliveryPolicy(
        SnsRetries(
            retries=retries["numRetries"],
            no_delay=retries["numNoDelayRetries"],
            min_delay_retries=retries["numMinDelayRetries"],
            max_delay_retries=retries["numMaxDelayRetries"],
            min_delay=retries["minDelayTarget"],
            max_delay=retries["maxDelayTarget"],
            function=retries["backoffFunction"],
        ),
        effective["requestPolicy"]["headerContentType"],
        throttle.get("maxReceivesPerSecond"),
    )


def _object(text: str) -> dict[str, Any]:
    if is_costly(text):
        raise InvalidDeliveryPolicy("is too long")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidDeliveryPolicy("failed to parse JSON")
    return value


def _check_keys(policy: Any, allowed: set[str], name: str) -> None:
    if not isinstance(policy, dict | None):
        raise InvalidDeliveryPolicy(f"{name} is not an object")
    unknown = sorted(set(policy or {}) - allowed)
    if unknown:
        raise InvalidDeliveryPolicy(f"Unexpected JSON member: {unknown[0]}")


def _check_parts(retries: Any, throttle: Any, request: Any) -> None:
    _check_retries(retries)
    _check_keys(throttle, {"maxReceivesPerSecond"}, "throttlePolicy")
    _check_keys(request, {"headerContentType"}, "requestPolicy")
    rate = (throttle or {}).get("maxReceivesPerSecond")
    if rate is not None and not (isinstance(rate, int | float) and not isinstance(rate, bool) and rate > 0):
        raise InvalidDeliveryPolicy("maxReceivesPerSecond must be greater than 0")
    content_type = (request or {}).get("headerContentType")
    if content_type is not None and not _is_content_type(content_type):
        raise InvalidDeliveryPolicy(f"headerContentType is not supported: {content_type}")


def _is_content_type(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_CONTENT_TYPES) and value.isascii() and value.isprintable()


def _check_retries(retries: Any) -> None:
    _check_keys(retries, set(_DEFAULT_RETRIES), "healthyRetryPolicy")
    if not retries:
        return
    whole = {**_DEFAULT_RETRIES, **retries}
    if whole["backoffFunction"] not in _FUNCTIONS:
        raise InvalidDeliveryPolicy("backoffFunction must be one of linear, arithmetic, geometric, exponential")
    numbers = {name: value for name, value in whole.items() if name != "backoffFunction"}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_TOTAL:
            raise InvalidDeliveryPolicy(f"{name} must be a number from 0 to {_MAX_TOTAL}")
    if whole["minDelayTarget"] > whole["maxDelayTarget"]:
        raise InvalidDeliveryPolicy("minDelayTarget must be less than or equal to maxDelayTarget")
    phases = whole["numNoDelayRetries"] + whole["numMinDelayRetries"] + whole["numMaxDelayRetries"]
    if phases > whole["numRetries"]:
        raise InvalidDeliveryPolicy("numRetries must be at least the sum of the retries of its phases")
    if whole["numRetries"] * whole["minDelayTarget"] > _MAX_TOTAL:
        raise InvalidDeliveryPolicy(f"the retries take longer than {_MAX_TOTAL} seconds")
