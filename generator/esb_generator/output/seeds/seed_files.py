"""The seed of a table or bucket, and the limits of reading it."""

from collections.abc import Collection
from typing import NamedTuple

from esb_generator.output.files.source_files import FileCallbacks, SourceFile


class SeedFiles(NamedTuple):
    """The seed of a resource: its path in resources.yml, the number of items or objects, and the files in `config/`."""

    path: str
    records: int
    files: tuple[SourceFile, ...]


class FolderLimits(NamedTuple):
    """Limits of reading a folder: nothing in `skip` (resolved paths), at most `size` bytes; `found` as for `folder`."""

    skip: Collection[str]
    size: int
    found: FileCallbacks
