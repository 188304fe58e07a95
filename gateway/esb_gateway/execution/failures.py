"""The error documents that Lambda creates when a function could not respond.

Shapes and wording follow what AWS Lambda's Invoke answers with `X-Amz-Function-Error: Unhandled` (AWS Lambda Developer
Guide, "Troubleshoot execution issues" and "Understanding the Lambda execution environment lifecycle").
"""

from __future__ import annotations

import json
import signal

from esb_wire.offload import is_costly

RESPONSE_LIMIT = 6_291_556  # bytes; AWS's limit of a buffered response: 6 MB and 100 bytes
_BLANKS = 64  # bytes at the ends of a document that may be blank
STREAM_LIMIT = 200 * 1024 * 1024  # bytes; of a streamed one

NO_REASON = "Runtime exited without providing a reason"

# How Go's runtime, in which Lambda's own supervisor is written, spells the common signals.
_SIGNAL_WORDS = {
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGHUP: "hangup",
    signal.SIGILL: "illegal instruction",
    signal.SIGINT: "interrupt",
    signal.SIGKILL: "killed",
    signal.SIGPIPE: "broken pipe",
    signal.SIGQUIT: "quit",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
    signal.SIGTRAP: "trace/breakpoint trap",
}


def exit_reason(returncode: int) -> str:
    """AWS's words for the end of a runtime; `returncode` as `subprocess` gives it (negative: killed by that signal)."""
    return NO_REASON if returncode == 0 else f"Runtime exited with error: {_status(returncode)}"


def extension_exit_reason(returncode: int) -> str:
    """AWS's words for the end of an extension; `returncode` as `subprocess` gives it."""
    return "exit code 0" if returncode == 0 else _status(returncode)


def _status(returncode: int) -> str:
    if returncode > 0:
        return f"exit status {returncode}"
    word = _SIGNAL_WORDS.get(-returncode, f"signal {-returncode}")  # type: ignore[call-overload]
    return f"signal: {word}"


def timed_out(request_id: str, timeout: float) -> bytes:
    """The function passed its deadline; `timeout` is the configured one, in seconds."""
    return _document("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds")


def exited(request_id: str, reason: str) -> bytes:
    """The runtime process ended before it responded; `reason` comes from `exit_reason`."""
    return _document("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def extension_exited(request_id: str, *, error_type: str, reason: str) -> bytes:
    """An extension ended by itself; `error_type` is Extension.Crash, or what it had reported before."""
    return _document(error_type, f"RequestId: {request_id} Error: {reason}")


def response_too_large(limit: int = RESPONSE_LIMIT) -> bytes:
    """The function responded with more than `limit` bytes."""
    return _document(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({limit} bytes).",
    )


def never_ran(reason: str) -> bytes:
    """The invocation was accepted, but no slot took it."""
    return _document("TooManyRequestsException", reason)


def from_runtime(body: bytes, error_type: str) -> bytes:
    """The error document that a runtime posted, if it is a JSON object; else one with its error type."""
    if is_costly(body):  # the event loop would have to wait for its parsing
        is_object = body[:_BLANKS].lstrip().startswith(b"{") and body[-_BLANKS:].rstrip().endswith(b"}")
    else:
        is_object = _is_object(body)
    return body if is_object else _document(error_type or "Unhandled", body[:1024].decode("utf-8", "replace"))


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):  # ValueError: also bytes that are not UTF-8
        return False


def _document(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
