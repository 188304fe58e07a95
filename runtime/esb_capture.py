"""Captures the output of this process: it is printed as before, and shipped to the log server.

stdout and stderr become pipes to a small separate process, the tee (`esb_tee`), which forwards every byte and ships the
lines. So C libraries and child processes are captured too, a crash or a kill loses nothing that was written, and a slow
or unreachable log server does not delay the program. Python's own streams write frames (`esb_frames`) with the request,
and for a `logging` record with its level, logger, location and exception.

Child processes inherit the pipe and recognize it by `ESB_LOG_PIPE`. Output that the parent reads
(`subprocess.run(..., capture_output=True)`) is not the container's output, and is not captured.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import atexit
import io
import os
import sys
from _thread import _local as thread_local  # threading is not loaded yet, and nothing else of it is needed

import esb_frames
import esb_imports

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, MutableMapping
    from types import ModuleType
    from typing import Any

MAX_RECORD = 100_000  # bytes; VictoriaLogs drops rows of 256 KiB, but lines can be shipped in pieces
EXIT_TIMEOUT = 1.5  # seconds that an ending process waits until its last lines are shipped

writers: list[Writer] = []
unreaped: list[int] = []


class Emitting(thread_local):
    """Of this thread: the record that a handler is printing, until its row has been sent."""

    record: logging.LogRecord | None = None
    row_sent = False


emitting = Emitting()


def start(environ: MutableMapping[str, str]) -> None:
    """Capture stdout and stderr, or join the capture of the parent process."""
    inherited = environ.get("ESB_LOG_PIPE")
    if inherited is None:
        capture(environ)
    else:
        magic, _, pipes = inherited.partition(":")
        attach(b"\0esb" + magic.encode(), dict.fromkeys(fd for fd in (1, 2) if identity(fd) in pipes.split(":")))
    if writers:
        esb_imports.after_import("logging", watch_logging)
        esb_imports.after_import("awslambdaric.lambda_context", watch_invocations)


def capture(environ: MutableMapping[str, str]) -> None:
    """Replace stdout and stderr by pipes to a new tee."""
    questions = open_questions(environ)
    try:
        capture_with(environ, questions)
    finally:
        if questions is not None:
            os.close(questions)


def open_questions(environ: MutableMapping[str, str]) -> int | None:
    """The pipe for the gateway's questions about the output, which is the tee's alone; None without a supervisor."""
    text = environ.pop("ESB_LOG_QUESTIONS", "")
    return int(text) if text.isdigit() and identity(int(text)) else None


def capture_with(environ: MutableMapping[str, str], questions: int | None) -> None:
    if not all(map(identity, (0, 1, 2))):
        return  # a daemon; a file opened now would get the number of a closed one
    real = {fd: os.dup(fd) for fd in (1, 2)}
    read_ends, write_ends = {}, {}
    # If both are the same file (a terminal, 2>&1), one pipe keeps their order.
    for fd in (1,) if identity(1) == identity(2) else (1, 2):
        read_ends[fd], write_ends[fd] = os.pipe()
    done_read, done_write = os.pipe()
    magic = esb_frames.new_magic()
    start_tee(read_ends, done_write, magic, questions)
    for fd in (done_write, *read_ends.values()):
        os.close(fd)
    for fd in real:
        os.dup2(write_ends.get(fd, write_ends[1]), fd)
    for fd in write_ends.values():
        os.close(fd)
    environ["ESB_LOG_PIPE"] = ":".join([magic[4:].decode(), *(identity(fd) for fd in real)])
    attach(magic, real)
    atexit.register(finish, os.getpid(), done_read)


def identity(fd: int) -> str:
    """The device and inode of a descriptor's file; "" if it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return ""
    return f"{status.st_dev}.{status.st_ino}"


def start_tee(read_ends: dict[int, int], done_write: int, magic: bytes, questions: int | None = None) -> None:
    """Start the tee as a grandchild in a new session: it gets no signals of this group, and is not our child.

    The intermediate child ends at once. Waiting for it here would double the cost of the start, so `reap` does it just
    before the program can have children, which it may count.
    """
    child = os.fork()
    if child:
        unreaped.append(child)
        os.register_at_fork(before=reap)
        esb_imports.after_import("subprocess", lambda _module: reap())
        return
    try:
        os.setsid()
        if os.fork() == 0:
            import esb_tee

            esb_tee.run(read_ends, done_write, magic, os.environ, questions)
    except Exception as error:
        os.write(2, f"esb: log lines are no longer shipped: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def reap() -> None:
    """Wait for the intermediate child, once."""
    if unreaped:
        try:
            os.waitpid(unreaped.pop(), 0)
        except ChildProcessError:  # the program waited for any child, and got this one
            return


def attach(magic: bytes, real: Mapping[int, int | None]) -> None:
    """Let Python's own streams write frames."""
    for fd, real_fd in real.items():
        name = "stdout" if fd == 1 else "stderr"
        old = getattr(sys, name)
        if old is None:
            continue
        old.flush()
        writer = Writer(magic, fd, real_fd)
        writers.append(writer)
        # As without capture: python -u buffers nothing, otherwise each complete line is written.
        buffer = writer if old.write_through else io.BufferedWriter(writer)
        writer.stream = io.TextIOWrapper(
            buffer,  # unbuffered for -u, as in Python itself
            old.encoding,
            old.errors,
            newline="\n",
            line_buffering=True,
            write_through=old.write_through,
        )
        setattr(sys, name, writer.stream)


class Writer(io.RawIOBase):
    """The raw stream of `sys.stdout` or `sys.stderr`: writes frames."""

    mode = "wb"
    stream: io.TextIOWrapper

    def __init__(self, magic: bytes, fd: int, real: int | None) -> None:
        super().__init__()
        self.magic = magic
        self.fd = fd
        self.pipe = identity(fd)
        self.real = real
        self.name = "<stdout>" if fd == 1 else "<stderr>"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.fd

    def write(self, data: Any) -> int:
        """Write bytes; if a record is being emitted, its row is sent before its first bytes."""
        text = bytes(data)
        row = row_of_record(emitting.record, text) if emitting.record is not None else None
        if row is not None:
            self.send(esb_frames.ROW, row)
            emitting.record, emitting.row_sent = None, True
        self.send(esb_frames.PRINTED if emitting.row_sent else esb_frames.LINES, text)
        return len(text)

    def send(self, kind: int, data: bytes) -> None:
        """Write frames; if the tee has died, print without it."""
        # If the program replaced stdout by its own file, that gets no frames.
        if identity(self.fd) == self.pipe:
            try:
                for frame in esb_frames.frames(self.magic, kind, os.getpid(), data):
                    esb_frames.write_all(self.fd, frame)
            except BrokenPipeError:
                self.stop()
            else:
                return
        if kind in (esb_frames.LINES, esb_frames.PRINTED):
            esb_frames.write_all(self.fd, data)

    def stop(self) -> None:
        """Write without frames from now on, to the real stdout if this process has it."""
        if self.real is not None and identity(self.fd) == self.pipe:
            os.dup2(self.real, self.fd)
        self.pipe = ""


def watch_logging(logging_module: ModuleType) -> None:
    """Wrap `Handler.handle`, so that the writers know the record that a handler prints, whatever its format."""
    original = logging_module.Handler.handle

    def handle(self: logging.Handler, record: logging.LogRecord) -> Any:
        flush()  # otherwise an earlier unfinished line would become part of the record
        outer = emitting.record, emitting.row_sent
        emitting.record, emitting.row_sent = record, False
        try:
            return original(self, record)
        finally:
            emitting.record, emitting.row_sent = outer

    logging_module.Handler.handle = handle


def flush() -> None:
    """Flush the streams, except those that are closed, or in the middle of an interrupted write."""
    for writer in writers:
        try:
            writer.stream.flush()
        except (OSError, RuntimeError, ValueError):
            continue


def row_of_record(record: logging.LogRecord, printed: bytes) -> bytes | None:
    """A record as a row; None if the printed text is shipped instead.

    That is JSON, a very long text, and a text without the record's message: what a formatter hides must stay hidden.
    """
    if len(printed) > MAX_RECORD:
        return None
    message = record.getMessage()
    before, found, after = printed.decode("utf-8", "replace").partition(message)
    if not found or not message.strip() or before.startswith("{"):
        return None
    import json

    row = {
        "time": record.created,
        "level": record.levelname,
        "message": message,
        "logger": record.name,
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
        "exc_info": after.strip("\r\n") if record.exc_info else "",
    }
    return json.dumps(row).encode()


def watch_invocations(module: ModuleType) -> None:
    """Send a CONTEXT frame for each invocation: awslambdaric sets the trace id, then creates a LambdaContext."""
    original = module.LambdaContext.__init__

    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        import json

        trace = os.environ.get("_X_AMZN_TRACE_ID", "")
        context = {"aws_request_id": getattr(self, "aws_request_id", "") or "", "trace_id": trace_id(trace)}
        for writer in writers:
            writer.send(esb_frames.CONTEXT, json.dumps(context).encode())

    module.LambdaContext.__init__ = begin


def trace_id(header: str) -> str:
    """The trace id of an X-Amzn-Trace-Id header: `Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1`."""
    fields = dict(part.partition("=")[::2] for part in header.split(";"))
    return fields.get("Root", header)


def finish(owner: int, done_read: int) -> None:
    """At the end of the process that started the tee: wait up to EXIT_TIMEOUT until its lines are shipped."""
    if os.getpid() != owner:
        return
    reap()
    flush()
    for writer in writers:
        writer.send(esb_frames.FLUSH, b"")
        writer.stop()
    import select

    select.select([done_read], [], [], EXIT_TIMEOUT)
