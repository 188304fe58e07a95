"""The record of an asynchronous invocation that a destination gets."""

from __future__ import annotations

import json

from esb_gateway.async_invoke.records import record
from esb_gateway.async_invoke.rules import Condition, Ended, Event
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Invocation
from esb_gateway.sample_events.sample import Given


def destination(given: Given) -> bytes:
    identifiers, name = given.identifiers, given["function"]
    invocation = Invocation(
        function=name,
        payload=_json(given, "body"),
        request_id=identifiers.request_id(),
        trace_id=identifiers.trace(None, given.now),
        arn=given.arn("lambda", f"function:{name}"),
    )
    failed = given["outcome"] == "failure"
    condition, attempts = (Condition.RETRIES_EXHAUSTED, 3) if failed else (Condition.SUCCESS, 1)
    ended = Ended(condition, attempts, _json(given, "response"))
    return record(Event(invocation, given.now, given.now), ended, "$LATEST", given.now)


def _json(given: Given, name: str) -> bytes:
    """An option that is JSON. Raises ConfigurationError."""
    text: str = given[name]
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"--{name}: not JSON ({error}).") from error
    return text.encode()
