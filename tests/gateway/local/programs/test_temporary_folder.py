"""Temporary folders go with their process, however it ends."""

from __future__ import annotations

from pathlib import Path

from esb_gateway.local.programs.temporary_folder import temporary_folder


def names(parent: Path) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in parent.iterdir())


def test_a_folder_is_gone_after_its_block(tmp_path: Path) -> None:
    with temporary_folder("a-", tmp_path) as folder:
        (folder / "file").touch()
        assert names(tmp_path) == ["a"]
        assert folder.stat().st_mode & 0o777 == 0o700
    assert names(tmp_path) == []


def test_a_folder_of_a_process_that_was_killed_is_removed_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "a-left").mkdir()
    (tmp_path / "a-left" / "grpc.pem").touch()
    (tmp_path / "b-other").mkdir()
    with temporary_folder("a-", tmp_path) as folder:
        assert sorted(tmp_path.iterdir()) == sorted([folder, tmp_path / "b-other"])


def test_a_folder_in_use_stays(tmp_path: Path) -> None:
    with temporary_folder("a-", tmp_path) as first, temporary_folder("a-", tmp_path) as second:
        assert first.is_dir()
        assert first != second


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "b-data").mkdir()
    (tmp_path / "a-link").symlink_to(tmp_path / "b-data")
    (tmp_path / "a-file").touch()
    with temporary_folder("a-", tmp_path):
        assert names(tmp_path) == ["a", "a", "a", "b"]
