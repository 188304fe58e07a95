"""The provisioner for a program that has it in its own process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from esb_provisioner import desired, settings
from esb_provisioner.provisioning import Progress, carry_out, connect, threads, wait_for_all
from esb_provisioner.report import Report
from esb_provisioner.waiting import WallClock

DEFAULT_WAIT: Final = 120.0


def provision(
    path: Path,
    environ: Mapping[str, str],
    *,
    wait: float = DEFAULT_WAIT,
    allow_aws: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make the servers that `environ` names as the file says; waits up to `wait` seconds for them.

    Raises esb_schemas.ContractError (the file), settings.UsageError (the environment), waiting.Unreachable,
    waiting.Unauthorized, and answers.ServerError when a server stops answering; each text is one sentence.
    """
    clock, progress = WallClock(), progress or Progress()
    wanted = desired.load(path, settings.region(environ))
    where = settings.read(environ, wanted.services, allow_aws=allow_aws)
    with threads(clock) as pool:
        servers, probes = connect(where, wanted)
        wait_for_all(probes, wait, pool, clock, progress)
        return carry_out(wanted, servers, pool, clock, progress)
