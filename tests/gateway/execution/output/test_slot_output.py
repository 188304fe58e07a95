"""The output of a function becomes lines, each with its request."""

from __future__ import annotations

from dataclasses import replace

from esb_gateway.execution.output.platform_lines import Usage
from esb_gateway.execution.output.slot_output import MAX_LINE, LineSource, LogLine, SlotOutput
from esb_gateway.invocation import Ending, Invocation
from tests.gateway.functions import ORDERS

FUNCTION = replace(ORDERS, arn="arn", queue_depth=1)
NOW = 1_700_000_000.25


class OutputFixture:
    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.output = SlotOutput(FUNCTION, self.lines.append, lambda: NOW)

    def begin(self, request_id: str, want_log_tail: bool = False) -> None:
        self.output.begin(
            Invocation("orders", b"", request_id, "trace " + request_id, "arn", None, None, want_log_tail)
        )

    def printed(self) -> list[tuple[str, str]]:
        return [(line.request_id, line.text) for line in self.lines if line.source is LineSource.FUNCTION]


def test_lines_are_cut_wherever_the_bytes_come() -> None:
    fixture = OutputFixture()
    for at in "one\ntwö\n\n\r\nthree\n \n".encode():
        fixture.output.feed(bytes([at]))
    assert [text for _, text in fixture.printed()] == ["one", "twö", "three", " "]


def test_every_line_has_its_function_request_trace_and_time() -> None:
    fixture = OutputFixture()
    fixture.begin("42")
    fixture.output.feed(b"hello\n")
    assert fixture.lines[-1] == LogLine("orders", "42", "trace 42", "hello", NOW, LineSource.FUNCTION)


def test_output_before_between_and_after_requests_has_its_place() -> None:
    fixture = OutputFixture()
    fixture.output.feed(b"init\n")
    fixture.begin("a")
    fixture.output.feed(b"in a\nno line end")
    fixture.output.end(fixture.output.request, Ending.DONE, Usage(0.001))
    fixture.output.feed(b"after a\nlate")
    fixture.begin("b")
    assert fixture.printed() == [("", "init"), ("a", "in a"), ("a", "no line end"), ("a", "after a"), ("a", "late")]


def test_carriage_returns_stay_but_in_what_the_runtime_clients_print_in_place_of_line_ends() -> None:
    """LocalStack's recording of test_multi_line_prints has the second line.

    A message of console.log is one event of CloudWatch Logs, with its line ends ("Log and monitor Node.js Lambda
    functions").
    """
    fixture = OutputFixture()
    fixture.output.feed(
        b"[ERROR] ValueError: no\rTraceback (most recent call last):\r  File\nanother\rline\nwindows\r\n"
        b"2026-01-31T10:20:30.456Z\t6a1e-42\tINFO\ttwo\rlines\n2026-01-31T10:20:30.456Z\rnot\ta message\n"
    )
    assert [text for _, text in fixture.printed()] == [
        "[ERROR] ValueError: no\nTraceback (most recent call last):\n  File",
        "another\rline",
        "windows",
        "2026-01-31T10:20:30.456Z\t6a1e-42\tINFO\ttwo\nlines",
        "2026-01-31T10:20:30.456Z\rnot\ta message",
    ]


def test_line_without_end_is_cut_at_the_longest() -> None:
    fixture = OutputFixture()
    for _ in range(10):
        fixture.output.feed(b"x" * 100_000)
    fixture.output.flush()
    texts = [text for _, text in fixture.printed()]
    assert "".join(texts) == "x" * 1_000_000
    assert [len(text) for text in texts[:-1]] == [MAX_LINE] * 3


def test_bytes_that_are_no_text_are_marked() -> None:
    fixture = OutputFixture()
    fixture.output.feed(b"a\xffb\n")
    assert fixture.printed() == [("", "a\ufffdb")]


def test_tail_is_kept_only_when_it_is_wanted_and_holds_the_end() -> None:
    fixture = OutputFixture()
    fixture.begin("a")
    assert fixture.output.end(fixture.output.request, Ending.DONE, Usage(0.001)) == b""
    fixture.begin("b", want_log_tail=True)
    for number in range(20_000):
        fixture.output.feed(b"line %d\n" % number)
    tail = fixture.output.end(fixture.output.request, Ending.DONE, Usage(0.001))
    assert len(tail) == 4096
    assert b"\nline 19999\nEND RequestId: b\nREPORT RequestId: b\t" in tail


def test_what_was_logged_elsewhere_is_in_the_tail_alone_and_split_as_everything_else() -> None:
    fixture = OutputFixture()
    fixture.begin("a", want_log_tail=True)
    request = fixture.output.request
    fixture.begin("b")
    error = b"[ERROR] ValueError\rTraceback (most recent call last):\r  File\n"
    tail = fixture.output.end(request, Ending.DONE, Usage(0.001, 30), b"one\n\n\r\ntw\ro\n" + error + b"no end")
    assert tail.decode().split("\n")[:-2] == [
        "START RequestId: a Version: $LATEST",
        *("one", "tw\ro", "[ERROR] ValueError", "Traceback (most recent call last):", "  File", "no end"),
        "END RequestId: a",
    ]
    assert fixture.printed() == []
    assert [(line.request_id, line.trace_id) for line in fixture.lines[-2:]] == [("a", "trace a")] * 2


def test_tail_does_not_begin_with_half_a_character() -> None:
    fixture = OutputFixture()
    fixture.begin("a", want_log_tail=True)
    fixture.output.feed("ü".encode() * 5_000 + b"\n")
    assert fixture.output.end(fixture.output.request, Ending.DONE, Usage(0.001)).decode().startswith("ü")
