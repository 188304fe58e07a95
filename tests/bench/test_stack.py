"""What `docker stats` prints, as a number."""

from __future__ import annotations

import pytest

from bench.parts.stack import used_memory


def test_memory_is_the_sum_of_the_containers() -> None:
    assert used_memory("39.5MiB / 23.54GiB\n512KiB / 1.774GiB\n1.5GiB / 23.54GiB\n0B / 0B\n") == pytest.approx(1576)
