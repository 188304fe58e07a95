"""The lines that Lambda adds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from esb_gateway.execution.output.platform_lines import Usage, end_lines, start_lines
from esb_gateway.invocation import Ending, Invocation
from tests.gateway.functions import ORDERS

FUNCTION = replace(ORDERS, arn="arn", queue_depth=1)
INVOCATION = Invocation("orders", b"{}", "42", "Root=1-2-3", "arn")
NOW = 1_700_000_000.25


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


@pytest.mark.parametrize(
    ("arn", "published", "version"),
    [
        ("arn", False, "$LATEST"),
        ("arn:live", False, "$LATEST"),
        ("arn", True, "$LATEST"),
        ("arn:$LATEST", True, "$LATEST"),
        ("arn:live", True, "1"),
        ("arn:1", True, "1"),
    ],
)
def test_the_first_line_names_the_version_that_the_arn_means(arn: str, published: bool, version: str) -> None:
    function = replace(FUNCTION, published=published)
    assert start_lines(function, INVOCATION._replace(arn=arn), NOW) == [f"START RequestId: 42 Version: {version}"]


def test_json_lines_are_the_events_of_the_telemetry_api() -> None:
    function = replace(FUNCTION, log_format="JSON")
    lines = start_lines(function, INVOCATION, NOW) + end_lines(function, "42", Ending.TIMED_OUT, Usage(3.0, 38), NOW)
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
