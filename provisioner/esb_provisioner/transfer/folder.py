"""The folder of an export.

    export.json                the index of a complete export: kinds, names, numbers and SHA-256 of the JSONL files
    resources.yml              the resources, without streams, notifications and other settings that trigger actions
    tables/NAME.jsonl          one item per line, in DynamoDB JSON
    buckets/NAME.jsonl         one object per line, with its metadata and the SHA-256 of its content
    content/ab/abcd…           the contents of objects, by their SHA-256
    import-<target>.json       the progress of an import into a target

While an export runs, `tables/NAME.json` has the position of each resource.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from esb_provisioner.resources.contents import Blob, Record
from esb_provisioner.steps import Resource
from esb_provisioner.transfer.errors import FolderError

INDEX: Final = "export.json"
RESOURCES: Final = "resources.yml"
KINDS: Final = ("table", "bucket")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{2,254}")  # also valid as a file name, without a path
_BLOCK: Final = 1 << 20  # bytes


@dataclass(frozen=True)
class Position:
    """The progress of a resource's export: the length of its JSONL file, and the server's cursor."""

    records: int = 0
    size: int = 0
    after: Any = None


@dataclass(frozen=True)
class Exported:
    """A resource that is exported completely; `sha256` is that of its JSONL file."""

    kind: str
    name: str
    records: int
    sha256: str

    @property
    def resource(self) -> Resource:
        return Resource(self.kind, self.name)


class ExportFolder:
    """An export on the disk. OSError is raised as FolderError."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = FileBlobs(root / "content")

    # Export

    def begin(self) -> None:
        """Make the folder, or continue an interrupted export."""
        with _named(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            if (self.root / INDEX).exists():
                if self._index().get("complete"):
                    raise FolderError(f"{self.root} has a complete export; name another folder, or remove it")
                return
            if any(self.root.iterdir()):
                raise FolderError(f"{self.root} is neither empty nor an export; name another folder")
            write_json(self.root / INDEX, {"Version": 1, "complete": False})

    def position(self, resource: Resource) -> Position:
        """The saved progress. Lines that were written after it are removed."""
        lines, state = self.lines(resource), self._state(resource)
        with _named(state):
            lines.parent.mkdir(exist_ok=True)
            found = Position(**json.loads(state.read_bytes())) if state.exists() else Position()
            with lines.open("ab") as file:
                file.truncate(found.size)
            return found

    def append(self, resource: Resource, records: Sequence[Record], after: Any) -> Position:
        """Write records and the position after them."""
        found, lines = self.position(resource), self.lines(resource)
        with _named(lines):
            with lines.open("ab") as file:
                for record in records:
                    file.write(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")
                size = file.tell()
            new = Position(found.records + len(records), size, after)
            write_json(self._state(resource), asdict(new))
        return new

    def complete(self, exported: list[Exported], entries: Mapping[str, list[Record]]) -> None:
        """Write resources.yml and the index; from now on it can be imported."""
        with _named(self.root):
            # JSON is YAML.
            write_json(self.root / RESOURCES, {"Version": 1, **entries})
            write_json(
                self.root / INDEX, {"Version": 1, "complete": True, "resources": [asdict(each) for each in exported]}
            )
            for each in exported:
                self._state(each.resource).unlink(missing_ok=True)

    def exported(self, resource: Resource, records: int) -> Exported:
        """The resource, with the hash of its file."""
        return Exported(*resource, records, file_sha256(self.lines(resource)))

    # Import

    def resources(self) -> list[Exported]:
        """The exported resources. Raises FolderError unless the export is complete."""
        index = self._index()
        if not index.get("complete"):
            raise FolderError(
                f"{self.root} has an export that was interrupted; run the same export again to complete it"
            )
        try:
            found = [Exported(**each) for each in index["resources"]]
        except (KeyError, TypeError) as error:
            raise FolderError(f"{self.root / INDEX} is not an index that esb-provision wrote ({error})") from error
        for each in found:
            if each.kind not in KINDS or not _NAME.fullmatch(each.name):
                raise FolderError(
                    f"{self.root / INDEX} names {each.resource}, which is no table or bucket; export again"
                )
        return found

    def check(self, exported: Exported) -> None:
        """Raise FolderError if the JSONL file has changed since the export."""
        lines = self.lines(exported.resource)
        with _named(lines):
            if file_sha256(lines) != exported.sha256:
                raise FolderError(f"{lines} is not as it was exported; copy it again")

    def records(self, resource: Resource, start: int = 0) -> Iterator[Record]:
        """The records, from a line number on."""
        lines = self.lines(resource)
        with _named(lines), lines.open("rb") as file:
            for line in islice(file, start, None):
                yield json.loads(line)

    def done(self, target: str, resource: Resource) -> int | None:
        """The number of records written to a target; None if the import has not begun, or is finished."""
        return self._progress(target).get(str(resource))

    def set_done(self, target: str, resource: Resource, records: int | None) -> None:
        """Save the number of records that were written; None if the import is finished."""
        progress = self._progress(target)
        if records is None:
            progress.pop(str(resource), None)
        else:
            progress[str(resource)] = records
        path = self._progress_path(target)
        with _named(path):
            if progress:
                write_json(path, progress)
            else:
                path.unlink(missing_ok=True)

    def _progress(self, target: str) -> dict[str, int]:
        path = self._progress_path(target)
        with _named(path):
            found: dict[str, int] = json.loads(path.read_bytes()) if path.exists() else {}
            return found

    def _progress_path(self, target: str) -> Path:
        return self.root / f"import-{hashlib.sha256(target.encode()).hexdigest()[:8]}.json"

    def _index(self) -> dict[str, Any]:
        path = self.root / INDEX
        if not path.exists():
            raise FolderError(f"{self.root} has no {INDEX}, so it is not an export")
        with _named(path):
            found = json.loads(path.read_bytes())
        if not isinstance(found, dict) or found.get("Version") != 1:
            raise FolderError(f"{path} is not an index that this version of esb-provision can read")
        return found

    def lines(self, resource: Resource) -> Path:
        return self.root / f"{resource.kind}s" / f"{resource.name}.jsonl"

    def _state(self, resource: Resource) -> Path:
        return self.root / f"{resource.kind}s" / f"{resource.name}.json"


class FileBlobs:
    """Contents in files, named by their hash, so that equal ones are stored once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    @contextmanager
    def writing(self) -> Iterator[FileBlobWriter]:
        """A new content, in a temporary file until it is finished."""
        with _named(self._folder):
            self._folder.mkdir(exist_ok=True)
            number, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with os.fdopen(number, "wb") as file:
                    yield FileBlobWriter(self, Path(name), file)
            finally:
                Path(name).unlink(missing_ok=True)


class FileBlobWriter:
    def __init__(self, blobs: FileBlobs, path: Path, file: BinaryIO) -> None:
        self._blobs, self._path, self._file = blobs, path, file
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
        self._md5.update(data)

    def finish(self) -> Blob:
        """Move the file to its final path."""
        self._file.flush()
        blob = Blob(self._sha256.hexdigest(), self._md5.hexdigest(), self._file.tell())
        place = self._blobs.path(blob.sha256)
        place.parent.mkdir(exist_ok=True)
        self._path.replace(place)
        return blob


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_json(path: Path, value: object) -> None:
    """Replace a file atomically."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise FolderError(
            f"{place}: {error.strerror or error}; choose a folder that can be read and written"
        ) from error
    except ValueError as error:
        raise FolderError(f"{path} is not JSON as esb-provision wrote it ({error})") from error
