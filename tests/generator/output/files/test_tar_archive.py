"""Tar archives, as Python's tarfile reads them."""

from __future__ import annotations

import io
import tarfile

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.files.tar_archive import tar_archive

FILES = {
    "a.py": b"",
    "package/inner/code.py": b"x" * 512,
    "package/inner/b c.json": b"{}",
    "package/\u00e9.py": b"y" * 513,
}


def test_an_archive_has_the_files_and_the_folders_around_them() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_archive(FILES.items())), mode="r:", errorlevel=2) as archive:
        found = archive.getmembers()
        contents = {member.name: archive.extractfile(member) for member in found if member.isreg()}

    assert [member.name for member in found if member.isdir()] == ["package", "package/inner"]
    assert {name: stream and stream.read() for name, stream in contents.items()} == FILES
    assert {(member.uid, member.gid, member.mtime) for member in found} == {(0, 0, 315532800)}
    assert {member.mode for member in found if member.isreg()} == {0o644}
    assert {member.mode for member in found if member.isdir()} == {0o755}


def test_a_folder_comes_before_what_is_in_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar_archive([("a/b/c", b"")]))) as archive:
        assert archive.getnames() == ["a", "a/b", "a/b/c"]


def test_the_same_files_are_the_same_bytes() -> None:
    assert tar_archive(FILES.items()) == tar_archive(dict(FILES).items())
    assert len(tar_archive(FILES.items())) % 512 == 0


def test_a_path_that_the_format_has_no_room_for_is_refused() -> None:
    with pytest.raises(BuildError, match="is longer than 100 bytes"):
        tar_archive([("a/" * 50 + "b", b"")])
    assert tar_archive([("a/" * 49 + "bb", b"")])
