"""Which events are asked for."""

from __future__ import annotations

from esb_gateway.log_reader.selection import Selection


def test_a_query_has_the_time_the_function_and_the_request() -> None:
    assert Selection().query(1.5) == "_time:[1970-01-01T00:00:01.500Z, 2200-01-01T00:00:00Z]"
    assert Selection('a"b', "12ab").query(0).split(" ", 2)[2] == (
        r'(container_name:="a\"b" OR function:="a\"b") (aws_request_id:="12ab"* OR request_id:="12ab"*)'
    )
