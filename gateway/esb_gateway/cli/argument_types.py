"""Types of arguments: each makes a value of a text, or raises ArgumentTypeError with a sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import NamedTuple

from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_schemas.command_line.argument_types import port
from esb_wire.forwarding import Target


class Duration(NamedTuple):
    """A length of time, and the text that it was given as."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return self.text


def duration(text: str) -> Duration:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is not a duration; write it as 30s, 10m, 2h or 1d")
    return Duration(text, int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])


def request_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f-]{1,36}", text):
        raise argparse.ArgumentTypeError(f"{text} is not the id of a request; it has only 0-9, a-f and -")
    return text


def up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {most}")
        return int(text)

    return number


def claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text} is not a claim; write it as name=value")
    return name, value


def debug_target(text: str) -> DebugTarget:
    name, colon, digits = text.partition(":")
    if not name:
        raise argparse.ArgumentTypeError(f"{text} names no function; write it as NAME or NAME:5678")
    return DebugTarget(name, port(digits) or None if colon else None)


def target(text: str) -> Target:
    host, _, digits = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError(f"{text} is not an address; write it as s3-storage:9000")
    return Target(host.removeprefix("[").removesuffix("]"), port(digits))
