"""Starts each of the programs. Handles Ctrl-C from the beginning, also while modules are imported."""

import os
import sys

STOPPED = 130


def run_program(name: str, command_line: str) -> int:
    """Import the module `command_line` and call its `main`; returns the exit code. Ctrl-C prints one line."""
    try:
        __import__(command_line)  # importlib would be imported before Ctrl-C is expected
        code: int = sys.modules[command_line].main()
    except KeyboardInterrupt:
        os.write(2, f"\n{name}: stopped\n".encode())
        return STOPPED
    return code
