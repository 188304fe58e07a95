"""The way of an event as a list of hops: `Hops` in the X-Ray header, which SDKs send on.

    Root=1-…;Parent=…;Sampled=0;Hops=bucket:uploads,function:Resize,queue:orders;Lineage=…

A hop is a kind and a name. The gateway adds functions and what invoked them, esb-cloud topics and rules. The header is
stored with a message, so the way is known after a restart, too. Pure.
"""

from __future__ import annotations

import re
from typing import Final

MAX_LENGTH: Final = 600  # characters of all hops: with the other parts, the header stays below 1,024
CUT: Final = "..."  # stands for earlier hops that had no room

_PART: Final = re.compile(r";?Hops=([^;]*)")
_HOP: Final = re.compile(r"\.\.\.|(?:bucket|function|queue|rule|schedule|table|topic):[A-Za-z0-9_.$:-]{1,300}")


def hops(trace_id: str) -> tuple[str, ...]:
    """The hops of a trace id, the first one first. What is no hop is left out: the header may come from anywhere."""
    found = _PART.search(trace_id) if "Hops=" in trace_id else None
    return () if found is None else tuple(hop for hop in found[1].split(",") if _HOP.fullmatch(hop))


def with_hop(trace_id: str, hop: str) -> str:
    """The trace id with one more hop, such as `queue:orders`."""
    if not _HOP.fullmatch(hop):
        return trace_id
    if "Hops=" not in trace_id:
        return f"{trace_id};Hops={hop}"
    kept = [*hops(trace_id), hop]
    if sum(map(len, kept)) + len(kept) > MAX_LENGTH:
        kept = [CUT, *_last(kept)]
    return f"{_PART.sub('', trace_id)};Hops={','.join(kept)}"


def with_hop_if_known(trace_id: str, hop: str) -> str:
    """As `with_hop`, for a trace that has hops already. One that a program outside of the stack began goes on
    unchanged, as it does on AWS.
    """
    return with_hop(trace_id, hop) if "Hops=" in trace_id else trace_id


def without_hops(trace_id: str) -> str:
    """The trace id for a server that has no room for them."""
    return _PART.sub("", trace_id)


def _last(kept: list[str]) -> list[str]:
    room, found = MAX_LENGTH - len(CUT) - 1, list[str]()
    for hop in reversed(kept):
        room -= len(hop) + 1
        if room < 0 or hop == CUT:
            break
        found.append(hop)
    return found[::-1]
