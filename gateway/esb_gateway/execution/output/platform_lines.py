"""The lines that Lambda writes around each invocation.

Texts follow the AWS Lambda Developer Guide: START, END and REPORT as in "Working with Lambda function logs" (log format
Text), `platform.*` as in the "Telemetry API Event schema reference" (log format JSON).
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from esb_gateway.invocation import Ending, Function, Invocation
from esb_wire.utc_times import to_millisecond

# How platform.report names each ending.
_STATUS = {
    Ending.DONE: "success",
    Ending.FUNCTION_ERROR: "error",
    Ending.TIMED_OUT: "timeout",
    Ending.EXITED: "error",
    Ending.INIT_ERROR: "error",
    Ending.TOO_BIG: "error",
    Ending.STOPPED: "error",
    Ending.NOT_RUN: "error",
}

# Additions to REPORT if the function did not return; raising an exception counts as returning.
_REPORTED = {
    Ending.TIMED_OUT: "Status: timeout",
    Ending.EXITED: "Status: error\tError Type: Runtime.ExitError",
    Ending.STOPPED: "Status: error\tError Type: Runtime.ExitError",
    Ending.INIT_ERROR: "Status: error\tError Type: Runtime.ExitError",
    Ending.TOO_BIG: "Status: error\tError Type: Function.ResponseSizeTooLarge",
}


class Usage(NamedTuple):
    """The resources that an invocation used. `init` is the cold start, for the first invocation of a slot. `crash` is
    the type of the error if an extension ended it.
    """

    duration: float  # seconds
    max_memory: int | None = None  # MB
    init: float | None = None  # seconds
    crash: str | None = None


def start_lines(function: Function, invocation: Invocation, now: float) -> list[str]:
    """The lines at the beginning of an invocation; `now` in seconds since 1970."""
    request_id, version = invocation.request_id, function.executed_version(invocation.arn)
    if function.log_format == "JSON":
        return [_event("platform.start", {"requestId": request_id, "version": version}, now)]
    return [f"START RequestId: {request_id} Version: {version}"]


def end_lines(function: Function, request_id: str, ending: Ending, usage: Usage, now: float) -> list[str]:
    """The lines at the end of an invocation."""
    if function.log_format == "JSON":
        return _end_events(function, request_id, ending, usage, now)
    lines = [f"END RequestId: {request_id}", _report(function, request_id, ending, usage)]
    if ending is Ending.TIMED_OUT:
        lines.insert(0, f"{to_millisecond(now)} {request_id} Task timed out after {function.timeout:.2f} seconds")
    return lines


def _report(function: Function, request_id: str, ending: Ending, usage: Usage) -> str:
    milliseconds = usage.duration * 1000
    text = (
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {math.ceil(milliseconds)} ms\tMemory Size: {function.memory_size} MB\t"
    )
    if usage.max_memory is not None:
        text += f"Max Memory Used: {usage.max_memory} MB\t"
    if usage.init is not None:
        text += f"Init Duration: {usage.init * 1000:.2f} ms\t"
    if usage.crash is not None:
        return f"{text}Status: error\tError Type: {usage.crash}"
    return text + _REPORTED.get(ending, "")


def _end_events(function: Function, request_id: str, ending: Ending, usage: Usage, now: float) -> list[str]:
    milliseconds = usage.duration * 1000
    metrics: dict[str, float | None] = {
        "durationMs": round(milliseconds, 3),
        "billedDurationMs": math.ceil(milliseconds),
        "memorySizeMB": function.memory_size,
        "maxMemoryUsedMB": usage.max_memory,
        "initDurationMs": None if usage.init is None else round(usage.init * 1000, 3),
    }
    known = {name: value for name, value in metrics.items() if value is not None}
    report = {"requestId": request_id, "metrics": known, "status": _STATUS[ending]}
    done = {"requestId": request_id, "status": report["status"]}
    return [_event("platform.runtimeDone", done, now), _event("platform.report", report, now)]


def _event(kind: str, record: dict[str, Any], now: float) -> str:
    return json.dumps({"time": to_millisecond(now), "type": kind, "record": record})
