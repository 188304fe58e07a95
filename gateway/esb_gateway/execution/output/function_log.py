"""The lines of functions in the gateway's log."""

from __future__ import annotations

from functools import lru_cache, partial
from json.encoder import encode_basestring as quoted

from esb_gateway.execution.output.log_level import level_of
from esb_gateway.execution.output.slot_output import LineSource, LogLine, LogSink
from esb_gateway.telemetry.logs import JsonLines, timestamp


def function_lines(log: JsonLines) -> LogSink:
    """The sink of the functions' lines: the log, each with its function, request and trace."""

    def sink(line: LogLine) -> None:
        log.defer(partial(_format, line))

    return sink


def _format(line: LogLine) -> str:
    """By hand: there are three lines for each invocation, and an encoder takes three times as long."""
    level = level_of(line.text) if line.source is LineSource.FUNCTION else "INFO"
    return (
        f'{{"time":"{timestamp(line.time)}","level":"{level}","type":"function",'
        f"{_of_request(line.function, line.request_id, line.trace_id)},"
        f'"source":"{line.source}","message":{quoted(line.text)}}}'
    )


@lru_cache(maxsize=64)
def _of_request(function: str, request_id: str, trace_id: str) -> str:
    return f'"function":{quoted(function)},"request_id":{quoted(request_id)},"trace_id":{quoted(trace_id)}'
