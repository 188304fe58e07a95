"""Functions that leave a trace: a line in the file that their event, or the event of their event, names."""

import json
import os
import time
from pathlib import Path


def note(event, _context):
    write(event["file"], event["id"])


def fail(event, _context):
    write(event["file"], "failed")
    raise ValueError("this is no good")


def take(event, _context):
    """The destination of another function: its event is a record."""
    write(event["requestPayload"]["file"], json.dumps(event))


def wait(event, _context):
    """Until the file is there."""
    while not Path(event["file"]).exists():
        time.sleep(0.01)
    write(event["file"], "\nthrough")


def write(file, line):
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)
