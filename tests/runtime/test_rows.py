"""The fields of rows besides the message."""

from __future__ import annotations

import json

import pytest

from .conftest import Interpreter, Row, VictoriaLogs

pytestmark = pytest.mark.server


def fields(logs: VictoriaLogs, count: int) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in ("_time", "container_name", "job")} for row in logs.stored(count)]


def test_a_logging_record_keeps_its_fields(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import logging
logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(message)s")
print("unfinished", end="")
logging.getLogger("shop.cart").warning("%d items\\nin two lines", 3)
"""
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    assert result.stderr.endswith("WARNING 3 items\nin two lines\n")
    record, line = sorted(fields(logs, 2), key=lambda row: row["message"])
    assert line == {"level": "INFO", "message": "unfinished"}
    assert record == {
        "level": "WARNING",
        "message": "3 items\nin two lines",
        "logger": "shop.cart",
        "location": f"{python.folder / 'program.py'}:<module>:5",
    }


def test_the_exception_of_a_record_is_a_field(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import logging
try:
    1 / 0
except ZeroDivisionError:
    logging.exception("no way")
"""
    python.run(code, VICTORIALOGS_URL=logs.url)
    (row,) = fields(logs, 1)
    assert (row["message"], row["level"], row["logger"]) == ("no way", "ERROR", "root")
    assert row["exc_info"].startswith("Traceback (most recent call last):\n")
    assert row["exc_info"].endswith("\nZeroDivisionError: division by zero")


def test_what_a_formatter_hides_stays_hidden(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import logging
class Hiding(logging.Formatter):
    def format(self, record):
        return super().format(record).replace("s3cret", "***")
handler = logging.StreamHandler()
handler.setFormatter(Hiding())
logging.getLogger().addHandler(handler)
logging.error("password %s", "s3cret")
"""
    python.run(code, VICTORIALOGS_URL=logs.url)
    assert fields(logs, 1) == [{"level": "ERROR", "message": "password ***"}]


def test_a_record_of_two_handlers_is_printed_and_shipped_twice(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import logging
logging.getLogger().addHandler(logging.StreamHandler())
logging.getLogger().addHandler(logging.StreamHandler())
logging.error("twice")
logging.getLogger().addHandler(logging.FileHandler("own.log"))
logging.getLogger("quiet").propagate = False
logging.getLogger("quiet").addHandler(logging.NullHandler())
logging.getLogger("quiet").error("never printed")
"""
    result = python.run(code, VICTORIALOGS_URL=logs.url)
    assert result.stderr == "twice\ntwice\n"
    assert logs.messages(2) == ["twice", "twice"]


@pytest.mark.parametrize(
    ("printed", "row"),
    [
        ({"a": 1}, {"level": "INFO", "message": '{"a": 1}'}),
        ({"message": "m", "level": "warn"}, {"level": "WARNING", "message": "m"}),
        ({"msg": "m", "requestId": "r"}, {"level": "INFO", "message": "m", "aws_request_id": "r"}),
        (
            {"level": "INFO", "location": "handler:7", "message": {"order": 5}, "service": "shop", "n": 1},
            {"level": "INFO", "location": "handler:7", "message": '{"order": 5}', "service": "shop", "n": "1"},
        ),
        (
            {"message": "m", "job": "mine", "_time": "t"},
            {"level": "INFO", "message": "m", "field.job": "mine", "field._time": "t"},
        ),
    ],
)
def test_a_line_of_json_with_a_message_becomes_fields(
    python: Interpreter, logs: VictoriaLogs, printed: object, row: Row
) -> None:
    python.run(f"print({json.dumps(printed)!r})", VICTORIALOGS_URL=logs.url)
    assert fields(logs, 1) == [row]


@pytest.mark.parametrize(
    ("line", "level"),
    [("ERROR: disk", "ERROR"), ("[WARN] low", "WARNING"), ("Information", "INFO"), ("DEBUG x", "DEBUG")],
)
def test_a_level_at_the_start_of_a_line_is_its_level(
    python: Interpreter, logs: VictoriaLogs, line: str, level: str
) -> None:
    python.run(f"print({line!r})", VICTORIALOGS_URL=logs.url)
    assert fields(logs, 1) == [{"level": level, "message": line}]
