"""Listening sockets, and how many connections the system lets this process have."""

from __future__ import annotations

import resource
import socket

_MAX_DESCRIPTORS = 65536
_RESERVED = 256  # descriptors for all that is no client: runtimes, files, logs


class ListenerError(Exception):
    """A listener cannot start as it is configured; the message is one sentence: where, what, how to fix it."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Clients that connect now wait until the socket is served.

    Raises ListenerError if the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # the address is in our message already
        raise ListenerError(
            f"{host}:{port}: cannot listen there ({reason}); choose another port, or 0 for any free one."
        ) from error
    listener.setblocking(False)
    return listener


def url_of(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """The listener's URL, with the port that it really has."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


def address_of(host: str) -> str:
    """The key by which connections of a client are counted; of IPv6, a client usually has a network of 64 bits."""
    if ":" not in host:
        return host
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8].hex()


def raise_descriptor_limit() -> None:
    """Allow as many descriptors as an unprivileged process may have; the default is 1024 in many places."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def max_clients() -> int:
    """The number of clients for which there are descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else max(soft - _RESERVED, soft // 2)
