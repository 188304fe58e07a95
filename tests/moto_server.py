"""moto as a server for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer


@contextmanager
def moto_server(address: str = "127.0.0.1") -> Iterator[str]:
    """The URL of a server without data, on a free port of an address of this machine.

    All servers of a process share theirs, so another test may have left some.
    """
    server = ThreadedMotoServer(address, 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    try:
        with urlopen(Request(f"{url}/moto-api/reset", method="POST")):
            pass
        yield url
    finally:
        server.stop()
