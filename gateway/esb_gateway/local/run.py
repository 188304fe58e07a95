"""`esb-gateway local`: the whole application without Docker, as processes of this machine.

1. moto's database and storage start (stores/process.py), unless other engines take the place of both
   (engine_choice.py); loading moto takes most of a second.
2. Meanwhile the rest of the gateway is imported and the folder is read (folder.py).
3. The other engines start (engines/running.py). The provisioner waits for database and storage and creates what is
   missing; missing packages are installed (builds/requirements.py).
4. The gateway opens, reports it, and runs until it is cancelled (gateway.py).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Final

from esb_gateway.child_processes.launcher import ProcessLauncher
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engine_choice import EngineChoice, StartedEngines, engines_of
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.stores.process import start_stores, stores_url

_REQUIRED: Final = ("awslambdaric", "esb_provisioner")
_MOTO: Final = ("moto", "flask")
_EXCLUDED_PREFIXES: Final = ("AWS_", "MOTO_")  # settings of the user for other clouds than this one


async def run_local(options: LocalOptions, write: Callable[[str], object], report: Callable[[str], object]) -> None:
    """Run until cancelled. `write` gets the lines of readiness and the log, `report` lines for the user.

    Raises ConfigurationError if the options or the folder cannot be used, and when the stores end.
    """
    with engines_of(options.data, options.engines) as engines:
        required = (*_REQUIRED, *(_MOTO if engines.uses_moto else ()))
        missing = [name for name in required if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigurationError(f"{', '.join(missing)}: not installed; install edge-serverless-box again.")
        environment = {
            name: value for name, value in options.environment.items() if not name.startswith(_EXCLUDED_PREFIXES)
        }
        launcher = ProcessLauncher(asyncio.get_running_loop())
        options.on_step("starting the database and the storage")
        try:
            await _run(options, engines, Programs(launcher, environment), write, report)
        finally:
            launcher.close()


async def _run(
    options: LocalOptions,
    engines: EngineChoice,
    programs: Programs,
    write: Callable[[str], object],
    report: Callable[[str], object],
) -> None:
    starting = (
        asyncio.create_task(start_stores(programs, options.root, options.data, report, testing=options.testing))
        if engines.uses_moto
        else None
    )
    await asyncio.sleep(0)  # now their process starts
    from esb_gateway.local.gateway import run_gateway  # noqa: PLC0415 - takes 0.2 s, while they load

    stores = None if starting is None else await starting
    try:
        started = StartedEngines(engines, None if stores is None else stores_url(stores))
        work = run_gateway(options, started, programs, write, report)
        await (work if stores is None else stores.while_running(work))
    finally:
        if stores is not None:
            await stores.program.stop()
