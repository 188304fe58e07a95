"""The assets of a template that `cdk synth` wrote: files and folders that a deploy would upload.

A resource names its asset in Metadata (`aws:asset:path`, `aws:asset:property`), unless the application was synthesized
without (`--no-asset-metadata`). The manifest `<stack>.assets.json` has all assets by their hash, which is a part of the
S3 key or of the image's tag.
https://docs.aws.amazon.com/cdk/v2/guide/assets.html
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from esb_generator.cloudformation.reading.template import OnRead, ignore, read_document
from esb_generator.values import NOTHING, Map, Seq, Value
from esb_schemas.lazy_pattern import LazyPattern

_SUFFIX = ".assets.json"
_HASH = LazyPattern(r"[0-9a-f]{64}")
# The property that takes a resource's asset if its Metadata names none.
_PROPERTIES = ("Code", "Content", "TemplateURL", "BodyS3Location")
IMAGE = "Code.ImageUri"
DOCKERFILE = "Dockerfile"


class Asset(NamedTuple):
    """A file or folder, relative to the template's folder; the last three are of the folder of an image."""

    path: str
    property: str
    dockerfile: str = DOCKERFILE
    build_args: Value = None
    target: Value = None


Manifest: TypeAlias = Mapping[str, Asset]  # assets by hash; the property is that of an image, or empty


def read_manifests(folder: Path, on_read: OnRead = ignore) -> Manifest:
    """All assets that the manifests in a folder list; paths are relative to it. Raises TemplateError."""
    found: dict[str, Asset] = {}
    for path in sorted(filter(Path.is_file, folder.glob(f"*{_SUFFIX}"))):
        on_read(path)
        document = read_document(path)
        if isinstance(document, Map):
            found |= dict(_files(document)) | dict(_images(document))
    return found


def asset_of(resource: Map, manifest: Manifest = NOTHING) -> Asset | None:
    """The asset of a resource, by its Metadata or else by the hash in its properties."""
    metadata, properties = resource.get("Metadata"), resource.get("Properties")
    if isinstance(metadata, Map) and (named := _named(metadata)) is not None:
        return named
    if not isinstance(properties, Map):
        return None
    hashes = ((name, hash_) for name in _PROPERTIES for text in _texts(properties.get(name)) for hash_ in _hashes(text))
    found = ((name, manifest[hash_]) for name, hash_ in hashes if hash_ in manifest)
    return next((asset._replace(property=asset.property or name) for name, asset in found), None)


def _named(metadata: Map) -> Asset | None:
    """The asset that Metadata names."""
    path, name = metadata.get("aws:asset:path"), metadata.get("aws:asset:property")
    if not isinstance(path, str) or not isinstance(name, str):
        return None
    dockerfile = metadata.get("aws:asset:dockerfile-path")
    return Asset(
        path,
        name,
        dockerfile if isinstance(dockerfile, str) else DOCKERFILE,
        metadata.get("aws:asset:docker-build-args"),
        metadata.get("aws:asset:docker-build-target"),
    )


def _hashes(text: str) -> list[str]:
    return _HASH.findall(text)


def _files(document: Map) -> Iterator[tuple[str, Asset]]:
    for hash_, source in _sources(document, "files"):
        path = source.get("path")
        if isinstance(path, str):
            yield hash_, Asset(path, "")


def _images(document: Map) -> Iterator[tuple[str, Asset]]:
    for hash_, source in _sources(document, "dockerImages"):
        path, dockerfile = source.get("directory"), source.get("dockerFile")
        if isinstance(path, str):
            name = dockerfile if isinstance(dockerfile, str) else DOCKERFILE
            yield hash_, Asset(path, IMAGE, name, source.get("dockerBuildArgs"), source.get("dockerBuildTarget"))


def _sources(document: Map, section: str) -> Iterator[tuple[str, Map]]:
    assets = document.get(section)
    for hash_, asset in assets.items() if isinstance(assets, Map) else ():
        source = asset.get("source") if isinstance(asset, Map) else None
        if isinstance(source, Map):
            yield hash_, source


def _texts(value: Value) -> Iterator[str]:
    """Every text in a value, those of unresolved functions too."""
    match value:
        case str():
            yield value
        case Map():
            for child in value.values():
                yield from _texts(child)
        case Seq():
            for child in value:
                yield from _texts(child)
