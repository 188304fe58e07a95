"""A whole gateway with embedded functions: `python -m …durable_gateway FILE PORT`. FILE is that of the events."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.rules import Delays
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.configuration.reloading import Revision, Stamps
from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.serving.lifespan import serving
from esb_gateway.settings import Settings
from tests.gateway.functions import LAUNCH

HERE = Path(__file__).parent
COMMON = {"runtime": "python3.12", "code": "functions", "timeout": 300}  # a busy machine takes long
FUNCTIONS = {
    "functions": {
        "note": {**COMMON, "handler": "app.note", "scaling": {"max_capacity": 2}},
        "take": {**COMMON, "handler": "app.take"},
        "fail": {
            **COMMON,
            "handler": "app.fail",
            "event_invoke": {"maximum_retry_attempts": 0, "on_failure": {"function": "take"}},
        },
        "lonely": {**COMMON, "handler": "app.fail", "event_invoke": {"maximum_retry_attempts": 0}},
        "wait": {**COMMON, "handler": "app.wait", "scaling": {"max_capacity": 1}},
        "stubborn": {**COMMON, "handler": "app.fail", "event_invoke": {"on_failure": {"function": "take"}}},
    }
}


class FixedSource:
    """A configuration that never changes."""

    def poll(self) -> Stamps:
        return {}

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def read(self, _changed: frozenset[str]) -> Revision:
        return Revision(read_configuration(FUNCTIONS, {"routes": []}))


async def main() -> None:
    settings = Settings(
        host="127.0.0.1",
        port=int(sys.argv[2]),
        access_key="AKIDEXAMPLE",
        secret_key="example",
        access_log=False,
        events_file=Path(sys.argv[1]),
    )
    launch = replace(LAUNCH, root=HERE, environment=os.environ)
    host = EmbeddedHost(launch)
    delays = Delays(retries=(0.1, 0.2), first_throttle=0.05)
    async with serving(settings, FixedSource(), host, lambda _: None, Readiness(), delays=delays) as url:
        sys.stdout.write(f"ready: {url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
