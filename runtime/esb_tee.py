"""The process behind a captured stdout and stderr: forwards what is printed, and ships the lines to the log server.

It ends after the last process that writes to its pipes, so a crash's last lines are shipped too. Modules are loaded
when the first line comes.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import os
import select
import time

# The module signal would load enum, only for names.
from _signal import SIG_IGN, SIGHUP, SIGINT, SIGPIPE, SIGTERM, signal  # type: ignore[import-not-found]

import esb_backends
import esb_frames

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from esb_victorialogs import Shipper

    Emit = Callable[[dict[str, str], float], None]

READ_SIZE = 65536  # bytes; the capacity of a pipe
MAX_PARTIAL_LINE = 1_000_000  # bytes of a line that has not ended
MAX_RECENT = 4096  # bytes of the output that the gateway may ask for
MAX_PUMPS = 16  # portions that are read before a question is answered
MAX_WRITERS = 1000  # processes whose unfinished lines and contexts are kept
FLUSH_TIMEOUT = 1.4  # seconds; less than the ending process waits
FINAL_TIMEOUT = 10.0  # seconds for the last rows, when no process waits


def run(
    read_ends: dict[int, int],
    done_write: int,
    magic: bytes,
    environ: Mapping[str, str],
    questions_fd: int | None = None,
) -> None:
    """Forward until every writer has closed the pipes; `read_ends` maps 1 and 2 to the pipes behind them.

    `done_write` is closed once everything before a FLUSH frame is shipped: the ending process waits for that.
    `questions_fd` is where the supervisor asks for the last output.
    """
    detach({*read_ends, *read_ends.values(), done_write, *([] if questions_fd is None else [questions_fd])})
    log = Log(environ)
    recent = bytearray()
    pipes = [Pipe(fd, read_end, magic, log.emit, recent) for fd, read_end in read_ends.items()]
    poll = select.poll()
    for pipe in pipes:
        poll.register(pipe.read_end, select.POLLIN)
    opened = {pipe.read_end: pipe for pipe in pipes}
    questions = None
    if questions_fd is not None:
        import esb_questions

        questions = esb_questions.Questions(questions_fd, environ, recent)
        poll.register(questions_fd, select.POLLIN)
    while opened:
        ready = [fd for fd, _event in poll.poll()]
        asked = questions is not None and questions.fd in ready
        # What was printed before the question is in the pipes already.
        for fd in [*opened] if asked else ready:
            if not (opened[fd].pump_all() if asked else opened[fd].pump()):
                poll.unregister(fd)
                del opened[fd]
        if questions is not None and asked and not questions.answer():
            poll.unregister(questions.fd)
            questions = None
        if done_write >= 0 and all(pipe.flushing for pipe in opened.values()):
            log.flush(FLUSH_TIMEOUT)
            os.close(done_write)
            done_write = -1
    if questions is not None:
        questions.wait()
    for fd in read_ends:
        os.close(fd)  # a reader of our stdout need not wait for the log server
    log.flush(FINAL_TIMEOUT, persist=True)


def detach(keep: set[int]) -> None:
    """Become independent of the parent: ignore signals, and close its files except `keep`."""
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
    """Show as `esb-logs` in `ps` and `top`, on systems with process names."""
    try:
        with open("/proc/self/comm", "w") as name:  # noqa: PTH123
            name.write("esb-logs")
    except OSError:
        return


class Pipe:
    """One captured stream: its bytes are written to the real descriptor, then its lines become rows."""

    def __init__(self, real: int, read_end: int, magic: bytes, emit: Emit, recent: bytearray) -> None:
        self.recent = recent  # the last of what was printed
        self.real = real
        self.read_end = read_end
        self.splitter = esb_frames.Splitter(magic)
        self.rows = RowBuilder("ERROR" if real == 2 else "INFO", emit)
        self.flushing = False
        self.after_return = False  # the last byte was a carriage return, which was printed as a line end

    def pump(self) -> bool:
        """Forward what can be read; False at the end of the stream."""
        portion = os.read(self.read_end, READ_SIZE)
        pieces = self.splitter.feed(portion) if portion else [(esb_frames.RAW, False, 0, self.splitter.rest)]
        printed = (esb_frames.RAW, esb_frames.LINES, esb_frames.PRINTED)
        self.print(b"".join(data for kind, _more, _pid, data in pieces if kind in printed))
        now = time.time()
        for kind, more, pid, data in pieces:
            if kind == esb_frames.FLUSH:
                self.flushing = True
                self.rows.finish({0, pid}, now)
            else:
                self.rows.take(kind, more, pid, data, now)
        if not portion:
            self.rows.finish({pid for pid, _kind in self.rows.unfinished}, now)
        return bool(portion)

    def pump_all(self) -> bool:
        """Forward what is in the pipe; False at the end of the stream."""
        for _ in range(MAX_PUMPS):
            if not select.select([self.read_end], [], [], 0)[0]:
                return True
            if not self.pump():
                return False
        return True

    def print(self, data: bytes) -> None:
        self.recent += data
        if len(self.recent) > 4 * MAX_RECENT:
            del self.recent[:-MAX_RECENT]
        try:
            esb_frames.write_all(self.real, self.with_line_ends(data))
        except OSError:  # its reader is gone, or its disk is full; the lines are shipped nevertheless
            return

    def with_line_ends(self, data: bytes) -> bytes:
        """The bytes with line ends in place of carriage returns, with which awslambdaric joins the lines of an error.

        At a terminal, each of these lines would overwrite the one before.
        """
        if self.after_return and data:
            data = data.removeprefix(b"\n")
            self.after_return = False
        if b"\r" not in data:
            return data
        self.after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class RowBuilder:
    """Builds rows from the pieces of one pipe, which come from any number of processes."""

    def __init__(self, level: str, emit: Emit) -> None:
        self.level = level
        self.emit = emit
        self.contexts: dict[int, dict[str, str]] = {}
        self.unfinished: dict[tuple[int, int], bytes] = {}

    def take(self, kind: int, more: bool, pid: int, data: bytes, now: float) -> None:
        """Take a piece: each line of text becomes a row; JSON, once complete, a row or the context of later rows."""
        if kind == esb_frames.PRINTED:
            return
        data = self.unfinished.pop((pid, kind), b"") + data
        if kind in (esb_frames.RAW, esb_frames.LINES):
            *lines, rest = data.split(b"\n")
            for line in lines:
                self.line(pid, line, now)
            if len(rest) > MAX_PARTIAL_LINE:
                self.line(pid, rest, now)
                rest = b""
            self.keep(pid, kind, rest)
        elif more:
            self.keep(pid, kind, data)
        elif kind == esb_frames.CONTEXT:
            self.contexts[pid] = read_json(data)
            drop_oldest(self.contexts)
        else:
            self.record(pid, read_json(data), now)

    def keep(self, pid: int, kind: int, rest: bytes) -> None:
        if rest:
            self.unfinished[pid, kind] = rest
            drop_oldest(self.unfinished)

    def line(self, pid: int, line: bytes, now: float) -> None:
        import esb_rows

        for piece in esb_rows.pieces(line):
            self.emit({**self.context(pid), **esb_rows.row_of_line(piece, self.level)}, now)

    def record(self, pid: int, row: dict[str, str], now: float) -> None:
        at = float(row.pop("time", now))
        self.emit({**self.context(pid), **{name: value for name, value in row.items() if value}}, at)

    def context(self, pid: int) -> dict[str, str]:
        """The invocation of a process. A process without one may be a child of the only process that has one."""
        if pid in self.contexts:
            return self.contexts[pid]
        return next(iter(self.contexts.values())) if len(self.contexts) == 1 else {}

    def finish(self, pids: set[int], now: float) -> None:
        """Treat the unfinished lines of these processes as complete."""
        for pid in pids:
            for kind in (esb_frames.RAW, esb_frames.LINES):
                rest = self.unfinished.pop((pid, kind), b"")
                if rest:
                    self.line(pid, rest, now)


def drop_oldest(remembered: dict[int, dict[str, str]] | dict[tuple[int, int], bytes]) -> None:
    if len(remembered) > MAX_WRITERS:
        del remembered[next(iter(remembered))]  # type: ignore[arg-type]  # the key is of its own type


def read_json(data: bytes) -> dict[str, str]:
    import json

    fields: dict[str, str] = json.loads(data)
    return fields


class Log:
    """Ships rows to VictoriaLogs; the connection is set up by the first row."""

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
            message = f"{lost} lines lost here: VictoriaLogs did not accept them in time"
            return esb_rows.encode({"level": "WARNING", "message": message, "logger": "esb"}, self.labels, time.time())

        url = esb_backends.address(esb_backends.LOGS, self.environ) or ""
        authorization = esb_backends.authorization(esb_backends.LOGS, self.environ)
        return esb_victorialogs.Shipper(lambda body: esb_victorialogs.post(url, body, authorization), notice)

    def flush(self, seconds: float, *, persist: bool = False) -> None:
        if self.shipper is not None:
            self.shipper.flush(seconds, persist=persist)
