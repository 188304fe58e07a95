"""Templates of a folder with other names than template.yaml, for the error that none was found."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_SUFFIXES: Final = (".yaml", ".yml", ".json", ".template")
_MARKS: Final = (b"AWS::Serverless-2016-10-31", b"AWSTemplateFormatVersion")
_LOOKED_AT: Final = 65_536  # bytes that are read of a file
_MOST: Final = 1_000  # files of a folder that are read


def found_templates(folder: Path) -> list[str]:
    """The names of files in `folder` that look like templates of SAM or CloudFormation, sorted."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    except OSError:
        return []
    return [path.name for path in files[:_MOST] if _is_template(path)]


def _is_template(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError:
        return False
    return any(mark in start for mark in _MARKS)
