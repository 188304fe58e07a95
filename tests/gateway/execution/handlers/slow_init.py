"""Needs a while to start: INIT_SECONDS."""

import os
import time
from typing import Any

time.sleep(float(os.environ["INIT_SECONDS"]))


def echo(event: Any, _context: Any) -> Any:
    return event
