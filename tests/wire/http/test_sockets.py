"""Listening sockets."""

from __future__ import annotations

import socket

import pytest

from esb_wire.http.sockets import ListenerError, address_of, bind, url_of


@pytest.mark.server
def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenerError, match=rf"127\.0\.0\.1:{port}: cannot listen there \([^(]*\); choose another"):
            bind("127.0.0.1", port)


@pytest.mark.server
def test_a_url_has_the_port_that_was_found() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert url_of("127.0.0.1", listener) == f"http://127.0.0.1:{port}"
        assert url_of("::1", listener, "https") == f"https://[::1]:{port}"


@pytest.mark.parametrize(
    ("host", "neighbour", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_whom_a_connection_is_counted_for(host: str, neighbour: str, is_same: bool) -> None:
    assert (address_of(host) == address_of(neighbour)) is is_same
