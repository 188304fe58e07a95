"""Files below a folder: nothing that lies there leads outside of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.files.rooted_files import Root, is_below


@pytest.fixture(name="outside")
def folder_outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "sub").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture(name="inside")
def folder_inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("path", ["a", "a/b.c", "...", "a/.env", "é/ü", "a b"])
def test_a_path_below_the_folder(path: str) -> None:
    assert is_below(path)


@pytest.mark.parametrize(
    "path", ["", ".", "..", "/", "/a", "a/", "a//b", "./a", "a/.", "a/../b", "../a", "a/..", "a\0b", "\ud800"]
)
def test_a_path_that_leads_elsewhere_or_could(path: str) -> None:
    assert not is_below(path)


def replace(root: Root, path: str) -> None:
    with root.writing() as writer:
        writer.replace(path, b"new")


OPERATIONS: dict[str, Callable[[Root, str], object]] = {
    "find": Root.find,
    "digest": Root.digest,
    "files": lambda root, path: list(root.files(path)),
    "create": lambda root, path: root.create(path, b"new"),
    "remove": Root.remove,
    "replace": replace,
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "path", ["", ".", "..", "../outside", "../outside/notes.txt", "a/../../outside/new", "/tmp", "a//b"]
)
def test_a_path_that_does_not_lead_below_the_folder_is_refused(
    inside: Path, outside: Path, operation: str, path: str
) -> None:
    (inside / "a").mkdir()

    with Root(inside) as root, pytest.raises(BuildError, match=f"does not lead below {inside}"):
        OPERATIONS[operation](root, path)
    assert sorted(path.name for path in outside.rglob("*")) == ["notes.txt", "sub"]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("path", ["link/notes.txt", "link/sub", "link/sub/x", "link/new/x", "deep/link/notes.txt"])
def test_a_link_in_place_of_a_folder_is_refused_by_its_name(
    inside: Path, outside: Path, operation: str, path: str
) -> None:
    link = inside / path.partition("link")[0] / "link"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)

    with Root(inside) as root, pytest.raises(BuildError, match=f"{link} is a link; .*delete it"):
        OPERATIONS[operation](root, path)
    assert sorted(path.name for path in outside.rglob("*")) == ["notes.txt", "sub"]
    assert (outside / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_link_in_place_of_a_file_is_never_followed(inside: Path, outside: Path, operation: str) -> None:
    (inside / "link").symlink_to(outside / "notes.txt")

    with Root(inside) as root, contextlib.suppress(BuildError):
        OPERATIONS[operation](root, "link")
    assert (outside / "notes.txt").read_text() == "mine"


def test_a_link_to_nothing_makes_no_file(inside: Path, outside: Path) -> None:
    (inside / "link").symlink_to(outside / "made")

    with Root(inside) as root:
        assert root.create("link", b"x") is False
        replace(root, "link")
    assert not (outside / "made").exists()


def test_a_name_that_becomes_a_link_after_it_was_looked_at_leads_nowhere(inside: Path, outside: Path) -> None:
    """The folder was opened while it was one; its name is exchanged, and the opened folder stays what it was."""
    (inside / "sub").mkdir()
    with Root(inside) as root:
        assert root.find("sub/notes.txt") is None
        (inside / "sub").rename(inside / "was")
        (inside / "sub").symlink_to(outside)
        replace(root, "sub/notes.txt")

    assert (outside / "notes.txt").read_text() == "mine"
    assert (inside / "was/notes.txt").read_text() == "new"


def test_a_fifo_does_not_block(inside: Path) -> None:
    os.mkfifo(inside / "pipe")

    with Root(inside) as root, pytest.raises(BuildError, match="pipe is not a regular file; delete it"):
        root.digest("pipe")


def test_folders_without_end_are_refused(inside: Path) -> None:
    path = "/".join(["d"] * 201)
    with Root(inside) as root, pytest.raises(BuildError, match="more than 200 folders deep"):
        replace(root, f"{path}/x")


def test_the_folder_itself_may_be_a_link_if_it_is_the_users(inside: Path, outside: Path) -> None:
    (inside / "link").symlink_to(outside)

    with Root(inside / "link") as root:
        assert root.find("notes.txt") is not None
    with pytest.raises(BuildError, match=f"{inside}/link is a link; if you made it, build with --output {inside}/link"):
        Root(inside / "link", follow=False)


def test_a_missing_folder_is_made_when_something_is_written(inside: Path) -> None:
    with Root(inside / "a/b") as root:
        assert root.find("x") is None
        root.remove("x")
        assert not (inside / "a").exists()
        assert root.create("c/x", b"1") is True
        assert root.create("c/x", b"2") is False
    assert (inside / "a/b/c/x").read_text() == "1"


def test_removing_a_file_removes_the_folders_that_are_empty_then(inside: Path) -> None:
    for path in ("a/b/c/x", "a/y"):
        (inside / path).parent.mkdir(parents=True, exist_ok=True)
        (inside / path).write_text("")
    with Root(inside) as root:
        root.remove("a/b/c/x")
        assert [path.name for path in inside.rglob("*")] == ["a", "y"]
        root.remove("a/y")
        assert root.create("a/b/z", b"") is True

    assert (inside / "a/b/z").exists()


def test_leftovers_of_a_killed_process_are_removed_and_links_among_them_are_not_followed(
    inside: Path, outside: Path
) -> None:
    (inside / ".tmp-killed").mkdir()
    (inside / ".tmp-killed/new").write_text("half")
    (inside / ".tmp-killed/link").symlink_to(outside / "notes.txt")
    (inside / ".tmp-link").symlink_to(outside)
    with Root(inside) as root:
        replace(root, "x")

    assert not (inside / ".tmp-killed").exists()
    assert (outside / "notes.txt").read_text() == "mine"


def test_two_processes_that_write_wait_for_each_other(inside: Path) -> None:
    script = "import sys\nfrom pathlib import Path\nfrom esb_generator.output.files.rooted_files import Root\n" + (
        "with Root(Path(sys.argv[1])) as root:\n    print('opened', flush=True)\n    root.lock()\n    print('locked')\n"
    )
    with Root(inside) as root:
        root.lock()
        other = subprocess.Popen([sys.executable, "-c", script, inside], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "opened\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.3)
    assert other.communicate(timeout=60)[0] == "locked\n"


def test_a_file_for_several_places_is_written_once(inside: Path) -> None:
    for content in (b"old", b"content"):
        with Root(inside) as root, root.writing() as writer:
            for path in ("a/x", "b/x"):
                writer.replace_shared(path, "key", content, 0o755)

    assert (inside / "a/x").samefile(inside / "b/x")
    assert (inside / "a/x").read_bytes() == b"content"
    assert (inside / "a/x").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in inside.iterdir()) == ["a", "b"]


def test_a_file_system_without_hard_links_gets_copies(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with Root(inside) as root, root.writing() as writer:
        for path in ("a/x", "b/x"):
            writer.replace_shared(path, "key", b"content")

    assert [(inside / path).read_bytes() for path in ("a/x", "b/x")] == [b"content"] * 2
