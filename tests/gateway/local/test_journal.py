"""The file of `--data`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esb_gateway.local.journal import Change, Journal, JournalError


def test_a_journal_gives_back_what_was_put_in(tmp_path: Path) -> None:
    changes = [Change({"PATH_INFO": "/ü", "n": {}}, bytes(range(256)), None), Change({}, b"", "upload")]
    journal = Journal(tmp_path / "new/folder")
    for change in changes:
        journal.append(change)
    journal.close()
    again = Journal(tmp_path / "new/folder")
    assert list(again) == changes
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
    assert [change.body for change in last] == [b"0", b"1", b"new"]
    last.close()


@pytest.mark.parametrize("content", ["{}\n", "not json\n", json.dumps({"format": "esb-requests", "version": 2}) + "\n"])
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
