"""Events of the log, in order, for a person."""

from __future__ import annotations

from esb_gateway.log_reader.entry import LogEntry, by_request, entry_of_line, entry_of_row, line_of

ONE, TWO = "11111111-89ab-cdef-0123-456789abcdef", "22222222-89ab-cdef-0123-456789abcdef"


def gateway_row(message: str, time: str, request: str = ONE) -> dict[str, str]:
    """As VictoriaLogs stores a line of the gateway: the row is later than the event."""
    return {
        "_time": "2026-01-01T00:00:09.5Z",
        "_msg": message,
        "container_name": "gateway",
        "job": "esb",
        "level": "INFO",
        "type": "function",
        "function": "orders",
        "request_id": request,
        "time": time,
    }


def printed_row(message: str, time: str, request: str = ONE, **fields: str) -> dict[str, str]:
    """As a function's container ships it."""
    labels = {"container_name": "orders", "job": "lambda", "aws_request_id": request}
    return {"_time": time, "_msg": message, "level": "INFO", **labels, **fields}


def test_what_is_printed_is_between_start_and_end_of_its_request_even_if_it_was_read_late() -> None:
    rows = [
        gateway_row(f"REPORT RequestId: {ONE}\tDuration: 1.00 ms", "2026-01-01T00:00:01.300Z"),
        gateway_row(f"START RequestId: {TWO} Version: $LATEST", "2026-01-01T00:00:01.150Z", TWO),
        gateway_row(f"END RequestId: {ONE}", "2026-01-01T00:00:01.300Z"),
        printed_row("late", "2026-01-01T00:00:01.400123456Z"),
        gateway_row(f"START RequestId: {ONE} Version: $LATEST", "2026-01-01T00:00:01.100Z"),
        printed_row("of the other", "2026-01-01T00:00:01.2Z", TWO),
        {"_time": "2026-01-01T00:00:01Z", "_msg": "ready", "container_name": "gateway", "level": "INFO"},
    ]
    entries = by_request(map(entry_of_row, rows))

    assert [(entry.request_id[:1], entry.message.partition(" ")[0]) for entry in entries] == [
        ("", "ready"),
        ("1", "START"),
        ("1", "late"),
        ("1", "END"),
        ("1", "REPORT"),
        ("2", "START"),
        ("2", "of"),
    ]
    assert {entry.source for entry in entries} == {"gateway", "orders"}
    assert [entries[0].time, entries[2].time] == ["2026-01-01T00:00:01.000Z", "2026-01-01T00:00:01.400Z"]


def test_so_it_is_with_the_log_format_json() -> None:
    messages = [
        '{"time": "t", "type": "platform.report"}',
        '{"message": "mine"}',
        '{"time": "t", "type": "platform.start"}',
    ]
    rows = [printed_row(message, "2026-01-01T00:00:01Z") for message in messages]
    assert [entry.message for entry in by_request(map(entry_of_row, rows))] == list(reversed(messages))


def test_fields_of_a_function_s_own_json_are_not_taken_for_the_gateway_s() -> None:
    own = {"function": "billing", "request_id": "7", "time": "yesterday", "type": "access", "duration_ms": "x"}
    entry = entry_of_row({**printed_row("hello", "2026-01-01T00:00:01Z"), **own})
    assert (entry.source, entry.request_id, entry.message) == ("orders", ONE, "hello")
    assert entry.time == "2026-01-01T00:00:01.000Z"


def test_an_event_is_one_line_and_a_traceback_follows_indented() -> None:
    row = printed_row(
        "[ERROR] KeyError: 'a'", "2026-01-01T00:00:01Z", exc_info='Traceback\n  File "app.py"', level="ERROR"
    )
    assert line_of(entry_of_row(row)).split("\n") == [
        "2026-01-01T00:00:01.000Z orders 11111111 ERROR [ERROR] KeyError: 'a'",
        "    Traceback",
        '      File "app.py"',
    ]
    joined = LogEntry("2026-01-01T00:00:01.000Z", "ERROR", "orders", "", "a\rb\r\xa0\xa0c\r\n")
    assert line_of(joined).split("\n") == ["2026-01-01T00:00:01.000Z orders - ERROR a", "    b", "      c"]


def test_a_request_is_shown_with_the_error_of_its_function_and_its_time() -> None:
    line = {
        "time": "2026-01-01T00:00:01.000Z",
        "level": "INFO",
        "type": "access",
        "duration_ms": 7.25,
        "request_id": ONE,
        "function": "orders",
        "message": "GET /a 500 KeyError",
    }
    assert line_of(entry_of_line(line)) == "2026-01-01T00:00:01.000Z orders 11111111 INFO GET /a 500 KeyError (7 ms)"


def test_a_line_with_other_types_is_shown() -> None:
    odd = {"time": 5, "level": ["x"], "type": "access", "duration_ms": "x", "function": 1, "message": None}
    assert line_of(entry_of_line(odd)) == "5.000Z 1 - ['x'] None (0 ms)"
