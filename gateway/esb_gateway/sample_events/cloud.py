"""Events of topics and buses. esb-cloud delivers them, so `esb-cloud event` makes them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from esb_gateway.errors import ConfigurationError
from esb_gateway.sample_events.sample import Given

_PACKAGE = "esb_cloud"


def made_by_cloud(given: Given) -> bytes:
    """Run `esb-cloud event SERVICE EVENT` with the options."""
    if importlib.util.find_spec(_PACKAGE) is None:
        raise ConfigurationError(
            "esb-cloud: not installed, and it makes this event; install edge-serverless-box again."
        )
    command = [sys.executable, "-P", "-m", _PACKAGE, "event", given["service"], given["event"]]
    for name, value in given.options.items():
        if name not in ("service", "event"):
            values = value if isinstance(value, list) else [value]
            command += [f"--{name}={each}" for each in values]
    try:
        done = subprocess.run([*command, f"--region={given.region}"], capture_output=True, check=False)
    except (OSError, ValueError) as error:  # an option that is too long for an argument, or has a zero byte
        raise ConfigurationError(f"esb-cloud cannot be started with these options ({error}).") from error
    if done.returncode:
        raise ConfigurationError(done.stderr.decode(errors="replace").strip().removeprefix("esb-cloud: "))
    return done.stdout.rstrip(b"\n")
