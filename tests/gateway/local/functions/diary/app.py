"""Prints the event."""

import json
from typing import Any


def handler(event: Any, _context: Any) -> None:
    print(json.dumps({"diary": event}))  # noqa: T201
