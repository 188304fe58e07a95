"""`esb-gateway event SERVICE EVENT`: prints a sample event, for `esb-gateway invoke -e -` and for tests."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping

from esb_gateway.errors import ConfigurationError
from esb_gateway.sample_events.sample import Given
from esb_gateway.sample_events.table import SAMPLES, maker
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Stack


def run(options: argparse.Namespace, _environment: Mapping[str, str]) -> None:
    (sample,) = (each for each in SAMPLES if (each.service, each.event) == (options.service, options.event))
    given = {option.name: getattr(options, option.name) for option in sample.options}
    if given.get("body") == "-":
        given["body"] = _standard_input()
    names = {"service": sample.service, "event": sample.event}
    made_of = Given(
        {**names, **given}, options.region or Stack().region, Stack().account_id, time.time(), Identifiers(os.urandom)
    )
    sys.stdout.buffer.write(maker(sample)(made_of) + b"\n")


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except ValueError as error:
        raise ConfigurationError("--body: standard input is not UTF-8.") from error
