"""Listening sockets, and the number of connections that the system allows."""

from __future__ import annotations

import resource
import socket

_MAX_DESCRIPTORS = 65536
_RESERVED = 256  # descriptors that are not for clients: runtimes, files, logs


class ListenerError(Exception):
    """A listener cannot start as it is configured; the message is one sentence: where, what, how to fix it."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Clients that connect before the socket is served wait.

    Raises ListenerError if the port is not available.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]  # our message has the address
        raise ListenerError(
            f"{host}:{port}: cannot listen there ({reason}); choose another port, or 0 for any free one."
        ) from error
    listener.setblocking(False)
    return listener


def url_of(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """The listener's URL, with its actual port."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


def address_of(host: str) -> str:
    """The key for counting connections of a client: the address, or the /64 network for IPv6."""
    if ":" not in host:
        return host
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8].hex()


def raise_descriptor_limit() -> None:
    """Raise the soft limit of open files to the hard limit; the default is often 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def max_clients() -> int:
    """The number of clients for which there are descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else max(soft - _RESERVED, soft // 2)
