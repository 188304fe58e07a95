"""`esb-gateway doctor`. Exit codes: 0 nothing keeps the stack from running, 1 something does, 2 usage."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

from esb_gateway.cli.exit_codes import DoctorExit, Exit
from esb_gateway.client.gateway_client import folder_of
from esb_gateway.doctor.checks import Status, findings, line_of
from esb_gateway.doctor.facts import gather
from esb_schemas.programs import run_with_timeout

_SECONDS: Final = 20.0  # for each command of docker


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    run_command = partial(run_with_timeout, seconds=_SECONDS, environment=environment)
    found = findings(gather(folder_of(options.root), run_command, time.time()))
    if options.json:
        rows = [
            {"subject": each.subject, "status": each.status.value, "text": each.text, "fix": each.fix} for each in found
        ]
        print(json.dumps({"findings": rows}))
    else:
        print("\n".join(map(line_of, found)))
    return DoctorExit.PROBLEM if any(each.status is Status.ERROR for each in found) else Exit.DONE
