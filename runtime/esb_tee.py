"""The process behind a captured stdout and stderr: passes every byte on, and ships the lines.

It lives until the last process that prints into its pipes has ended, so it is there for a crash's last words. Until the
first line it has loaded next to nothing.
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import os
import select
import time
from _signal import (  # type: ignore[import-not-found]  # the module signal loads enum, for names alone
    SIG_IGN,
    SIGHUP,
    SIGINT,
    SIGPIPE,
    SIGTERM,
    signal,
)

import esb_frames

TYPE_CHECKING = False  # typing itself would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from esb_victorialogs import Shipper

    Emit = Callable[[dict[str, str], float], None]

READ_SIZE = 65536  # a pipe's own size
LONGEST_KEPT = 1_000_000  # bytes of a line that has not ended
WRITERS_KEPT = 1000  # processes of which unfinished lines and contexts are remembered
BYE_WAIT = 1.4  # seconds; less than what the ending process waits
LAST_WAIT = 10.0  # seconds for the last rows when nobody waits


def run(read_ends: dict[int, int], tell_done: int, magic: bytes, environ: Mapping[str, str]) -> None:
    """Pump until the pipes are closed by all who print; `read_ends` maps 1 and 2 to the pipes behind them."""
    settle_down({*read_ends, *read_ends.values(), tell_done})
    log = Log(environ)
    pipes = [Pipe(fd, read_end, magic, log.emit) for fd, read_end in read_ends.items()]
    poll = select.poll()
    for pipe in pipes:
        poll.register(pipe.read_end, select.POLLIN)
    opened = {pipe.read_end: pipe for pipe in pipes}
    while opened:
        for fd, _event in poll.poll():
            if not opened[fd].pump():
                poll.unregister(fd)
                del opened[fd]
        if tell_done >= 0 and all(pipe.bye for pipe in opened.values()):
            log.flush(BYE_WAIT)
            os.close(tell_done)
            tell_done = -1
    for fd in read_ends:
        os.close(fd)  # whoever reads our stdout to its end need not wait for VictoriaLogs
    log.flush(LAST_WAIT, persist=True)


def settle_down(keep: set[int]) -> None:
    """Become a process of its own: no file of the parent is held open, and only the end of the pipes ends it."""
    for number in (SIGTERM, SIGINT, SIGHUP, SIGPIPE):
        signal(number, SIG_IGN)
    os.chdir("/")
    for fd in open_files():
        if fd not in keep:
            try:
                os.close(fd)
            except OSError:
                continue
    rename()


def open_files() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208
    except OSError:
        return list(range(1024))


def rename() -> None:
    """Be told apart from the parent in `ps` and `top`, where the system has such names."""
    try:
        with open("/proc/self/comm", "w") as name:  # noqa: PTH123
            name.write("esb-logs")
    except OSError:
        return


class Pipe:
    """One captured stream: what comes in goes out on the real descriptor, then its lines become rows."""

    def __init__(self, real: int, read_end: int, magic: bytes, emit: Emit) -> None:
        self.real = real
        self.read_end = read_end
        self.splitter = esb_frames.Splitter(magic)
        self.rows = Rows("ERROR" if real == 2 else "INFO", emit)
        self.bye = False

    def pump(self) -> bool:
        """Move what is there; False at the end."""
        portion = os.read(self.read_end, READ_SIZE)
        pieces = self.splitter.feed(portion) if portion else [(esb_frames.RAW, False, 0, self.splitter.rest)]
        printed = (esb_frames.RAW, esb_frames.LINES, esb_frames.PRINTED)
        self.print(b"".join(data for kind, _more, _pid, data in pieces if kind in printed))
        now = time.time()
        for kind, more, pid, data in pieces:
            if kind == esb_frames.BYE:
                self.bye = True
                self.rows.finish({0, pid}, now)
            else:
                self.rows.take(kind, more, pid, data, now)
        if not portion:
            self.rows.finish({pid for pid, _kind in self.rows.unfinished}, now)
        return bool(portion)

    def print(self, data: bytes) -> None:
        try:
            esb_frames.write_all(self.real, data)
        except OSError:  # nobody reads it, or its disk is full; the lines are shipped all the same
            return


class Rows:
    """Puts rows together from the pieces of one pipe, which come from any number of processes."""

    def __init__(self, level: str, emit: Emit) -> None:
        self.level = level
        self.emit = emit
        self.contexts: dict[int, dict[str, str]] = {}
        self.unfinished: dict[tuple[int, int], bytes] = {}

    def take(self, kind: int, more: bool, pid: int, data: bytes, now: float) -> None:
        """A piece: text becomes a row a line; JSON, once complete, a row or the context of the rows to come."""
        if kind == esb_frames.PRINTED:
            return
        data = self.unfinished.pop((pid, kind), b"") + data
        if kind in (esb_frames.RAW, esb_frames.LINES):
            *lines, rest = data.split(b"\n")
            for line in lines:
                self.line(pid, line, now)
            if len(rest) > LONGEST_KEPT:
                self.line(pid, rest, now)
                rest = b""
            self.keep(pid, kind, rest)
        elif more:
            self.keep(pid, kind, data)
        elif kind == esb_frames.CONTEXT:
            self.contexts[pid] = read_json(data)
            forget_oldest(self.contexts)
        else:
            self.record(pid, read_json(data), now)

    def keep(self, pid: int, kind: int, rest: bytes) -> None:
        if rest:
            self.unfinished[pid, kind] = rest
            forget_oldest(self.unfinished)

    def line(self, pid: int, line: bytes, now: float) -> None:
        import esb_rows

        for piece in esb_rows.pieces(line):
            self.emit({**self.context(pid), **esb_rows.row_of_line(piece, self.level)}, now)

    def record(self, pid: int, row: dict[str, str], now: float) -> None:
        at = float(row.pop("time", now))
        self.emit({**self.context(pid), **{name: value for name, value in row.items() if value}}, at)

    def context(self, pid: int) -> dict[str, str]:
        """The invocation that a process works on. One that never said so may be a child of the only one that did."""
        if pid in self.contexts:
            return self.contexts[pid]
        return next(iter(self.contexts.values())) if len(self.contexts) == 1 else {}

    def finish(self, pids: set[int], now: float) -> None:
        """Take the lines of these processes that have no end for complete."""
        for pid in pids:
            for kind in (esb_frames.RAW, esb_frames.LINES):
                rest = self.unfinished.pop((pid, kind), b"")
                if rest:
                    self.line(pid, rest, now)


def forget_oldest(remembered: dict[int, dict[str, str]] | dict[tuple[int, int], bytes]) -> None:
    if len(remembered) > WRITERS_KEPT:
        del remembered[next(iter(remembered))]  # type: ignore[arg-type]  # its own key


def read_json(data: bytes) -> dict[str, str]:
    import json

    fields: dict[str, str] = json.loads(data)
    return fields


class Log:
    """The way to VictoriaLogs, laid when the first row comes."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.labels: dict[str, str] = {}
        self.shipper: Shipper | None = None

    def emit(self, row: dict[str, str], at: float) -> None:
        import esb_rows

        if self.shipper is None:
            self.shipper = self.open()
        self.shipper.add(esb_rows.encode(row, self.labels, at))

    def open(self) -> Shipper:
        import socket

        import esb_rows
        import esb_victorialogs

        self.labels = esb_victorialogs.labels(self.environ, socket.gethostname())

        def notice(lost: int) -> bytes:
            message = f"{lost} lines lost here: VictoriaLogs did not take them in time"
            return esb_rows.encode({"level": "WARNING", "message": message, "logger": "esb"}, self.labels, time.time())

        url = self.environ["VICTORIALOGS_URL"]
        return esb_victorialogs.Shipper(lambda body: esb_victorialogs.post(url, body), notice)

    def flush(self, seconds: float, *, persist: bool = False) -> None:
        if self.shipper is not None:
            self.shipper.flush(seconds, persist=persist)
