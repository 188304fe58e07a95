"""One line on a terminal for work that takes longer than a second: the current step and the elapsed time."""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self, TextIO

AFTER: Final = 1.0  # seconds until the line appears
_REDRAW: Final = 0.2  # seconds; steps may be shorter
_ERASE: Final = "\r\033[2K"


class ProgressLine:
    """Shows the text of the last `step`, from `after` seconds after the block began until it ends.

    Nothing is written if the stream is not a terminal. Write other output inside `hidden`, so that the two do not
    mix. Texts name files and resources, never values. Any thread may call `step` and `hidden`.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str], after: float = AFTER) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty() and environ.get("TERM") != "dumb"
        self._after = after
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._text = self._drawn = ""
        self._begun = 0.0

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        if self._is_terminal:
            threading.Thread(target=self._draw_until_closed, daemon=True).start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Erase the line for good."""
        with self.hidden():
            self._closed.set()

    def step(self, text: str) -> None:
        """Show another step, such as `reading the code of OrdersFunction`."""
        with self._lock:
            self._text = text

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Erase the line, and draw nothing, during the block."""
        with self._lock:
            if self._drawn:
                self._write(_ERASE)
            self._drawn = ""
            yield

    def _draw_until_closed(self) -> None:
        pause = self._after
        while not self._closed.wait(pause):
            with self._lock:
                if not self._closed.is_set():
                    self._draw()
            pause = _REDRAW

    def _draw(self) -> None:
        line = line_of(self._text, time.monotonic() - self._begun, _columns(self._stream)) if self._text else ""
        if line != self._drawn:
            self._write(f"{_ERASE}{line}")
        self._drawn = line

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a closed terminal must not end the work
            self._stream.write(text)
            self._stream.flush()


def line_of(text: str, seconds: float, columns: int) -> str:
    """The text and the whole seconds, shorter than a line of the terminal: one that wraps cannot be erased."""
    after = f" {seconds:.0f} s"
    left = columns - 1 - len(after)
    shown = ""
    for each in text:
        left -= 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if left < 0:
            break
        shown += each if each.isprintable() else "?"
    return shown + after


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
