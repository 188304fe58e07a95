"""A file of `--data` that cannot be written: changes are refused with a sentence, and no later one overtakes."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.local.stores.application import Stores
from esb_gateway.local.stores.contents import delete_contents
from esb_gateway.local.stores.journal.journal_file import Change, Journal
from esb_gateway.local.stores.journal.live_lines import Line

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=A/20261123/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class FullDisk(Journal):
    """Takes nothing while it is `full`."""

    full = False

    def append(self, change: Change) -> Line:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().append(change)


@pytest.fixture
def journal(tmp_path: Path) -> FullDisk:
    return FullDisk(tmp_path)


def ask(stores: Stores, method: str, path: str, body: bytes = b"") -> tuple[str, bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": AUTHORIZATION,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    started: list[str] = []
    content = b"".join(stores(environ, lambda status, _headers: started.append(status)))
    return started[0], content


def test_changes_are_refused_while_the_disk_is_full_and_none_is_lost_or_overtaken(journal: FullDisk) -> None:
    reports: list[str] = []
    stores = Stores(journal, reports.append)
    delete_contents()
    assert ask(stores, "PUT", "/full-disk")[0].startswith("200")
    journal.full = True
    for key in ("first", "second", "third"):
        status, content = ask(stores, "PUT", f"/full-disk/{key}", b"x")
        assert status == "500 Internal Server Error"
        assert b"<Code>InternalError</Code>" in content
        assert b"requests.jsonl cannot be written: No space left on device." in content
    assert ask(stores, "GET", "/full-disk/second")[0].startswith("404")
    assert [line.partition("requests.jsonl ")[2] for line in reports] == [
        "cannot be written: No space left on device; nothing is changed until it can be."
    ]
    journal.full = False
    assert ask(stores, "PUT", "/full-disk/fourth", b"x")[0].startswith("200")
    assert [change.variables["PATH_INFO"] for _, change in journal] == [
        "/full-disk",
        "/full-disk/first",
        "/full-disk/fourth",
    ]
    journal.full = True
    ask(stores, "PUT", "/full-disk/fifth", b"x")
    assert len(reports) == 2  # it could be written in between
    journal.close()
