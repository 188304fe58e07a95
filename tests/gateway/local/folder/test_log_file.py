"""The log of embedded mode as a file."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.folder.log_file import FileTail, LogFile, has_log
from esb_gateway.log_reader.selection import Selection


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    with closing(LogFile(tmp_path, pytest.fail)) as log:
        yield log


def line(message: str, second: int = 5, function: str = "orders") -> str:
    entry = {"time": f"1970-01-01T00:00:0{second}.000Z", "level": "INFO", "type": "function", "function": function}
    return json.dumps({**entry, "request_id": "12ab", "message": message}) + "\n"


def messages(tail: FileTail, limit: int = 100) -> list[str]:
    return [entry.message for entry in tail.new(limit)]


def test_json_lines_are_kept_for_their_owner_alone_and_read_by_time_and_function(tmp_path: Path, log: LogFile) -> None:
    assert not has_log(tmp_path)
    log.write("ready: http://127.0.0.1:8080\n" + line("early", 1) + line("of the other", function="other"))
    log.write(line("one") + "cloud: http://127.0.0.1:4566\n" + line("two"))

    assert has_log(tmp_path)
    assert stat.S_IMODE((tmp_path / "local/log.jsonl").stat().st_mode) == 0o600
    assert messages(FileTail(tmp_path, Selection("orders"), 2.0)) == ["one", "two"]
    assert messages(FileTail(tmp_path, Selection(request="12"), 0.0), 2) == ["one", "two"]
    assert messages(FileTail(tmp_path, Selection(request="13"), 0.0)) == []


def test_the_file_is_there_from_the_start_for_who_waits_for_its_first_line(tmp_path: Path, log: LogFile) -> None:
    log.create()
    assert has_log(tmp_path)
    tail = FileTail(tmp_path, Selection(), 0.0)
    assert messages(tail) == []
    log.write(line("one"))
    log.create()
    assert messages(tail) == ["one"]


def test_new_lines_come_once_also_when_the_file_has_become_the_older_one(tmp_path: Path) -> None:
    tail = FileTail(tmp_path, Selection(), 0.0)
    assert messages(tail) == []
    written = []
    with closing(LogFile(tmp_path, pytest.fail, max_size=300)) as log:
        for number in range(12):
            log.write(line(str(number)))
            written += messages(tail)
    assert written == [str(number) for number in range(12)]
    assert (tmp_path / "local/log.1.jsonl").exists()
    assert messages(FileTail(tmp_path, Selection(), 0.0))[-1] == "11"


def test_lines_go_to_a_new_file_when_someone_has_moved_or_deleted_the_one_before(tmp_path: Path, log: LogFile) -> None:
    file = tmp_path / "local/log.jsonl"
    log.write(line("one"))
    file.rename(tmp_path / "kept.jsonl")
    log.write(line("two"))
    assert (tmp_path / "kept.jsonl").read_text() == line("one")
    assert file.read_text() == line("two")
    shutil.rmtree(file.parent)
    log.write(line("three"))
    assert file.read_text() == line("three")


def test_a_file_put_in_place_of_the_open_one_gets_the_lines_but_a_link_does_not(tmp_path: Path) -> None:
    notes: list[str] = []
    file, other = tmp_path / "local/log.jsonl", tmp_path / "other"
    with closing(LogFile(tmp_path, notes.append)) as log:
        log.write(line("one"))
        other.write_text(line("two"))
        other.rename(file)
        log.write(line("three"))
        assert file.read_text() == line("two") + line("three")
        other.touch()
        file.unlink()
        file.symlink_to(other)
        log.write(line("four"))
    assert other.read_text() == ""
    assert len(notes) == 1
    assert "is a link" in notes[0]


def test_a_line_that_is_being_written_comes_when_it_is_whole(tmp_path: Path, log: LogFile) -> None:
    log.write(line("one"))
    tail = FileTail(tmp_path, Selection(), 0.0)
    file = tmp_path / "local/log.jsonl"
    file.write_text(file.read_text() + line("two")[:20])
    assert messages(tail) == ["one"]
    file.write_text(line("one") + line("two"))
    assert messages(tail) == ["two"]


def test_a_line_of_unicode_s_own_line_ends_is_one_line(tmp_path: Path, log: LogFile) -> None:
    text = "one\u2028two\x85three"
    entry = json.dumps({**json.loads(line("")), "message": text}, ensure_ascii=False)
    log.write(f"{entry}\n")
    assert messages(FileTail(tmp_path, Selection(), 0.0)) == [text]


def test_a_link_is_not_followed_and_a_file_that_cannot_be_written_is_reported_once(tmp_path: Path) -> None:
    notes: list[str] = []
    (tmp_path / "local").symlink_to(tmp_path)
    log = LogFile(tmp_path, notes.append)
    log.write(line("one"))
    log.write(line("two"))
    assert len(notes) == 1
    assert "esb-gateway logs will show no more lines" in notes[0]
    with pytest.raises(ConfigurationError, match="is a link"):
        has_log(tmp_path)
