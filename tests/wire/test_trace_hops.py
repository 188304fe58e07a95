"""The way of an event in the X-Ray header."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from esb_wire.trace_hops import CUT, MAX_LENGTH, hops, with_hop, with_hop_if_known, without_hops

TRACE = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0"


def test_hops_stand_in_their_order() -> None:
    trace = with_hop(with_hop(TRACE, "bucket:uploads"), "function:Resize")
    assert trace == f"{TRACE};Hops=bucket:uploads,function:Resize"
    assert hops(f"{trace};Lineage=8a3cf3e3:2") == ("bucket:uploads", "function:Resize")


def test_other_parts_stay() -> None:
    trace = with_hop(f"{TRACE};Hops=queue:a;Lineage=8a3cf3e3:2", "function:b")
    assert TRACE in trace
    assert "Lineage=8a3cf3e3:2" in trace
    assert hops(trace) == ("queue:a", "function:b")


def test_the_earliest_ones_are_left_out_when_there_are_too_many() -> None:
    trace = TRACE
    for number in range(200):
        trace = with_hop(trace, f"queue:a-queue-with-a-name-{number}")
    assert hops(trace)[0] == CUT
    assert hops(trace)[-1] == "queue:a-queue-with-a-name-199"
    assert hops(trace).count(CUT) == 1
    assert len(trace) <= len(TRACE) + len(";Hops=") + MAX_LENGTH


@pytest.mark.parametrize("part", ["", "queue:", "\x1b[31m", "river:a", "a b", ",,"])
def test_what_is_no_hop_is_left_out(part: str) -> None:
    assert hops(f"{TRACE};Hops={part},queue:b") == ("queue:b",)
    assert hops(with_hop(f"{TRACE};Hops=queue:b", part)) == ("queue:b",)


@pytest.mark.parametrize("part", ["queue:a b", "queue:é", "queue:a/b", "queue:+1B[31m", "queue:a+1Bb", "queue:a+0Ab"])
def test_what_no_header_of_ours_has_is_left_out(part: str) -> None:
    assert hops(f"{TRACE};Hops={part},queue:b") == ("queue:b",)


# Names of buses may have `/`: EventBridge API reference, CreateEventBus, Name. The others are those of no service yet.
@pytest.mark.parametrize("name", ["shop/orders:paid", "a+2Fb:r", "a,b;Hops=c", "a=b&c|d", "a b", "é%41", "🎣"])
def test_a_name_comes_back_as_it_was(name: str) -> None:
    trace = with_hop(with_hop(f"{TRACE};Lineage=8a3cf3e3:2", f"rule:{name}"), "function:f")
    assert hops(trace) == (f"rule:{name}", "function:f")
    assert hops(with_hop(with_hop(TRACE, "function:f"), f"rule:{name}")) == ("function:f", f"rule:{name}")
    assert "Lineage=8a3cf3e3:2;" in trace


def test_the_longest_names_are_kept() -> None:
    """Name of CreateEventBus: up to 256 characters; of PutRule: up to 64."""
    rule = f"rule:{'b' * 256}:{'r' * 64}"
    assert hops(with_hop(TRACE, rule)) == (rule,)


@pytest.mark.parametrize("character", ["/", "b", "🎣"])
def test_of_a_name_without_end_the_end_is_kept(character: str) -> None:
    trace = with_hop(with_hop(TRACE, "function:f"), f"rule:{character * 1000}:paid")
    assert len(trace) <= len(TRACE) + len(";Hops=") + MAX_LENGTH
    first, last = hops(trace)
    assert (first, last[:9], last[-5:]) == ("function:f", f"rule:...{character}", ":paid")


def test_they_can_be_left_out() -> None:
    assert without_hops(f"{TRACE};Hops=queue:a;Lineage=8a3cf3e3:2") == f"{TRACE};Lineage=8a3cf3e3:2"


def test_a_trace_of_somebody_else_goes_on_unchanged() -> None:
    assert with_hop_if_known(TRACE, "topic:t") == TRACE
    assert with_hop_if_known("", "topic:t") == ""
    assert hops(with_hop_if_known(with_hop(TRACE, "function:f"), "topic:t")) == ("function:f", "topic:t")


def test_botocore_sends_it_as_it_is() -> None:
    """botocore.handlers.add_recursion_detection_header quotes it like this."""
    trace = with_hop(with_hop(with_hop(TRACE, "rule:default:paid"), "function:b"), "rule:shop/orders:paid")
    assert quote(trace, safe="-=;:+&[]{}\"',") == trace
