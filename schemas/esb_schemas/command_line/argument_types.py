"""Types of arguments: each makes a value of a text, or raises ArgumentTypeError with a sentence."""

from __future__ import annotations

import argparse


def port(text: str) -> int:
    """A TCP port; 0 stands for any free one."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to 65535")
    return int(text)
