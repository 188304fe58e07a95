"""The contents of a resource, as records: one JSON object each, the same on every server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from esb_provisioner.steps import Api

Record: TypeAlias = Mapping[str, Any]


class Blob(NamedTuple):
    """Bytes that lie in a file; `sha256` and `md5` hexadecimal, `size` in bytes."""

    sha256: str
    md5: str
    size: int


class BlobWriter(Protocol):
    """Writes a new blob: `finish` returns its hash and size."""

    def write(self, data: bytes) -> object: ...
    def finish(self) -> Blob: ...


class Blobs(Protocol):
    """Content of records that is not JSON, by its SHA-256."""

    def writing(self) -> AbstractContextManager[BlobWriter]: ...
    def path(self, sha256: str) -> Path: ...


class Page(NamedTuple):
    """Some records, and the position after them as JSON; None at the end."""

    records: Sequence[Record]
    after: Any


class Comparison(NamedTuple):
    """The number of records that are missing or differ on the server, examples, and the number of extra records."""

    missing: int
    extra: int
    examples: tuple[str, ...] = ()


class Contents(Protocol):
    """Reads and writes the contents of one kind of resource. All methods raise ServerError."""

    @property
    def noun(self) -> str:
        """The user's word for a record, such as "item"."""

    def definition(self, api: Api, name: str) -> Record:
        """The entry of resources.yml that creates an empty resource for the records."""

    def page(self, api: Api, name: str, after: Any, blobs: Blobs, pool: Executor) -> Page:
        """The records after a position; None is the beginning."""

    def count(self, api: Api, name: str) -> int:
        """The number of records, counted one by one."""

    def is_empty(self, api: Api, name: str) -> bool:
        """Whether there are no records."""

    def write(self, api: Api, name: str, records: Sequence[Record], blobs: Blobs, pool: Executor) -> None:
        """Write some records; records with the same key are replaced."""

    def compare(self, api: Api, name: str, records: Iterable[Record], pool: Executor) -> Comparison:
        """Read the resource and compare it with the records."""


def batches(records: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    """The records in groups of at most `size`."""
    return (records[at : at + size] for at in range(0, len(records), size))
