"""File descriptors: how many connections the system lets this process have."""

from __future__ import annotations

import resource

_ENOUGH = 65536
_OTHERS = 256  # for all that is no client: runtimes, files, logs


def raise_limit() -> None:
    """Allow as many descriptors as an unprivileged process may have; the default is 1024 in many places."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def room_for_clients() -> int:
    """How many clients there are descriptors for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENOUGH if soft == resource.RLIM_INFINITY else max(soft - _OTHERS, soft // 2)
