"""Policies that are JSON in a text, as queues and topics have them, in a single spelling."""

from __future__ import annotations

import json


def policy_text(policy: str) -> str:
    """`none` for an empty one; servers sort its keys, and SQS turns a maxReceiveCount of text into a number."""
    try:
        value = json.loads(policy or "{}")
    except ValueError:
        return policy
    if not value:
        return "none"
    if isinstance(value, dict) and str(value.get("maxReceiveCount")).isdigit():
        value["maxReceiveCount"] = int(value["maxReceiveCount"])
    return json.dumps(value, sort_keys=True)
