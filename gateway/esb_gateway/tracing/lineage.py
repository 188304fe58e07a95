"""The number of times that a chain of events has invoked a function: `Lineage` in the X-Ray header, which SDKs send on.

Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops": a function that was invoked
about 16 times in the same chain is not invoked again. Here the part is `Lineage=<hash of the name>:<times>,…`. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final

from esb_wire.trace_hops import with_hop

MAX_INVOCATIONS: Final = 16  # of one function in a chain

_LINEAGE: Final = re.compile(r";?Lineage=([^;]*)")
_ENTRY: Final = re.compile(r"([0-9a-f]{8}):([0-9]{1,4})")
_MAX_FUNCTIONS: Final = 20  # whose counts are kept, the latest ones: a header must not grow without end


def invocations(trace_id: str, function: str) -> int:
    """The number of times that the chain of a trace id has invoked the function."""
    return _counts(trace_id).get(_key(function), 0) if "Lineage=" in trace_id else 0


def is_loop(trace_id: str, function: str) -> bool:
    """Whether the function must not be invoked once more, unless it may be in a loop."""
    return "Lineage=" in trace_id and invocations(trace_id, function) >= MAX_INVOCATIONS


def with_invocation(trace_id: str, function: str) -> str:
    """The trace id that the function gets, with this invocation as a hop and counted; what it sends carries it on."""
    if "Hops=" not in trace_id and "Lineage=" not in trace_id:
        return trace_id + _first(function)
    key, trace_id = _key(function), with_hop(trace_id, f"function:{function}")
    if "Lineage=" not in trace_id:
        return f"{trace_id};Lineage={key}:1"
    counts = _counts(trace_id)
    counts[key] = counts.pop(key, 0) + 1
    entries = [f"{name}:{times}" for name, times in counts.items()][-_MAX_FUNCTIONS:]
    return f"{_LINEAGE.sub('', trace_id)};Lineage={','.join(entries)}"


def _counts(trace_id: str) -> dict[str, int]:
    found = _LINEAGE.search(trace_id)
    return {} if found is None else {name: int(times) for name, times in _ENTRY.findall(found[1])}


@lru_cache(4096)
def _first(function: str) -> str:
    """What is added to the trace of a chain that begins with this function."""
    return f"{with_hop('', f'function:{function}')};Lineage={_key(function)}:1"


@lru_cache(4096)
def _key(function: str) -> str:
    return sha256(function.encode()).hexdigest()[:8]
