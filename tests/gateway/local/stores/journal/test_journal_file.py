"""The file of `--data`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_gateway.local.stores.journal.journal_file import Change, Journal, JournalError


def test_a_journal_gives_back_what_was_put_in(tmp_path: Path) -> None:
    changes = [Change({"PATH_INFO": "/ü", "n": {}}, bytes(range(256)), None), Change({}, b"", "upload")]
    journal = Journal(tmp_path / "new/folder")
    for change in changes:
        journal.append(change)
    journal.close()
    again = Journal(tmp_path / "new/folder")
    assert [change for _, change in again] == changes
    again.close()


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_half_a_line_at_the_end_is_dropped(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    for number in range(3):
        journal.append(Change({"PATH_INFO": "/"}, str(number).encode(), None))
    journal.close()
    file = tmp_path / "requests.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    again = Journal(tmp_path)
    again.append(Change({}, b"new", None))
    again.close()
    last = Journal(tmp_path)
    assert [change.body for _, change in last] == [b"0", b"1", b"new"]
    last.close()


@pytest.mark.parametrize("content", ["{}\n", "not json\n", json.dumps({"format": "esb-requests", "version": 3}) + "\n"])
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text(content)
    with pytest.raises(JournalError, match="not a file of this version"):
        Journal(tmp_path)
    assert file.read_text() == content


def test_a_line_that_is_no_request_is_named(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    with (tmp_path / "requests.jsonl").open("a") as file:
        file.write("{}\n")
    journal = Journal(tmp_path)
    with pytest.raises(JournalError, match=r"requests\.jsonl:2: this is not a request"):
        list(journal)
    journal.close()


def test_a_shorter_file_has_the_lines_that_are_kept_and_those_that_are_added(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    large = bytes(3 << 20)
    lines = [journal.append(Change({}, body)) for body in (b"0", large, b"2", b"3")]
    found = journal.shorten(lines[1:3], [Change({}, b"added")])
    found.append(journal.append(Change({}, b"later")))
    assert [(line, change.body) for line, change in journal] == list(
        zip(found, (large, b"2", b"added", b"later"), strict=True)
    )
    with pytest.raises(JournalError, match="another esb-gateway uses this data"):
        Journal(tmp_path)
    journal.close()
    assert [path.name for path in tmp_path.iterdir()] == ["requests.jsonl"]


@pytest.mark.parametrize("left", [b"", b'{"format":"esb-requests","version":2}\n{"half', b"\0" * 100])
def test_a_shorter_file_that_was_not_finished_changes_nothing(tmp_path: Path, left: bytes) -> None:
    journal = Journal(tmp_path)
    line = journal.append(Change({}, b"0"))
    journal.close()
    (tmp_path / "requests.jsonl.new").write_bytes(left)
    journal = Journal(tmp_path)
    assert [change.body for _, change in journal] == [b"0"]
    assert journal.shorten([line], []) == [line]
    journal.close()


def test_a_shorter_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    line = journal.append(Change({}, b"0"))
    (tmp_path / "requests.jsonl.new").mkdir()
    with pytest.raises(OSError, match=r"requests\.jsonl\.new"):
        journal.shorten([line], [])
    journal.append(Change({}, b"1"))
    assert [change.body for _, change in journal] == [b"0", b"1"]
    journal.close()


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/tmp/elsewhere"), os.mkfifo])
def test_a_file_that_leads_elsewhere_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "requests.jsonl")
    with pytest.raises(JournalError, match=r"requests\.jsonl: .*; name a DIR that can be written"):
        Journal(tmp_path)


def test_changes_of_version_1_have_their_number_as_seed(tmp_path: Path) -> None:
    lines = ['{"format":"esb-requests","version":1}', *['{"variables":{},"body":"","upload":null}'] * 3, ""]
    (tmp_path / "requests.jsonl").write_text("\n".join(lines))
    journal = Journal(tmp_path)
    assert [change.seed for _, change in journal] == [0, 1, 2]
    journal.close()
