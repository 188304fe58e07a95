"""The output of a program is unchanged, and each line arrives in VictoriaLogs once."""

from __future__ import annotations

import re
import signal
import time

import pytest

from .conftest import Interpreter, VictoriaLogs

pytestmark = pytest.mark.server

EVERYTHING = r"""
import ctypes, json, logging, os, subprocess, sys, threading
print("text", 1, [2, 3], {"a": None})
print("two\nlines")
print("no end", end="")
print(" until here")
print(json.dumps([1, 2]))
sys.stdout.buffer.write("bytes, ä\n".encode() + b"\xff broken\n")
sys.stdout.flush()
os.write(1, b"native\n")
ctypes.CDLL(None).puts(b"from C")
ctypes.CDLL(None).fflush(None)
subprocess.run(["echo", "from a child"])
subprocess.run([sys.executable, "-c", "print('from a child that is Python')"])
subprocess.run([sys.executable, "-c", "print('read by its parent')"], capture_output=True)
thread = threading.Thread(target=print, args=["from a thread"])
thread.start()
thread.join()
if os.fork() == 0:
    print("from a fork")
    os._exit(0)
os.wait()
print("last without an end", end="")
"""
EVERY_LINE = [
    "text 1 [2, 3] {'a': None}",
    "two",
    "lines",
    "no end until here",
    "[1, 2]",
    "bytes, ä",
    "\ufffd broken",
    "native",
    "from C",
    "from a child",
    "from a child that is Python",
    "from a thread",
    "from a fork",
    "last without an end",
]


def test_output_and_exit_status_are_unchanged(python: Interpreter, logs: VictoriaLogs) -> None:
    code = EVERYTHING + "\nprint('to stderr', file=sys.stderr)\nsys.exit(3)"
    plain = python.run(code, PYTHONPATH="", PYTHONUNBUFFERED="1")
    shipped = python.run(code, VICTORIALOGS_URL=logs.url)
    assert (shipped.returncode, shipped.stdout, shipped.stderr) == (3, plain.stdout, plain.stderr)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_each_line_arrives_once_in_order(python: Interpreter, logs: VictoriaLogs, unbuffered: str) -> None:
    python.run(EVERYTHING, VICTORIALOGS_URL=logs.url, PYTHONUNBUFFERED=unbuffered)
    assert logs.messages(len(EVERY_LINE)) == EVERY_LINE


def test_a_row_has_container_job_and_time(python: Interpreter, logs: VictoriaLogs) -> None:
    before = time.time()
    python.run("print('hello')", VICTORIALOGS_URL=logs.url)
    (row,) = logs.stored(1)
    at = row.pop("_time")
    assert row == {"level": "INFO", "message": "hello", "container_name": "orders", "job": "esb"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    assert at[:10] in {time.strftime("%Y-%m-%d", time.gmtime(seconds)) for seconds in (before, time.time())}
    assert logs.queries == [
        {
            "path": ["/insert/jsonline"],
            "_stream_fields": ["container_name,job"],
            "_msg_field": ["message"],
            "_time_field": ["_time"],
        }
    ]


def test_lines_are_shipped_with_the_password_of_the_server(python: Interpreter, logs: VictoriaLogs) -> None:
    logs.authorization = "Basic ZXNiOnNlY3JldA=="  # esb:secret
    environment = {"VICTORIALOGS_URL": logs.url, "VICTORIALOGS_USERNAME": "esb"}
    python.run("print('not stored')", VICTORIALOGS_PASSWORD="wrong", **environment)
    python.run("print('stored')", VICTORIALOGS_PASSWORD="secret", **environment)

    assert logs.messages(1) == ["stored"]


def test_without_a_container_name_the_label_is_the_function_name(python: Interpreter, logs: VictoriaLogs) -> None:
    python.run("print(1)", VICTORIALOGS_URL=logs.url, CONTAINER_NAME="", AWS_LAMBDA_FUNCTION_NAME="pay")
    assert [(row["container_name"], row["job"]) for row in logs.stored(1)] == [("pay", "lambda")]


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def f(:", "SyntaxError: invalid syntax"),
    ],
)
def test_an_error_that_ends_the_program_arrives(python: Interpreter, logs: VictoriaLogs, code: str, last: str) -> None:
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    assert result.returncode == 1
    expected = result.stderr.splitlines()
    assert logs.messages(len(expected)) == expected
    assert (logs.rows[-1]["message"], logs.rows[-1]["level"]) == (last, "ERROR")


@pytest.mark.parametrize(
    "end",
    [
        "os._exit(7)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.killpg(os.getpgid(0), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)
def test_a_sudden_end_loses_nothing(python: Interpreter, logs: VictoriaLogs, end: str) -> None:
    code = f"import os, signal\nos.setpgrp()\nfor n in range(1000): print('line', n)\n{end}"
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    expected = [f"line {n}" for n in range(1000)]
    assert result.returncode in (7, -signal.SIGKILL, -signal.SIGSEGV)
    assert result.stdout.splitlines() == expected
    assert logs.messages(1000) == expected


def test_processes_that_print_at_once_keep_their_lines_whole(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import os
for worker in range(4):
    if os.fork() == 0:
        for n in range(500):
            print("worker", worker, "line", n, "x" * (n * 10))
        os._exit(0)
for _ in range(4):
    os.wait()
"""
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    expected = sorted(f"worker {w} line {n} " + "x" * (n * 10) for w in range(4) for n in range(500))
    assert sorted(line.strip() for line in logs.messages(2000)) == [line.strip() for line in expected]
    assert len(result.stdout) == sum(len(line) + 1 for line in expected)


def test_a_long_line_arrives_in_pieces(python: Interpreter, logs: VictoriaLogs) -> None:
    python.run("print('x' * 250_000)", VICTORIALOGS_URL=logs.url)
    assert [len(message) for message in logs.messages(3)] == [100_000, 100_000, 50_000]


def test_stdout_and_stderr_of_one_file_keep_their_order(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import subprocess, sys
inner = "import sys\\nfor n in range(50): print(n, file=(sys.stdout, sys.stderr)[n % 2], flush=True)"
print(subprocess.run([sys.executable, "-c", inner], stdout=-1, stderr=subprocess.STDOUT, text=True).stdout)
"""
    lines = [str(n) for n in range(50)]
    # The outer program is not captured, so the inner one starts its own capture.
    outer = code.replace(
        '"-c", inner]', f'"-c", inner], env={{**__import__("os").environ, "VICTORIALOGS_URL": "{logs.url}"}}'
    )
    result = python.run(outer)
    assert result.stdout.split() == lines
    assert logs.messages(50) == lines


def test_a_file_that_replaces_stdout_gets_no_frames(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import os
print("before", flush=True)
kept = os.dup(1)
os.dup2(os.open("own.txt", os.O_CREAT | os.O_WRONLY), 1)
print("into the file", flush=True)
os.dup2(kept, 1)
print("after")
"""
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    assert (python.folder / "own.txt").read_text() == "into the file\n"
    assert result.stdout == "before\nafter\n"
    assert logs.messages(2) == ["before", "after"]


def test_if_the_tee_is_killed_the_program_still_prints(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import os, pathlib, signal, sys
print("before", flush=True)

def ships_our_output(process):
    try:
        named = (process / "comm").read_text() == "esb-logs\\n"
        return named and os.fstat(1).st_ino in {fd.stat().st_ino for fd in (process / "fd").iterdir()}
    except OSError:  # it has ended
        return False

def ended(process):
    try:
        alone = len(os.listdir(process / "task")) == 1  # the last thread closes the pipes
        return alone and (process / "stat").read_text().split()[2] in "ZX"
    except OSError:
        return True

[own] = filter(ships_our_output, pathlib.Path("/proc").glob("[0-9]*"))
os.kill(int(own.name), signal.SIGKILL)
while not ended(own): pass
print("after")
"""
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("after\n")


def test_a_victorialogs_without_responses_delays_the_end_only_briefly(python: Interpreter, logs: VictoriaLogs) -> None:
    logs.open.clear()
    result = python.run(
        "for n in range(5000): print(n)", VICTORIALOGS_URL=logs.url
    )  # ends before a response could time out
    logs.open.set()
    assert result.stdout.splitlines() == [str(n) for n in range(5000)]
    assert logs.messages(5000) == [str(n) for n in range(5000)]


def test_without_a_victorialogs_stdout_is_complete(python: Interpreter) -> None:
    result = python.run("for n in range(5000): print(n)", VICTORIALOGS_URL="http://127.0.0.1:9")
    assert result.stdout.splitlines() == [str(n) for n in range(5000)]
    assert result.stderr == ""


def test_rejected_rows_are_sent_again_and_stored_once(python: Interpreter, logs: VictoriaLogs) -> None:
    logs.statuses = [503, 500]
    process = python.start("print('hello', flush=True)\ninput()", VICTORIALOGS_URL=logs.url)
    logs.wait_for(lambda: bool(logs.rows))
    process.communicate("\n")
    assert logs.messages(1) == ["hello"]
    assert len(logs.queries) == 3


def test_rows_beyond_the_queue_limit_are_counted(python: Interpreter, logs: VictoriaLogs) -> None:
    logs.open.clear()
    code = "for n in range(20_000): print(n, 'x' * 1000)\nprint('end', flush=True)\ninput()"
    process = python.start(code, VICTORIALOGS_URL=logs.url)
    assert process.stdout is not None
    printed = sum(1 for _ in iter(process.stdout.readline, "end\n"))
    logs.open.set()
    logs.wait_for(lambda: any(row["message"] == "end" for row in logs.rows))
    process.communicate("\n")
    (notice,) = [message for message in logs.messages(1) if "lost" in message]
    lost = int(notice.split()[0])
    assert printed == 20_000
    assert lost > 5_000
    assert lost + len(logs.rows) - 2 == printed
