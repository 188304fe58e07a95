"""How long a run waits for a gateway that is running."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from esb_provisioner.gateway_wait import TIMEOUT, ready_page, wait_for_gateway
from tests.provisioner.fakes import FakeClock
from tests.watching import refused_port

OLD, NEW = {"status": "ready", "configuration": "old"}, {"status": "ready", "configuration": "new"}
RESTARTING = {"status": "starting", "waiting_for": ["a restart"]}


def waited(*pages: Mapping[str, Any] | None) -> tuple[int, list[str], float]:
    """The pages that were read, the last one again and again; what was logged; seconds."""
    clock, lines, asked = FakeClock(), list[str](), list[None]()

    def ask() -> Mapping[str, Any] | None:
        asked.append(None)
        return pages[min(len(asked), len(pages)) - 1]

    wait_for_gateway(ask, "new", clock, lines.append)
    return len(asked), lines, clock.seconds


@pytest.mark.parametrize("page", [None, NEW, NEW | {"drift": []}, {"status": "ready"}])
def test_no_gateway_and_one_that_serves_it_are_not_waited_for(page: Mapping[str, Any] | None) -> None:
    assert waited(page) == (1, [], 0)


def test_a_gateway_that_starts_anew_is_waited_for() -> None:
    asked, lines, _ = waited(RESTARTING, {"status": "draining"}, None, None, RESTARTING, NEW)
    assert (asked, lines) == (6, [])


def test_a_gateway_that_never_serves_it_is_named() -> None:
    _, lines, seconds = waited(OLD)
    assert lines == ["warning: the gateway does not serve this configuration after 60 s; see its log"]
    assert seconds == pytest.approx(TIMEOUT, abs=1)


@pytest.mark.server
def test_nothing_answers_at_a_port_without_a_server() -> None:
    with refused_port() as port:
        assert ready_page(f"http://127.0.0.1:{port}")() is None


@pytest.mark.server
@pytest.mark.filterwarnings("error")
def test_another_server_in_place_of_the_gateway_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # of the machine, which has no way to the stack
    ready = b'HTTP/1.1 503 Busy\r\nContent-Length: 23\r\n\r\n{"status": "starting"}\r\n'
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        for answer, page in ((b"garbage\r\n", None), (ready, {"status": "starting"})):
            thread = threading.Thread(target=answer_once, args=(server, answer))
            thread.start()
            assert ready_page(f"http://127.0.0.1:{server.getsockname()[1]}")() == page
            thread.join()


def answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)
