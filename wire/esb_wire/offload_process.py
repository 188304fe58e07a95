"""A worker process. Calls and results are pickled and sent in parts.

Reading or writing a pickle as a whole holds the interpreter lock: 5 ms for ten messages of 1 MB. Here, a pickle is sent
through a socket while it is made. Each read and write releases the lock, so other threads wait for at most one large
object (0.3 ms for 1 MB of text) or 64 KB of small ones.
"""

from __future__ import annotations

import copyreg
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import MappingProxyType, SimpleNamespace
from typing import Any, BinaryIO, Final, TypeVar, cast

R = TypeVar("R")

_PROTOCOL: Final = pickle.HIGHEST_PROTOCOL
_BUFFER: Final = 64 * 1024  # bytes; larger objects are read and written without a copy
_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from esb_wire.offload_process import serve; serve()"

copyreg.pickle(MappingProxyType, lambda proxy: (cast(Any, dict), (dict(proxy),)))  # configurations have them


class ProcessEnded(Exception):
    """The process ended, or was killed, before it gave a result."""


class OffloadProcess:
    """A process and the socket to it. Used by one thread at a time. Raises OSError if the process cannot be started.

    The process ends when this end of its socket is closed, which also happens if this process is killed.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own, so that signals of a terminal do not end it while it starts.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket = ours
        self._calls = cast(BinaryIO, ours.makefile("wb", _BUFFER))
        self._results = cast(BinaryIO, ours.makefile("rb", _BUFFER))

    def call(self, work: Callable[..., R], args: Sequence[Any], kwargs: dict[str, Any]) -> R:
        """The result of the work, or its error. After any other error the process cannot be used again.

        Raises ProcessEnded.
        """
        try:
            pickle.dump((work, args, kwargs), self._calls, _PROTOCOL)
            self._calls.flush()
            error, result = pickle.load(self._results)  # noqa: S301 - of our own process
        except (EOFError, OSError, pickle.UnpicklingError) as problem:
            raise ProcessEnded(str(problem)) from problem
        if error is not None:
            raise WorkFailed(error)
        value: R = result
        return value

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._calls, self._results):
            with suppress(OSError):  # there may be unsent bytes of a call
                stream.close()
        self._socket.close()


class WorkFailed(Exception):
    """The work raised this error; the process can go on."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error: Final = error


def serve() -> None:
    """Serve calls from standard input, a socket, until its other end is closed. Results are sent to the same socket."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # sent to the process group; the server ends us
        signal.signal(number, signal.SIG_IGN)
    gc.disable()  # JSON has no cycles, and a garbage collection takes several times as long as parsing it
    calls = sys.stdin.buffer
    ends = (EOFError, ConnectionError, pickle.UnpicklingError)  # of the server, also in the middle of a call
    with suppress(*ends), open(0, "wb", _BUFFER, closefd=False) as results:
        while True:
            work, args, kwargs = pickle.load(calls)  # noqa: S301 - of the process that has started this one
            for piece in _answer(work, args, kwargs):
                results.write(piece)
            results.flush()
            del work, args, kwargs, piece  # they may be large, and the next call may come much later
    os._exit(0)


def _answer(work: Callable[..., object], args: Sequence[Any], kwargs: dict[str, Any]) -> Sequence[bytes]:
    try:
        return _pickled((None, work(*args, **kwargs)))
    except Exception as error:
        failure = error
    try:
        return _pickled((failure, None))
    except Exception:
        return _pickled((RuntimeError(repr(failure)), None))


def _pickled(answer: object) -> Sequence[bytes]:
    """The whole pickle, before any part is sent, so that a pickling error can be returned as an error."""
    pieces: list[bytes] = []
    pickle.Pickler(SimpleNamespace(write=pieces.append), _PROTOCOL).dump(answer)
    return pieces
