"""How the process of a program starts: Ctrl-C is one line while the program is imported, too."""

from __future__ import annotations

import os

from esb_schemas.command_line.exit_codes import STOPPED
from esb_schemas.entry_points import load_object


def start(program: str, main: str) -> int:
    """Call the function `package.module:name`, and return its exit code; after Ctrl-C, that of a stopped program."""
    try:
        code: int = load_object(main)()
    except KeyboardInterrupt:
        os.write(2, f"\n{program}: stopped\n".encode())
        return STOPPED[0]
    return code
