"""A body between its producer and a connection."""

from __future__ import annotations

from esb_wire.http.body_stream import BodyStream


class Told:
    """A producer and a writer that note what they are told."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def write(self, data: bytes) -> None:
        self.calls.append(f"write {data.decode()}")

    def end(self) -> None:
        self.calls.append("end")

    def abort(self) -> None:
        self.calls.append("abort")


def test_parts_that_come_before_a_connection_are_kept_for_it() -> None:
    producer, writer = Told(), Told()
    stream = BodyStream(producer)
    stream.feed(b"a")
    stream.feed(b"")
    stream.feed(b"b")
    stream.attach(writer)
    stream.feed(b"c")
    stream.finish()
    assert writer.calls == ["write a", "write b", "write c", "end"]
    assert stream.size == 3


def test_an_end_that_comes_before_a_connection_is_kept_too() -> None:
    for end, call in ((BodyStream.finish, "end"), (BodyStream.fail, "abort")):
        writer, stream = Told(), BodyStream(Told())
        stream.feed(b"a")
        end(stream)
        stream.attach(writer)
        assert writer.calls == ["write a", call]


def test_the_first_end_counts() -> None:
    writer, stream = Told(), BodyStream(Told())
    stream.attach(writer)
    stream.fail()
    stream.finish()
    assert writer.calls == ["abort"]


def test_the_producer_is_paused_until_its_body_ends() -> None:
    producer = Told()
    stream = BodyStream(producer)
    stream.pause()
    stream.resume()
    stream.pause()
    stream.finish()
    stream.pause()
    stream.resume()
    assert producer.calls == ["pause", "resume", "pause", "resume"]


def test_a_client_that_is_gone_lets_the_producer_run_on() -> None:
    producer, writer = Told(), Told()
    stream = BodyStream(producer)
    stream.attach(writer)
    stream.pause()
    stream.detach()
    stream.feed(b"a")
    stream.pause()
    stream.finish()
    assert (producer.calls, writer.calls, stream.size) == (["pause", "resume", "resume"], [], 0)
