"""Requests and responses as plain data."""

from __future__ import annotations

from esb_wire.http.messages import Response, json_response, lower


def test_headers_by_lower_case_name() -> None:
    headers = (("A", "1"), ("a", "2"), ("Cookie", "x=1"), ("cookie", "y=2"), ("B", ""))
    assert lower(headers) == {"a": "1,2", "cookie": "x=1; y=2", "b": ""}


def test_a_response_of_json() -> None:
    headers = (("Content-Type", "application/json"), ("X", "1"))
    assert json_response(404, {"a": [1, "é"]}, (("X", "1"),)) == Response(404, headers, b'{"a":[1,"\\u00e9"]}')
