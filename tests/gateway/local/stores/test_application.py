"""The application that answers requests to the embedded database and storage."""

from __future__ import annotations

import io

from esb_gateway.local.stores.application import Stores


def test_a_body_that_stops_in_the_middle_changes_nothing() -> None:
    started: list[str] = []
    environ = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/files",
        "CONTENT_LENGTH": "10",
        "wsgi.input": io.BytesIO(b"half"),
    }
    assert list(Stores(None, print)(environ, lambda status, _headers: started.append(status))) == [b""]
    assert started == ["400 Bad Request"]
