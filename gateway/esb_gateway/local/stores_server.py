"""The process of the embedded database and storage: `python -m esb_gateway.local.stores_server PARENT_PID [DATA_DIR]`.

It listens first, says `listening on PORT` and then loads moto, which takes most of a second; who connects meanwhile
waits. It ends with the gateway, whatever ends that one.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from esb_gateway.execution.start_function import die_with_parent
from esb_gateway.local.journal import Journal, JournalError

LISTENING = "listening on "


def main(arguments: Sequence[str]) -> int:
    """Serve until killed; exit code 1 with a sentence if the data cannot be used."""
    die_with_parent(int(arguments[0]))
    try:
        journal = Journal(Path(arguments[1])) if len(arguments) > 1 else None
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            say(f"{LISTENING}{listener.getsockname()[1]}")
            serve(listener, journal)
    except JournalError as error:
        say(f"{error}.")
        return 1
    return 0


def serve(listener: socket.socket, journal: Journal | None) -> None:
    """Answer on the socket. Raises JournalError."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler  # noqa: PLC0415 - only now that we listen
    from werkzeug.serving import make_server  # noqa: PLC0415

    from esb_gateway.local.stores import Stores  # noqa: PLC0415

    class Handler(MotoRequestHandler):
        disable_nagle_algorithm = True

        def log_request(self, *_: object) -> None:
            """The gateway's access log has the requests that matter to a person."""

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    stores = Stores(journal)
    refused = stores.replay()
    if refused:
        say(f"{refused} of the changes that the data keeps are refused now; what they wrote is missing.")
    host, port = listener.getsockname()
    make_server(host, port, stores, threaded=True, request_handler=Handler, fd=listener.fileno()).serve_forever()


def say(text: str) -> None:
    """A line for the gateway."""
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
