"""Attributes of queues and topics: all values are text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as SQS and SNS write them: true, not True."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in attributes.items()}


def without_off(attributes: Mapping[str, str], fifo_only: Iterable[str]) -> dict[str, str]:
    """The attributes without those of FIFO queues or topics that are off, which AWS refuses for others."""
    return {key: value for key, value in attributes.items() if key not in fifo_only or value != "false"}
