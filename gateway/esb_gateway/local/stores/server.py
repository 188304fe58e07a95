"""The process of the embedded database and storage.

Its arguments are `PARENT_PID SECRETS_FILE [DATA_DIR | --testing]`.

It listens first, prints `listening on PORT` and then loads moto, which takes most of a second; clients that connect
meanwhile wait. It ends with the gateway, whatever ends the gateway.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from esb_gateway.execution.embedded.start_function import die_with_parent
from esb_gateway.local.folder.credentials import FolderCredentials
from esb_gateway.local.stores.journal.journal_file import Journal, JournalError
from esb_gateway.local.stores.process_names import LISTENING, TESTING
from esb_gateway.local.stores.request_check import RequestCheck


def main(arguments: Sequence[str]) -> int:
    """Serve until killed; exit code 1 with a sentence if the data cannot be used."""
    die_with_parent(int(arguments[0]))
    try:
        testing = TESTING in arguments[2:]
        journal = Journal(Path(arguments[2])) if len(arguments) > 2 and not testing else None
        check = _request_check(Path(arguments[1]), os.environ)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            report(f"{LISTENING}{listener.getsockname()[1]}")
            from esb_gateway.local.stores.serving import serve  # noqa: PLC0415 - loads moto, 0.7 s, while it listens

            serve(listener, journal, report, check, testing=testing)
    except JournalError as error:
        report(f"{error}.")
        return 1
    return 0


def _request_check(secrets: Path, environ: Mapping[str, str]) -> RequestCheck:
    """As the gateway's settings say; the file may be written later, by a first build."""
    origins = environ.get("ESB_ALLOWED_ORIGINS", "").replace(",", " ").split()
    signatures = environ.get("ESB_AUTH") != "off"
    return RequestCheck(FolderCredentials(secrets), time.time, origins, signatures=signatures)


def report(text: str) -> None:
    """Write a line to the gateway."""
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
