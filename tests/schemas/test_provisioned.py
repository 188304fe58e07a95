"""The record that the provisioner leaves for the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_schemas.provisioned import CONFIGURATION_FILES, Difference, Provisioned, digest, read_record, write_record


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Provisioned("abc", (Difference("table Orders", "KeySchema differs"),), ("bucket media: no",))
    write_record(tmp_path / "record.json", record)
    assert read_record(tmp_path / "record.json") == record
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"configuration": 1, "drift": [], "failed": []}',
        '{"configuration": "", "drift": [1], "failed": []}',
    ],
)
def test_another_file_is_no_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    assert read_record(tmp_path / "record.json") is None
    assert read_record(tmp_path / "none.json") is None


def test_the_digest_is_of_the_content_of_all_three_files(tmp_path: Path) -> None:
    assert digest(tmp_path) == ""
    for name in CONFIGURATION_FILES:
        (tmp_path / name).write_text("{}")
    first = digest(tmp_path)
    digests = {first}
    for name in CONFIGURATION_FILES:
        (tmp_path / name).write_text("{a: 1}")
        digests.add(digest(tmp_path))
        (tmp_path / name).write_text("{}")
        assert digest(tmp_path) == first
    assert len(digests) == 4
    (tmp_path / "routing.yml").unlink()
    assert digest(tmp_path) == ""
