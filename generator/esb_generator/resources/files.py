"""Files that a template names: local ones, and objects in S3, which the build does not fetch."""

from __future__ import annotations

import posixpath

from esb_generator.model import ArchiveCode, FolderCode
from esb_generator.resources.nodes import Node, text
from esb_generator.values import Map

_ARCHIVES = (".zip", ".jar")
_BUCKET_KEYS = ("Bucket", "S3Bucket")


def local_content(node: Node) -> FolderCode | ArchiveCode:
    """A local folder or archive, with forward slashes."""
    path = text(node)
    local = posixpath.normpath(path) if path else "."
    return ArchiveCode(local) if local.lower().endswith(_ARCHIVES) else FolderCode(local)


def object_in_s3(node: Node) -> str | None:
    """The object in S3 that a property names, in words; None if it names a local file."""
    if isinstance(node.value, Map):
        return "an object in S3" if any(node.has(key) for key in _BUCKET_KEYS) else None
    location = node.value
    return location if isinstance(location, str) and location.startswith(("s3://", "https://", "http://")) else None


def left_out(what: str, owner: str, node: Node | None) -> str:
    """Why a resource is left out: its files are an object in S3. Empty if they are local."""
    place = object_in_s3(node) if node is not None else None
    if place is None:
        return ""
    fix = "give a local folder or .zip file"
    return f"its {what} is {place}, which the build cannot fetch: the {owner} is left out; {fix}"
