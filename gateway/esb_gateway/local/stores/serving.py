"""Serves the embedded database and storage; imports moto, see server.py."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Final

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from esb_gateway.local.stores.application import Stores
from esb_gateway.local.stores.journal.journal_file import Journal
from esb_gateway.local.stores.request_check import RequestCheck

_MENTIONED_SIZE: Final = 100 << 20  # bytes


class Handler(MotoRequestHandler):
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """The gateway's access log has the requests that matter to the user."""


def serve(
    listener: socket.socket,
    journal: Journal | None,
    report: Callable[[str], None],
    check: RequestCheck,
    *,
    testing: bool,
) -> None:
    """Answer on the socket until killed. Raises JournalError."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    stores = Stores(journal, report, check, testing=testing)
    refused = stores.replay()
    if refused:
        report(f"{refused} of the changes in the data are refused now; what they wrote is missing.")
    if journal is not None and journal.size > _MENTIONED_SIZE:
        report(f"{journal.path} has {journal.size >> 20} MB, which each start replays; see Data in docs/local.md.")
    host, port = listener.getsockname()
    make_server(host, port, stores, threaded=True, request_handler=Handler, fd=listener.fileno()).serve_forever()
