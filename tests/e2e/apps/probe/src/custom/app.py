"""Runs in an image of its own."""

import os
from typing import Any


def handler(event: Any, _context: Any) -> dict[str, Any]:
    print("custom image:", event)  # noqa: T201
    return {"greeting": os.environ["GREETING"], "event": event}
