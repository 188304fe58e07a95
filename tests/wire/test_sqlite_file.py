"""A file of SQLite that belongs to one process, and what its errors mean."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from esb_wire.sqlite_file import UnusableFile, is_busy, is_damaged, is_full, open_file

OURS = 0x45534254


def test_a_new_file_is_its_owners_alone_and_survives_a_power_cut(tmp_path: Path) -> None:
    path = tmp_path / "data/file.db"
    db = open_file(path, OURS)
    db.execute(f"PRAGMA application_id = {OURS}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*db.execute("PRAGMA journal_mode"), *db.execute("PRAGMA synchronous")] == [("wal",), (2,)]
    db.close()
    open_file(path, OURS).close()
    with pytest.raises(UnusableFile, match="it is a database of another program"):
        open_file(path, OURS + 1)


def test_a_file_without_an_id_is_known_by_its_tables(tmp_path: Path) -> None:
    db = open_file(tmp_path / "file.db", OURS)
    db.executescript("CREATE TABLE things (id); CREATE INDEX things_order ON things (id);")
    db.close()
    for others in ((), ("things", "more")):
        with pytest.raises(UnusableFile, match="it is a database of another program"):
            open_file(tmp_path / "file.db", OURS, without_id=others)
    open_file(tmp_path / "file.db", OURS, without_id=("things",)).close()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_no_link_is_followed(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"file.db{suffix}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnusableFile, match=f"file.db{suffix} is a link"):
        open_file(tmp_path / "file.db", OURS)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("path", ["/", ".", "..", ""])
def test_a_folder_is_no_file(path: str) -> None:
    with pytest.raises(IsADirectoryError):
        open_file(Path(path), OURS)


def test_a_name_that_means_something_else_to_sqlite_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    db = open_file(Path(":memory:"), OURS)
    db.execute(f"PRAGMA application_id = {OURS}")
    db.close()
    assert (tmp_path / ":memory:").stat().st_size


def test_a_file_has_one_process(tmp_path: Path) -> None:
    db = open_file(tmp_path / "file.db", OURS)
    db.executescript("CREATE TABLE things (id);")
    other = sqlite3.connect(tmp_path / "file.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError) as refused:
        other.execute("SELECT * FROM things")
    other.close()
    db.close()
    assert is_busy(refused.value)
    assert not is_damaged(refused.value)


def test_a_damaged_file_is_told_from_others(tmp_path: Path) -> None:
    (tmp_path / "file.db").write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.DatabaseError) as refused:
        open_file(tmp_path / "file.db", OURS)
    assert is_damaged(refused.value)
    assert not any(meaning(ValueError()) for meaning in (is_busy, is_damaged, is_full))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    db = open_file(tmp_path / "file.db", OURS)
    db.executescript("PRAGMA max_page_count = 3; CREATE TABLE things (id);")
    with pytest.raises(sqlite3.OperationalError) as refused:
        db.execute("INSERT INTO things VALUES (zeroblob(100000))")
    db.close()
    assert is_full(refused.value)
