"""Writes the files of a new application, and the missing files of an existing one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.compose.compose_files import include
from esb_generator.output.compose.file_names import PROJECT_FILE, PROJECT_FILES
from esb_generator.output.files.rooted_files import Root
from esb_generator.settings.choices import DEFAULT_OUTPUT
from esb_generator.starter.sample import Language, Sample

GITIGNORE: Final = ".gitignore"
_IGNORED: Final = f"{DEFAULT_OUTPUT}/"
_NEW_GITIGNORE: Final = b"""\
# What esb makes, with its credentials
.esb/
# Credentials
.env*
esb.secrets.yml
secrets.env
# Environments of Python
.venv/
venv/
__pycache__/
.pytest_cache/
"""
_SAME: Final = {DEFAULT_OUTPUT, _IGNORED, f"/{DEFAULT_OUTPUT}", f"/{_IGNORED}"}  # lines that ignore the output, too


def create(folder: Path, sample: Sample, language: Language) -> list[str]:
    """Write the sample's files; returns their names, each with what was done.

    Raises BuildError, before anything is written, if one exists.
    """
    files = sample.files(language)
    with Root(folder) as root:
        for name in files:
            if root.find(name) is not None:
                raise BuildError(f"{folder / name} exists; esb init needs a folder without an application")
        ignore = _ignore(root)
        for name, text in files.items():
            root.create(name, text.encode())
        return [f"+ {folder / name}" for name in files] + _add_line(root, folder, ignore)


def complete_project(folder: Path, stack_name: str) -> list[str]:
    """Write the missing files of an existing application: compose.yaml, and a line of .gitignore.

    Returns a line for each file that says what was done. Existing content is kept. Raises BuildError.
    """
    with Root(folder) as root:
        ignore = _ignore(root)
        done: list[str] = []
        if not any(root.find(name) is not None for name in PROJECT_FILES):
            root.create(PROJECT_FILE, include(stack_name, DEFAULT_OUTPUT).encode())
            done.append(f"+ {folder / PROJECT_FILE}")
        return done + _add_line(root, folder, ignore)


def _ignore(root: Root) -> bytes | None:
    """The new content of .gitignore; None if it ignores the output already. Raises BuildError for a link."""
    before = root.read(GITIGNORE)
    if before is None:
        return _NEW_GITIGNORE
    if _SAME & {line.strip() for line in before.decode("utf-8", "replace").splitlines()}:
        return None
    separator = b"\n" if before and not before.endswith(b"\n") else b""
    return before + separator + _IGNORED.encode() + b"\n"


def _add_line(root: Root, folder: Path, content: bytes | None) -> list[str]:
    if content is None:
        return []
    if root.create(GITIGNORE, content):
        return [f"+ {folder / GITIGNORE}"]
    status = root.find(GITIGNORE)
    with root.writing() as writer:
        writer.replace(GITIGNORE, content, 0o644 if status is None else status.st_mode & 0o777)
    return [f"~ {folder / GITIGNORE}: {_IGNORED}"]
