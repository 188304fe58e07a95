"""The path of an event as a list of hops: `Hops` in the X-Ray header, which SDKs propagate.

    Root=1-…;Parent=…;Sampled=0;Hops=bucket:uploads,function:Resize,queue:orders;Lineage=…

A hop is a kind and a name. The gateway adds functions and what invoked them, esb-cloud topics and rules. The header is
stored with a message, so the path survives a restart. Pure.

In the header, a character of a name that would end the hop, or that SDKs quote, is `+` and two digits for each byte: a
bus `a/b` is `a+2Fb`. botocore quotes all but letters, digits and `_.-~=;:+&[]{}"',` each time that it sends the header.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

MAX_LENGTH: Final = 600  # characters of all hops; the whole header stays below 1,024
CUT: Final = "..."  # replaces earlier hops that did not fit

_MAX_NAME: Final = 400  # characters of a name in the header; a rule's, with its bus, has 321 before it is encoded
_PART: Final = re.compile(r";?Hops=([^;]*)")
_KINDS: Final = "(?:bucket|function|queue|rule|schedule|table|topic)"
_HOP: Final = re.compile(rf"\.\.\.|{_KINDS}:[A-Za-z0-9_.~$:+-]{{1,{_MAX_NAME}}}")
_PLAIN: Final = re.compile(rf"{_KINDS}:[A-Za-z0-9_.~$:-]{{1,{_MAX_NAME}}}")
_NAMED: Final = re.compile(rf"{_KINDS}:.", re.DOTALL)


def hops(trace_id: str) -> tuple[str, ...]:
    """The hops of a trace id, in order. Invalid ones are left out, because the header may come from anywhere."""
    return tuple(filter(str.isprintable, map(_decoded, _in_header(trace_id))))


def with_hop(trace_id: str, hop: str) -> str:
    """The trace id with one more hop, such as `queue:orders`; a very long name is cut at its beginning. A hop without
    a kind or a name is not added.
    """
    if not _PLAIN.fullmatch(hop):
        if not _NAMED.match(hop):
            return trace_id
        hop = _encoded(hop)
    if "Hops=" not in trace_id:
        return f"{trace_id};Hops={hop}"
    kept = [*_in_header(trace_id), hop]
    if sum(map(len, kept)) + len(kept) > MAX_LENGTH:
        kept = [CUT, *_last(kept)]
    return f"{_PART.sub('', trace_id)};Hops={','.join(kept)}"


def with_hop_if_known(trace_id: str, hop: str) -> str:
    """As `with_hop`, for a trace that already has hops. A trace from outside of the stack is not changed, as on
    AWS.
    """
    return with_hop(trace_id, hop) if "Hops=" in trace_id else trace_id


def without_hops(trace_id: str) -> str:
    """The trace id without hops, for a server with a length limit."""
    return _PART.sub("", trace_id)


def _in_header(trace_id: str) -> list[str]:
    """The encoded hops in the header."""
    found = _PART.search(trace_id) if "Hops=" in trace_id else None
    return [] if found is None else [hop for hop in found[1].split(",") if _HOP.fullmatch(hop)]


def _encoded(hop: str) -> str:
    kind, _, name = hop.partition(":")
    encoded = _quoted(name)
    while len(encoded) > _MAX_NAME:
        name = CUT + name[len(CUT) + 1 + (len(encoded) - _MAX_NAME) // 12 :]  # 12: of one character, at most
        encoded = _quoted(name)
    return f"{kind}:{encoded}"


def _quoted(name: str) -> str:
    return quote(name, safe="$:", errors="replace").replace("%", "+")


def _decoded(hop: str) -> str:
    return unquote(hop.replace("+", "%")) if "+" in hop else hop


def _last(kept: list[str]) -> list[str]:
    room, found = MAX_LENGTH - len(CUT) - 1, list[str]()
    for hop in reversed(kept):
        room -= len(hop) + 1
        if room < 0 or hop == CUT:
            break
        found.append(hop)
    return found[::-1]
