"""A gateway's runtime host that never stops by itself: `doomed_host.py FILE`. The function writes its pids to FILE."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from esb_gateway.execution.embedded_host import EmbeddedHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.launch import LaunchSettings
from esb_gateway.invocation import Function, Invocation


async def main() -> None:
    function = Function(
        name="f",
        arn="arn",
        handler="app.stubborn",
        runtime="python3.12",
        timeout=900,
        memory_size=128,
        min_capacity=0,
        max_capacity=1,
        idle_timeout=60,
        queue_depth=1,
        code="handlers",
    )
    settings = LaunchSettings(
        root=Path(__file__).parent,
        python=sys.executable,
        parent_pid=os.getpid(),
        region="us-east-1",
        access_key_id="a",
        secret_access_key="b",
        environment=os.environ,
    )
    host = Functions({"f": function}, EmbeddedHost(settings), lambda _: None)
    host.start()
    event = json.dumps({"file": sys.argv[1]}).encode()
    host.submit(Invocation("f", event, "42", "Root=1", "arn"), lambda _: None)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
