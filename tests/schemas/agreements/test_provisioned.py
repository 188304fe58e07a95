"""The record that the provisioner leaves for the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_schemas.agreements.provisioned import (
    CONFIGURATION_FILES,
    Difference,
    Provisioned,
    digest,
    folder_id,
    read_record,
    resources_digest,
    write_record,
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Provisioned("abc", (Difference("table Orders", "KeySchema differs"),), ("bucket media: no",), 7, "def")
    write_record(tmp_path / "record.json", record)
    assert read_record(tmp_path / "record.json") == record
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"configuration": 1, "folder": 1, "drift": [], "failed": []}',
        '{"configuration": "", "folder": 1, "drift": [1], "failed": []}',
        '{"configuration": "", "folder": "", "drift": [], "failed": []}',
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


def test_the_record_of_an_older_provisioner_names_no_resources(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text('{"configuration": "abc", "folder": 7, "drift": [], "failed": []}')
    assert read_record(tmp_path / "record.json") == Provisioned("abc", folder=7)


def test_the_digest_of_resources_is_of_the_file_and_of_the_servers(tmp_path: Path) -> None:
    assert resources_digest(tmp_path, "database-dynoxide") == ""
    (tmp_path / "resources.yml").write_text("{}")
    first = resources_digest(tmp_path, "database-dynoxide")
    assert resources_digest(tmp_path, "database-scylla") != first
    (tmp_path / "functions.yml").write_text("{}")
    assert resources_digest(tmp_path, "database-dynoxide") == first
    (tmp_path / "resources.yml").write_text("{a: 1}")
    assert resources_digest(tmp_path, "database-dynoxide") != first


def test_a_folder_that_was_replaced_by_an_equal_one_is_another(tmp_path: Path) -> None:
    assert folder_id(tmp_path / "config") == 0
    (tmp_path / "config").mkdir()
    first = folder_id(tmp_path / "config")
    (tmp_path / "config").rename(tmp_path / "old")
    (tmp_path / "config").mkdir()
    assert folder_id(tmp_path / "config") not in (0, first)
