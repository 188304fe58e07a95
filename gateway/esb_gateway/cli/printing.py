"""Output of the commands that run for long: a reader that is gone must not stop the gateway."""

from __future__ import annotations

import sys
from contextlib import suppress

from esb_gateway.cli.readable import readable


def print_lines(text: str) -> None:
    """Whole lines, to standard output."""
    with suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def print_readable(text: str) -> None:
    """Whole lines of the log, to standard output, in the form for people."""
    print_lines(readable(text))


def print_note(line: str) -> None:
    """A line for the person, to standard error."""
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
