"""Lines, their requests, and the lines that Lambda adds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from esb_gateway.execution.output import LONGEST_LINE, LogLine, SlotOutput, Source
from esb_gateway.execution.platform_lines import Usage, end_lines, start_lines
from esb_gateway.invocation import Ending, Function, Invocation

FUNCTION = Function(
    name="orders",
    arn="arn",
    handler="app.handler",
    runtime="python3.12",
    timeout=3,
    memory_size=128,
    min_capacity=0,
    max_capacity=1,
    idle_timeout=60,
    queue_depth=1,
)
NOW = 1_700_000_000.25


class Bench:
    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.output = SlotOutput(FUNCTION, self.lines.append, lambda: NOW)

    def begin(self, request_id: str, want_log_tail: bool = False) -> None:
        self.output.begin(
            Invocation("orders", b"", request_id, "trace " + request_id, "arn", None, None, want_log_tail)
        )

    def printed(self) -> list[tuple[str, str]]:
        return [(line.request_id, line.text) for line in self.lines if line.source is Source.FUNCTION]


def test_lines_are_cut_wherever_the_bytes_come() -> None:
    bench = Bench()
    for at in "one\ntwö\n\nthree\n".encode():
        bench.output.feed(bytes([at]))
    assert [text for _, text in bench.printed()] == ["one", "twö", "", "three"]


def test_every_line_has_its_function_request_trace_and_time() -> None:
    bench = Bench()
    bench.begin("42")
    bench.output.feed(b"hello\n")
    assert bench.lines[-1] == LogLine("orders", "42", "trace 42", "hello", NOW, Source.FUNCTION)


def test_output_before_between_and_after_requests_has_its_place() -> None:
    bench = Bench()
    bench.output.feed(b"init\n")
    bench.begin("a")
    bench.output.feed(b"in a\nno line end")
    bench.output.end(Ending.DONE, Usage(0.001))
    bench.output.feed(b"after a\nlate")
    bench.begin("b")
    assert bench.printed() == [("", "init"), ("a", "in a"), ("a", "no line end"), ("a", "after a"), ("a", "late")]


def test_carriage_returns_inside_a_message_are_line_breaks() -> None:
    bench = Bench()
    bench.output.feed(b"[ERROR] ValueError: no\rTraceback:\r  File\nwindows\r\n")
    assert [text for _, text in bench.printed()] == ["[ERROR] ValueError: no\nTraceback:\n  File", "windows"]


def test_line_without_end_is_cut_at_the_longest() -> None:
    bench = Bench()
    for _ in range(10):
        bench.output.feed(b"x" * 100_000)
    bench.output.flush()
    texts = [text for _, text in bench.printed()]
    assert "".join(texts) == "x" * 1_000_000
    assert [len(text) for text in texts[:-1]] == [LONGEST_LINE] * 3


def test_bytes_that_are_no_text_are_marked() -> None:
    bench = Bench()
    bench.output.feed(b"a\xffb\n")
    assert bench.printed() == [("", "a\ufffdb")]


def test_tail_is_kept_only_when_it_is_wanted_and_holds_the_end() -> None:
    bench = Bench()
    bench.begin("a")
    assert bench.output.end(Ending.DONE, Usage(0.001)) == b""
    bench.begin("b", want_log_tail=True)
    for number in range(20_000):
        bench.output.feed(b"line %d\n" % number)
    tail = bench.output.end(Ending.DONE, Usage(0.001))
    assert len(tail) == 4096
    assert b"\nline 19999\nEND RequestId: b\nREPORT RequestId: b\t" in tail


def test_tail_does_not_begin_with_half_a_character() -> None:
    bench = Bench()
    bench.begin("a", want_log_tail=True)
    bench.output.feed("ü".encode() * 5_000 + b"\n")
    assert bench.output.end(Ending.DONE, Usage(0.001)).decode().startswith("ü")


@pytest.mark.parametrize(
    ("ending", "usage", "expected"),
    [
        (
            Ending.DONE,
            Usage(0.0123456, 38, 0.1204),
            [
                "END RequestId: 42",
                "REPORT RequestId: 42\tDuration: 12.35 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
                "Max Memory Used: 38 MB\tInit Duration: 120.40 ms\t",
            ],
        ),
        (
            Ending.TIMED_OUT,
            Usage(3.0004),
            [
                "2023-11-14T22:13:20.250Z 42 Task timed out after 3.00 seconds",
                "END RequestId: 42",
                "REPORT RequestId: 42\tDuration: 3000.40 ms\tBilled Duration: 3001 ms\tMemory Size: 128 MB\t"
                "Status: timeout",
            ],
        ),
        (
            Ending.EXITED,
            Usage(0.001),
            [
                "END RequestId: 42",
                "REPORT RequestId: 42\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\t"
                "Status: error\tError Type: Runtime.ExitError",
            ],
        ),
    ],
)
def test_text_lines_of_an_end(ending: Ending, usage: Usage, expected: list[str]) -> None:
    assert end_lines(FUNCTION, "42", ending, usage, NOW) == expected


def test_json_lines_are_the_events_of_the_telemetry_api() -> None:
    function = replace(FUNCTION, log_format="JSON")
    lines = start_lines(function, "42", NOW) + end_lines(function, "42", Ending.TIMED_OUT, Usage(3.0, 38), NOW)
    time = "2023-11-14T22:13:20.250Z"
    metrics = {"durationMs": 3000.0, "billedDurationMs": 3000, "memorySizeMB": 128, "maxMemoryUsedMB": 38}
    assert [json.loads(line) for line in lines] == [
        {"time": time, "type": "platform.start", "record": {"requestId": "42", "version": "$LATEST"}},
        {"time": time, "type": "platform.runtimeDone", "record": {"requestId": "42", "status": "timeout"}},
        {
            "time": time,
            "type": "platform.report",
            "record": {"requestId": "42", "metrics": metrics, "status": "timeout"},
        },
    ]
