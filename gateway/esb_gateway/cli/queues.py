"""`esb-gateway queues`: asks a running gateway about the queues, and moves dead letters back."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import Final

from esb_gateway.admin.queues_client import QueuesClient, events_table, outcome, table
from esb_gateway.cli.events import client_of
from esb_gateway.cli.exit_codes import Exit, QueuesExit

_PAUSE: Final = 0.5  # seconds between two looks at a move


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    client = QueuesClient(client_of(options, environment))
    if options.action == "list":
        found = client.overview()
        print(json.dumps(found) if options.json else table(found["queues"]))
        if found["events"] and not options.json:
            print(f"\n{events_table(found['events'], more=found['more'])}")
        return Exit.DONE
    task = client.redrive(options.name, options.to)
    while task["status"] == "RUNNING" and not options.no_wait:
        time.sleep(_PAUSE)
        task = client.progress(options.name)
    print(json.dumps(task) if options.json else outcome(task))
    return QueuesExit.MOVE_FAILED if task["status"] == "FAILED" else Exit.DONE
