"""The bodies that a listener holds are bounded, whoever sends them and however slowly."""

from __future__ import annotations

import pytest

from esb_wire.http.held_bodies import UNCOUNTED, HeldBodies
from esb_wire.http.limits import ConnectionLimits
from esb_wire.http.messages import Request, Response
from tests.watching import until_async
from tests.wire.http.serving import TEXT, Handler, Served, play, read_response

SIZE = 3 * UNCOUNTED
HEAD = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % SIZE
LIMITS = ConnectionLimits(bodies=4 * SIZE)  # two of one address


def size(request: Request) -> Response:
    return Response(200, TEXT, str(len(request.body)).encode())


def test_an_address_has_a_share() -> None:
    held = HeldBodies(10, 6)
    assert [held.add("a", 4), held.add("a", 3), held.add("a", 2)] == [True, False, True]
    assert [held.add("b", 5), held.add("b", 4)] == [False, True]
    held.release("a", 6)
    assert [held.add("c", 7), held.add("c", 6)] == [False, True]


@pytest.mark.server
def test_bodies_that_do_not_end_are_bounded_and_others_are_served() -> None:
    async def scene(served: Served) -> None:
        sent = HEAD + b"x" * (SIZE - 1)
        async with served.client(sent), served.client(sent) as (_, writer):
            await until_async(lambda: served.listener.held == 2 * (SIZE - 1))
            assert (await served.tell(sent)).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            async with served.client(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n") as (reader, _):
                assert (await read_response(reader))[1] == b"0"
            async with served.client(HEAD + b"x" * SIZE, source="127.0.0.2") as (reader, _):
                assert (await read_response(reader))[1] == str(SIZE).encode()
            writer.write(b"x")
            await until_async(lambda: served.listener.held == SIZE - 1)
            async with served.client(HEAD + b"x" * SIZE) as (reader, _):
                assert (await read_response(reader))[1] == str(SIZE).encode()
        await until_async(lambda: served.listener.held == 0)

    play(scene, Handler(size), limits=LIMITS)


@pytest.mark.server
def test_bodies_of_requests_that_wait_for_others_are_counted() -> None:
    handler = Handler(lambda _: None)

    async def scene(served: Served) -> None:
        async with served.client((HEAD + b"x" * SIZE) * 3) as (reader, _):
            await until_async(lambda: served.listener.held == 2 * SIZE)
            for _ in range(3):
                await until_async(lambda: handler.waiting)
                handler.waiting.pop()(Response(200, TEXT, b"done"))
                assert (await read_response(reader))[1] == b"done"
            assert served.listener.held == 0

    play(scene, handler, limits=LIMITS)
