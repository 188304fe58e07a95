"""`esb-gateway local`: the whole application without Docker, as processes of this machine.

1. The database and storage start (stores_process.py); loading moto takes them most of a second.
2. Meanwhile the rest of the gateway is imported and the folder is read (folder.py).
3. The provisioner waits for the stores and creates what is missing; missing packages are installed (dependencies.py).
4. The gateway opens, says so, and runs until it is cancelled (gateway.py).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.processes import ProcessLauncher
from esb_gateway.local.options import Wish
from esb_gateway.local.programs import Programs
from esb_gateway.local.stores_process import start_stores

_NEEDED: Final = ("moto", "flask", "awslambdaric", "esb_provisioner")
_OTHERS: Final = ("AWS_", "MOTO_")  # whose settings are about other clouds than this one


async def run_local(wish: Wish, out: Callable[[str], object], say: Callable[[str], object]) -> None:
    """Run until cancelled. `out` gets the lines of readiness and the log, `say` a line for the person.

    Raises ConfigurationError when something cannot be as it is asked for, and when the stores end.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)}: not installed here; pip install 'esb-gateway[local]'.")
    surroundings = {name: value for name, value in wish.environment.items() if not name.startswith(_OTHERS)}
    launcher = ProcessLauncher(asyncio.get_running_loop())
    programs = Programs(launcher, surroundings)
    try:
        stores = await start_stores(programs, wish.data, say)
        try:
            from esb_gateway.local.gateway import run_gateway  # noqa: PLC0415 - a quarter of a second, free by now

            await stores.while_running(run_gateway(wish, stores.url, programs, out, say))
        finally:
            await stores.program.stop()
    finally:
        launcher.close()
