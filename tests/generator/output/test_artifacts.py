"""What a build leaves on the disk, whatever was there before."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.output import artifacts
from esb_generator.output.changes import Changes
from esb_generator.output.files.rooted_files import Root
from esb_generator.output.plan import Artifact


def text(path: str, content: str, *, executable: bool = False) -> Artifact:
    return Artifact(path, content.encode(), hashlib.sha256(content.encode()).hexdigest(), executable)


def build(output: Path, *wanted: Artifact) -> Changes:
    with Root(output) as root:
        changes = artifacts.compare(wanted, root)
        artifacts.write(wanted, changes, root)
    return changes


def content(output: Path) -> dict[str, str]:
    files = (path for path in output.rglob("*") if path.is_file() and path.name != artifacts.MANIFEST)
    return {path.relative_to(output).as_posix(): path.read_text() for path in files}


def test_the_first_build_creates_every_file(tmp_path: Path) -> None:
    changes = build(tmp_path / ".esb", text("config/a.yml", "a"), text("run", "b", executable=True))

    assert changes == Changes(created=("config/a.yml", "run"))
    assert content(tmp_path / ".esb") == {"config/a.yml": "a", "run": "b"}
    assert (tmp_path / ".esb/run").stat().st_mode & stat.S_IXUSR


def test_the_second_build_writes_nothing(tmp_path: Path) -> None:
    build(tmp_path, text("config/a.yml", "a"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    assert build(tmp_path, text("config/a.yml", "a")) == Changes(unchanged=1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_changed_files_are_updated_and_stale_ones_removed_with_their_folders(tmp_path: Path) -> None:
    build(tmp_path, text("a", "1"), text("functions/old/code/app.py", "x"))

    assert build(tmp_path, text("a", "2")) == Changes(updated=("a",), removed=("functions/old/code/app.py",))
    assert content(tmp_path) == {"a": "2"}
    assert not (tmp_path / "functions").exists()


def test_a_file_that_goes_to_several_places_is_kept_once_and_each_place_can_change_alone(tmp_path: Path) -> None:
    source, digest = tmp_path / "source", hashlib.sha256(b"shared").hexdigest()
    source.write_text("shared")
    both = [Artifact(name, source, digest) for name in ("a/lib", "b/lib")]
    output = tmp_path / ".esb"

    build(output, *both)
    assert (output / "a/lib").samefile(output / "b/lib")
    assert not (output / "a/lib").samefile(source)

    assert build(output, both[0], text("b/lib", "own")) == Changes(updated=("b/lib",), unchanged=1)
    assert content(output) == {"a/lib": "shared", "b/lib": "own"}

    assert build(output, *both) == Changes(updated=("b/lib",), unchanged=1)
    assert content(output) == {"a/lib": "shared", "b/lib": "shared"}


def test_a_file_can_become_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    build(tmp_path, text("lib", "1"), text("app/x", "2"))
    build(tmp_path, text("lib/x", "3"), text("app", "4"))

    assert content(tmp_path) == {"lib/x": "3", "app": "4"}


def test_files_of_others_stay(tmp_path: Path) -> None:
    build(tmp_path, text("config/a.yml", "a"))
    (tmp_path / "config/mine.yml").write_text("mine")
    build(tmp_path)

    assert content(tmp_path) == {"config/mine.yml": "mine"}


def test_a_file_of_another_that_is_in_the_way_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("mine")

    with pytest.raises(BuildError, match=r"docker-compose\.yml was not written by esb and is in the way; move it"):
        build(tmp_path, text("docker-compose.yml", "esb's"))
    assert content(tmp_path) == {"docker-compose.yml": "mine"}


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    build(tmp_path, text("a", "1"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine").write_text("mine")

    with pytest.raises(BuildError, match="in the way"):
        build(tmp_path, text("a", "2"), text("b", "2"))
    assert content(tmp_path) == {"a": "1", "b/mine": "mine"}


def test_a_file_in_place_of_a_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "functions").write_text("mine")

    with pytest.raises(BuildError, match="functions was not written by esb and is in the way"):
        build(tmp_path, text("a", "1"), text("functions/f/Dockerfile", "2"))
    assert content(tmp_path) == {"functions": "mine"}


def test_what_a_killed_build_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".tmp-killed").mkdir()
    (tmp_path / ".tmp-killed/new").write_text("half")
    build(tmp_path, text("a", "1"))

    assert content(tmp_path) == {"a": "1"}


def test_a_build_that_was_killed_between_a_file_and_a_folder_is_finished_by_either(tmp_path: Path) -> None:
    manifest = json.dumps({"files": ["a", "a/b/c"]})
    for wanted in (text("a", "1"), text("a/b/c", "2")):
        for left in ("a/b/c", "a/b/", "a"):
            output = tmp_path / f"{wanted.path}-{left}".replace("/", "-")
            (output / left).parent.mkdir(parents=True)
            (output / left).mkdir() if left.endswith("/") else (output / left).write_text("old")
            (output / artifacts.MANIFEST).write_text(manifest)

            build(output, wanted)

            assert content(output) == {wanted.path: "1" if wanted.path == "a" else "2"}
            assert build(output, wanted) == Changes(unchanged=1)


def test_the_manifest_of_a_killed_build_still_names_what_it_wrote(tmp_path: Path) -> None:
    """A kill after the first file: the manifest already has the old and the new paths, so nothing is left behind."""
    build(tmp_path, text("old", "1"))
    (tmp_path / artifacts.MANIFEST).write_text(json.dumps({"files": ["new", "old"]}))
    (tmp_path / "new").write_text("1")

    assert build(tmp_path, text("other", "1")).removed == ("new", "old")
    assert content(tmp_path) == {"other": "1"}


@pytest.mark.parametrize("damage", ["", "[]", '{"files": 1}', '{"files": {}}', "{", "[" * 100_000, "\ud800"])
def test_a_damaged_manifest_is_one_sentence(tmp_path: Path, damage: str) -> None:
    (tmp_path / artifacts.MANIFEST).write_bytes(damage.encode("utf-8", "surrogatepass"))

    with pytest.raises(BuildError, match="is damaged; remove the folder"):
        build(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BuildError, match=r"file.* cannot be opened: Not a directory"):
        build(tmp_path / "file" / ".esb", text("a", "1"))
