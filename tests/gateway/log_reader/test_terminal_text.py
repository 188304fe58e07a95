"""What a function printed cannot command the terminal of the person who reads it."""

from __future__ import annotations

import json

import pytest

from esb_gateway.cli.readable import readable, shown_lines
from esb_gateway.log_reader.entry import LogEntry, line_of
from esb_gateway.log_reader.terminal_text import terminal_text


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain é 漢 🚀\tand a tab", "plain é 漢 🚀\tand a tab"),
        ("\x1b[1;31mred\x1b[m", "\x1b[1;31mred\x1b[m\x1b[0m"),
        ("\x1b[8mhidden", "\x1b[8mhidden\x1b[0m"),
        ("\x1b]52;c;cm0gLXJm\x07", "�]52;c;cm0gLXJm�"),
        ("\x1b]0;title\x1b\\", "�]0;title�\\"),
        ("a\x1b[2Kb\x1b[1Ac\x08\x7f\x9b2J", "a�[2Kb�[1Ac���2J"),
        ("\x1b[3\x1b[31mm", "�[3\x1b[31mm\x1b[0m"),
    ],
)
def test_colours_stay_and_commands_do_not(printed: str, shown: str) -> None:
    assert terminal_text(printed) == shown


def test_that_is_so_wherever_lines_are_for_a_person() -> None:
    printed = "x\x1b]0;a\x07\n\x1b[2Jy"
    entry = LogEntry("2026-11-23T12:00:00.123Z", "INFO", "f", "8476a536", printed)
    line = {"time": "2026-11-23T12:00:00.123Z", "type": "function", "function": "f", "message": printed}
    told = {**line, "type": "gateway", "level": "ERROR"}
    for text in (
        line_of(entry),
        readable(json.dumps(line)),
        readable(json.dumps(told)),
        "\n".join(shown_lines(printed)),
    ):
        assert "\x1b" not in text
        assert text.count("\n") + (not text.endswith("\n")) == 2
