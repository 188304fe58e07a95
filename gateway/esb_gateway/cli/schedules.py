"""`esb-gateway schedules`: reads functions.yml and asks no gateway."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path

from esb_gateway.configuration.compiling import load_configuration
from esb_gateway.event_sources.schedules.listing import describe, lines, schedules_of


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    default = Path(".esb/config") if Path(".esb/config").is_dir() else Path("/app/config")
    folder = options.config or Path(environment.get("ESB_CONFIG_DIR") or default)
    schedules, now = schedules_of(load_configuration(folder).event_sources), time.time()
    if options.json:
        print(json.dumps({"schedules": [describe(each, now, options.count) for each in schedules]}))
    else:
        print("\n".join(lines(schedules, now, options.count)) or "there are no schedules")
