"""Handlers that do what functions do, the bad things included. `context` is the runtime client's."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def echo(event: Any, _context: Any) -> Any:
    return event


def tell(_event: Event, context: Any) -> Event:
    """What the function knows of itself."""
    return {
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "path": sys.path,
        "name": context.function_name,
        "log_group": context.log_group_name,
        "memory": context.memory_limit_in_mb,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining": context.get_remaining_time_in_millis(),
        "threads": threading.active_count(),
        "client": context.client_context and context.client_context.custom,
    }


def fail(_event: Event, _context: Any) -> None:
    raise ValueError("this is no good")


def leave(event: Event, _context: Any) -> None:
    sys.exit(event["code"])


def die(event: Event, _context: Any) -> None:
    sys.stdout.write("last words\n")
    os._exit(event["code"])


def crash(_event: Event, _context: Any) -> None:
    ctypes.string_at(0)


def spin(_event: Event, _context: Any) -> None:
    while True:
        pass


def meet(event: Event, _context: Any) -> None:
    """Return when so many invocations run at the same time."""
    folder = Path(event["folder"])
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < event["count"]:
        time.sleep(0.01)


def say(event: Event, _context: Any) -> None:
    """Print lines, use memory, and go on as asked."""
    for line in event.get("lines", ()):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    used = b"x" * (event.get("megabytes", 0) * 1_000_000)
    del used
    if event.get("then") == "sleep":
        time.sleep(60)
    if event.get("then") == "exit":
        os._exit(4)


def sleep(event: Event, _context: Any) -> Event:
    time.sleep(event["seconds"])
    return event


def stubborn(event: Event, _context: Any) -> None:
    """Ignores the request to end, and so does what it starts; says so in a file, then stays."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    other = subprocess.Popen(["sleep", "1000"])
    Path(event["file"]).write_text(f"{os.getpid()} {other.pid}", encoding="utf-8")
    time.sleep(1000)


def large(event: Event, _context: Any) -> str:
    return "x" * int(event["size"])


def talk(event: Event, _context: Any) -> None:
    for line in event["lines"]:
        sys.stdout.write(f"{line}\n")
    sys.stderr.write(event.get("error", ""))


def count(event: Event, _context: Any) -> Event:
    """A side effect that can be counted: one line in a file for each execution; then perhaps a crash."""
    descriptor = os.open(event["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{event['id']}\n".encode())
    os.close(descriptor)
    if event["crash"]:
        os._exit(1)
    return event


def version(_event: Event, _context: Any) -> str:
    return os.environ["VERSION"]


def slow_version(_event: Event, _context: Any) -> str:
    time.sleep(0.5)
    return os.environ["VERSION"]
