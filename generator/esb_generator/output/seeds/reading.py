"""Seed data of tables and buckets: the files that `Metadata: {Esb: {Seed: …}}` names, as files of the output.

A table gets the items of a file, or of all files of a folder; in the output they are DynamoDB JSON, one item per line.
A bucket gets an object for each file of a folder, or one for a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from esb_generator.errors import BuildError
from esb_generator.model import ResourceEntry
from esb_generator.output.files.folders import folder
from esb_generator.output.files.source_files import SourceFile, check_size, in_memory, on_disk
from esb_generator.output.seeds.seed_files import FolderLimits, SeedFiles
from esb_generator.output.seeds.seed_items import SUFFIXES, read_items
from esb_generator.settings.choices import MB

# Seeds are loaded while the stack starts, so their size is limited; `esb-provision import` has no limit.
TABLE_LIMIT: Final = 16 * MB
OBJECTS_LIMIT: Final = 1000
IGNORED: Final = (".DS_Store", ".git")
_LONGEST_KEY: Final = 1024  # bytes, https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


def read_seed(entry: ResourceEntry, path: Path, limits: FolderLimits) -> SeedFiles:
    """The seed of a table or bucket. Raises BuildError."""
    return _of_table(entry, path, limits) if entry.kind == "table" else _of_bucket(entry, path, limits)


def _of_table(entry: ResourceEntry, path: Path, limits: FolderLimits) -> SeedFiles:
    files = _files(path, limits._replace(size=TABLE_LIMIT))
    others = [file.path for file in files if not file.path.endswith(SUFFIXES)]
    if others or not files:
        found = f"{path / others[0] if path.is_dir() else path} is neither" if others else f"{path} has no file that is"
        raise BuildError(f"{found} .json, .jsonl or .ndjson; name a file of items, or a folder with such files alone")
    names = [element["AttributeName"] for element in entry.definition["KeySchema"]]
    seen: dict[tuple[Decimal | str, ...], str] = {}
    lines: list[bytes] = []
    for place, item in _items(entry.definition, files):
        key = tuple(_comparable(item[name]) for name in names)
        if key in seen:
            shown = ", ".join(f"{name} {json.dumps(next(iter(item[name].values())))}" for name in names)
            raise BuildError(f"{place} has the key {shown}, as has {seen[key]}; remove one of them")
        seen[key] = place
        lines.append(_line(item, place))
    name = f"seeds/tables/{entry.name}.jsonl"
    return SeedFiles(name, len(lines), (in_memory(name, b"".join(lines)),))


def _items(definition: Mapping[str, Any], files: list[SourceFile]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in files:
        yield from read_items(Path(str(file.content)), definition)


def _comparable(attribute: Mapping[str, str]) -> Decimal | str:
    """The value of a key; numbers in different notations are equal."""
    ((type_, value),) = attribute.items()
    return Decimal(value) if type_ == "N" else value


def _line(item: Mapping[str, Any], place: str) -> bytes:
    try:
        return json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        raise BuildError(f"{place} has text that is not Unicode; write half of a surrogate pair otherwise") from None


def _of_bucket(entry: ResourceEntry, path: Path, limits: FolderLimits) -> SeedFiles:
    files = _files(path, limits)
    if not files:
        raise BuildError(f"{path} has no file; name another folder, or remove the Seed")
    if len(files) > OBJECTS_LIMIT:
        raise BuildError(f"{path} has {len(files):,} files, more than {OBJECTS_LIMIT:,}; use esb-provision import")
    for file in files:
        if len(file.path.encode()) > _LONGEST_KEY:
            raise BuildError(f"{path / file.path} gives a key of more than {_LONGEST_KEY:,} bytes; move it up")
    home = f"seeds/buckets/{entry.name}"
    copies = (file._replace(path=f"{home}/{file.path}", executable=False) for file in files)
    return SeedFiles(home, len(files), tuple(copies))


def _files(path: Path, limits: FolderLimits) -> list[SourceFile]:
    if path.is_dir():
        return list(folder(path, IGNORED, skip=limits.skip, limit=limits.size, found=limits.found))
    file = on_disk(path.name, path)
    check_size(path, [(file.path, file.size)], limits.size)
    return [file]
