"""A function for tests, and how one is launched. Each test changes what it is about: `replace(ORDERS, timeout=10)`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.invocation import Function

ORDERS: Final = Function(
    name="orders",
    arn="arn:aws:lambda:us-east-1:123456789012:function:orders",
    handler="app.handler",
    runtime="python3.12",
    timeout=3,
    memory_size=128,
    min_capacity=0,
    max_capacity=1,
    idle_timeout=60,
    queue_depth=10,
)
LAUNCH: Final = LaunchSettings(
    root=Path("/"),
    python=sys.executable,
    parent_pid=os.getpid(),
    region="eu-central-1",
    access_key_id="AKIDEXAMPLE",
    secret_access_key="example",
    environment={"PATH": os.environ["PATH"]},
)
