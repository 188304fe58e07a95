"""What counts as equal to a recording."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.recorded.recordings import Headers, compare

ONE, OTHER = "9373f9d1-7972-4167-b19c-ec8a0271f3ba", "261c9bb6-9f73-43fc-9b9f-b59e366cf3a0"


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        (
            {"arn": "arn:<partition>:lambda:<region>:111111111111:function:f"},
            {"arn": "arn:aws:lambda:us-east-1:123456789012:function:f"},
        ),
        ({"id": "<uuid:1>", "log": ["END RequestId: <uuid:1>"]}, {"id": ONE, "log": [f"END RequestId: {ONE}"]}),
        ("<uuid:1> <uuid:1>", f"{ONE} {ONE}"),
        ({"a": "timestamp", "b": "<headers>"}, {"a": 1, "b": ["x"]}),
        ("[INFO]\tdate\t<id:1>\tx", "[INFO]\t2026-11-29T20:18:42.490Z\tone\tx"),
        ("Duration: <duration> ms\tMemory Size: 128 MB", "Duration: 0.21 ms\tMemory Size: 128 MB"),
        ("Duration: 3.01 ms\tMax Memory Used: 36 MB", "Duration: 2 ms\tMax Memory Used: 14 MB"),
        (
            {"ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": 200}},
            {"ResponseMetadata": {"HTTPStatusCode": 200}},
        ),
        ({"Content-Type": "text/plain"}, Headers({"content-type": "text/plain"})),
    ],
)
def test_equal(recorded: Any, ours: Any) -> None:
    assert not compare(recorded, ours)


@pytest.mark.parametrize(
    ("recorded", "ours", "paths"),
    [
        ({"a": 1}, {"a": 1, "b": None}, [".b"]),
        ({"a": None}, {}, [".a"]),
        ({"a": True, "b": 1.0}, {"a": 1, "b": 1}, [".a", ".b"]),
        ({"a": "1"}, {"a": 1}, [".a"]),
        ({"id": "<uuid:1>", "log": "END <uuid:1>"}, {"id": ONE, "log": f"END {OTHER}"}, [".log"]),
        ("<uuid:1> <uuid:1>", f"{ONE} {OTHER}", [""]),
        ("<uuid:1>", "one", [""]),
        ("START <id> Version: 1", "START x Version: $LATEST", [""]),
        ("Memory Size: 128 MB", "Memory Size: 256 MB", [""]),
        (["first", "x", "last"], ["y", "last"], ["[-2]", "[-3]"]),
        (
            {"ResponseMetadata": {"HTTPStatusCode": 200}},
            {"ResponseMetadata": {"HTTPStatusCode": 202}},
            [".ResponseMetadata.HTTPStatusCode"],
        ),
        ({"a.b": "f"}, {"axb": "f"}, [".a.b", ".axb"]),
        ("a.b", "axb", [""]),
    ],
)
def test_different(recorded: Any, ours: Any, paths: list[str]) -> None:
    assert sorted(compare(recorded, ours)) == sorted(paths)
