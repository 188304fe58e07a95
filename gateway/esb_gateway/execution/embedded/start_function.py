"""Starts the program of a function: `start_function.py [PARENT_PID [FILE ...] [-- COMMAND ...]]`.

The command is AWS's runtime client for the Python handler in `_HANDLER`, unless one is given. With files, the first
that exists is run in its place and gets the command as arguments: a wrapper (AWS_LAMBDA_EXEC_WRAPPER), which runs that
command in its turn, or a bootstrap, for which the command is empty.

It runs in the function's own interpreter, as a file, so it imports nothing of this package. On Linux the process dies
with the thread that started it, whatever ends that thread.
"""

import os
import signal
import sys
import time

if sys.platform == "linux":
    import ctypes

PR_SET_PDEATHSIG = 1

_TRACE_ID = b"_X_AMZN_TRACE_ID"
_LONGEST_END = 20.0  # seconds
_MAX_TRACE_ID = 1024  # bytes; X-Ray's own have a hundred


def die_with_parent(parent_pid: int) -> None:
    """On Linux: be killed when the parent ends. Elsewhere the reaper process alone does that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it ended before the line above
            os._exit(1)


def keep_one_trace_id() -> None:
    """On Linux: let the runtime client set `_X_AMZN_TRACE_ID` for each invocation without using more memory each time.

    glibc's setenv keeps every value that a variable ever had, here 144 bytes an invocation, as long as the process
    lives. Its putenv uses the caller's memory instead, which can be overwritten.
    """
    if sys.platform != "linux":
        return
    libc, set_any = ctypes.CDLL(None), os.putenv
    entry = ctypes.create_string_buffer(len(_TRACE_ID) + 1 + _MAX_TRACE_ID + 1)

    def putenv(name: bytes, value: bytes) -> None:
        if name == _TRACE_ID and len(value) <= _MAX_TRACE_ID and b"\0" not in value:
            entry.value = b"%b=%b" % (name, value)
            libc.putenv(entry)
        else:
            set_any(name, value)

    os.putenv = putenv  # type: ignore[assignment]  # os.environ calls it, with bytes


def run_program(candidates: "list[str]", arguments: "list[str]") -> None:
    """Become the first file that exists, or exit as the bootstrap program of AWS's images does if it cannot be run.

    A wrapper gets two arguments, as on AWS: wrappers insert the interpreter's options between them.
    """
    program = next(filter(os.path.isfile, candidates), candidates[0])
    if not os.path.isfile(program):  # noqa: PTH113 - pathlib takes longer to import than the rest of this file
        end(127, f"{program}: does not exist")
    if not os.access(program, os.X_OK):
        end(126, f"{program}: is not an executable")
    try:
        os.execv(program, [program, *arguments])  # noqa: S606 - what was asked for
    except OSError as error:  # it was built for another machine, or its interpreter is missing
        end(126, f"{program}: cannot be run ({error.strerror})")


def end(status: int, reason: str) -> None:
    """Exit, with the reason in the function's log."""
    os.write(1, f"{reason}\n".encode())
    os._exit(status)


def run_client() -> None:
    """Become the runtime client."""
    wait_for_debugger()
    sys.path[0] = os.getcwd()  # noqa: PTH109 - this file's folder would hide modules of the function
    keep_one_trace_id()
    from awslambdaric import __main__, lambda_runtime_client  # noqa: PLC0415 - found only with the new sys.path

    # From AWS_EXECUTION_ENV the client concludes that it should start a thread for each poll, so that signal handlers
    # of the function run while it waits. That takes four times as long, and no signal but the last one is sent here.
    client = lambda_runtime_client.LambdaRuntimeClient
    start = client.__init__
    client.__init__ = lambda self, address, _use_thread=False: start(self, address)
    sys.dont_write_bytecode = True  # the folder of the function's code stays as it was built
    sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
    __main__.main(sys.argv)


def wait_for_debugger() -> None:
    """With ESB_DEBUG_PORT: listen for debuggers on that port of 127.0.0.1, and wait for the first one."""
    port = os.environ.pop("ESB_DEBUG_PORT", None)
    if port is None:
        return
    import debugpy  # noqa: PLC0415 - 0.3 s, for a function that is debugged alone

    debugpy.listen(("127.0.0.1", int(port)), in_process_debug_adapter=True)  # no process of it can be left over
    os.write(1, f"waiting for a debugger on 127.0.0.1:{port}\n".encode())
    debugpy.wait_for_client()


def wait_for_port(port: int) -> None:
    """Wait until nobody listens there: a process before this one may be ending. Exit if that takes long."""
    import socket  # noqa: PLC0415 - 4 ms of each cold start, for a function that is debugged alone

    deadline = time.monotonic() + _LONGEST_END
    while True:
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                end(1, f"the debugger's port {port} cannot be used ({error.strerror}); name another: --debug NAME:PORT")
        time.sleep(0.1)


def main() -> None:
    """Become the file, the command or the client."""
    if sys.argv[1:]:
        die_with_parent(int(sys.argv[1]))
    if "ESB_DEBUG_PORT" in os.environ:
        wait_for_port(int(os.environ["ESB_DEBUG_PORT"]))
    files, command = split(sys.argv[2:])
    if files:
        client = [sys.executable, os.path.abspath(__file__)]  # noqa: PTH100 - see run_program
        run_program(files, client if command is None else command)
    if command:
        run_program(command[:1], command[1:])
    run_client()


def split(arguments: "list[str]") -> "tuple[list[str], list[str] | None]":
    """The files, and the command; None if none is given."""
    if "--" not in arguments:
        return arguments, None
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    main()
