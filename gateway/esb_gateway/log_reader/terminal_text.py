"""A function's output for a terminal: its colours, and nothing else that a terminal would carry out.

A function in a container is not trusted, but the terminal of a person who reads its log may take commands from it:
write to the clipboard, change the title, hide lines. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
"""

from __future__ import annotations

import re
from typing import Final

_RESET: Final = "\x1b[0m"
# The control characters of ISO 6429 but tab and line feed; what begins with escape is kept if it is colours (SGR).
_CONTROLS: Final = re.compile(r"(?P<colours>\x1b\[[0-9;:]{0,64}m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SHOWN: Final = "\N{REPLACEMENT CHARACTER}"


def terminal_text(line: str) -> str:
    """The line without control characters but tab and colours, which end with it."""
    if line.isprintable():
        return line
    clean = _CONTROLS.sub(lambda match: match["colours"] or _SHOWN, line)
    return clean + _RESET if "\x1b" in clean else clean
