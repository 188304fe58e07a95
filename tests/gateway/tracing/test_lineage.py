"""Counts of a chain's invocations in the X-Ray header."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from esb_gateway.tracing.lineage import invocations, is_loop, with_invocation
from esb_wire.trace_hops import MAX_LENGTH

TRACE = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0"


def test_each_invocation_counts_for_its_function() -> None:
    trace = with_invocation(with_invocation(with_invocation(TRACE, "a"), "b"), "a")
    assert trace.startswith(f"{TRACE};Hops=function:a,function:b,function:a;Lineage=")
    assert [invocations(trace, name) for name in "abc"] == [2, 1, 0]


def test_the_seventeenth_is_one_too_many() -> None:
    """ "more than 16 times": aws.amazon.com, what's new, 2023-07-13."""
    trace = TRACE
    for _ in range(16):
        assert not is_loop(trace, "a")
        trace = with_invocation(trace, "a")
    assert is_loop(trace, "a")
    assert not is_loop(trace, "b")


def test_botocore_sends_it_as_it_is() -> None:
    """botocore.handlers.add_recursion_detection_header quotes it like this."""
    trace = with_invocation(with_invocation(TRACE, "a"), "b")
    assert quote(trace, safe="-=;:+&[]{}\"',") == trace


def test_it_does_not_grow_without_end() -> None:
    trace = TRACE
    for number in range(100):
        trace = with_invocation(trace, f"function-{number}")
    assert len(trace) < 400 + MAX_LENGTH < 1024  # esb_trace_id.MAX_LENGTH: a longer one takes memory in a function
    assert (invocations(trace, "function-99"), invocations(trace, "function-0")) == (1, 0)


@pytest.mark.parametrize("lineage", ["", "1:8a3cf3e3:0", "a:1|b:2", ",,,", "zzzzzzzz:1", "8a3cf3e3:99999999999"])
def test_what_others_wrote_there_is_no_loop(lineage: str) -> None:
    trace = f"{TRACE};Lineage={lineage}"
    assert not is_loop(trace, "a")
    assert invocations(with_invocation(trace, "a"), "a") == 1


def test_parts_after_it_stay() -> None:
    trace = with_invocation(f"Lineage=8a3cf3e3:2;{TRACE}", "a")
    assert TRACE in trace
    assert trace.count("Lineage=") == 1
