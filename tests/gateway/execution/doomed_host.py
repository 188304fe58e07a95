"""A gateway's runtime host that never stops by itself. Its function writes its pids to the FILE that it is given."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.functions import Functions
from esb_gateway.invocation import Invocation
from tests.gateway.functions import LAUNCH, ORDERS


async def main() -> None:
    function = replace(ORDERS, name="f", handler="app.stubborn", timeout=900, code="handlers")
    settings = replace(LAUNCH, root=Path(__file__).parent, environment=os.environ)
    host = Functions({"f": function}, EmbeddedHost(settings), lambda _: None)
    host.start()
    event = json.dumps({"file": sys.argv[1]}).encode()
    host.submit(Invocation("f", event, "42", "Root=1", "arn"), lambda _: None)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
