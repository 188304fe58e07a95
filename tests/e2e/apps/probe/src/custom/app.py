"""Runs in an image of its own."""

import os
from typing import Any


def handler(event: Any, _context: Any) -> dict[str, Any]:
    return {"greeting": os.environ["GREETING"], "event": event}
