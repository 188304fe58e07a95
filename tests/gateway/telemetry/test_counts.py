"""Counts and their buckets."""

from __future__ import annotations

from esb_gateway.telemetry.counts import Histogram


def test_histogram_bounds_belong_to_the_bucket_below() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)
    assert (histogram.counts, histogram.total) == ([2, 2, 1], 7.5)
