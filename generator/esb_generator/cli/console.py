"""The streams to which the commands of `esb` print."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

from esb_generator.values import NOTHING
from esb_schemas.command_line.progress_line import ProgressLine


class Console(NamedTuple):
    """The streams of a command: results go to `out`, everything else to `err`. `ask` is None without a terminal."""

    out: TextIO
    err: TextIO
    ask: Callable[[str], str] | None = None
    colour: bool = False  # on `err`
    excerpts: bool = True  # errors come with the line of the template
    environ: Mapping[str, str] = NOTHING  # of the terminal

    def progress(self) -> ProgressLine:
        """A line about work that takes longer than a second, on `err` if that is a terminal."""
        return ProgressLine(self.err, self.environ)
