"""What `docker stats` prints, as a number."""

from __future__ import annotations

import pytest

from bench.compose_stack import memory_of_containers, used_memory
from bench.errors import Unavailable
from bench.parts.stack_idle import by_kind


def test_memory_of_each_container() -> None:
    stats = "a 39.5MiB / 23.54GiB\nb 512KiB / 1.774GiB\nc 1.5GiB / 23.54GiB\nd 0B / 0B\n"
    assert used_memory(stats) == pytest.approx({"a": 39.5, "b": 0.5, "c": 1536, "d": 0})


def test_the_memory_of_a_stack_of_which_nothing_runs_is_unavailable() -> None:
    """Without names, `docker stats` shows every container of the machine."""
    with pytest.raises(Unavailable, match="no container of the stack is running"):
        memory_of_containers()


def test_services_of_functions_are_those_that_the_stack_does_not_have_without() -> None:
    services = {"database": 2.0, "s3-storage": 40.0, "gateway": 60.0, "victorialogs": 30.0, "f1": 5.0, "f2": 6.0}
    assert by_kind(services) == {"engines": 42.0, "functions": 11.0, "others": 90.0}
