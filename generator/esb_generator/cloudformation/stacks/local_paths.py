"""Rebases local paths of a template that becomes part of a template in another folder."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from esb_generator.cloudformation.resource_values.resource_types import Types
from esb_generator.values import Map


def in_folder(resource: Map, folder: str, types: Types) -> Map:
    """The resolved resource with its local paths relative to the folder that `folder` is relative to."""
    if folder in ("", "."):
        return resource
    result = _with_paths(resource, "Properties", folder, types(f"{resource.get('Type')}").local_paths)
    return _with_seed(_with_paths(result, "Metadata", folder, {"DockerContext": False}), folder)


def _with_seed(resource: Map, folder: str) -> Map:
    """The path of seed data, `Metadata: {Esb: {Seed: …}}`."""
    metadata = resource.get("Metadata")
    settings = metadata.get("Esb") if isinstance(metadata, Map) else None
    if (
        not isinstance(metadata, Map)
        or not isinstance(settings, Map)
        or not isinstance(path := settings.get("Seed"), str)
    ):
        return resource
    ours, changed, result = settings.copied(), metadata.copied(), resource.copied()
    ours["Seed"] = posixpath.join(folder, path)
    changed["Esb"] = ours
    result["Metadata"] = changed
    return result


def _with_paths(resource: Map, section: str, folder: str, keys: Mapping[str, bool]) -> Map:
    properties = resource.get(section) or Map(resource.mark)
    if not keys or not isinstance(properties, Map):
        return resource
    changed = properties.copied()
    for key, is_default in keys.items():
        path = properties.get(key, "" if is_default and "InlineCode" not in properties else None)
        if isinstance(path, str) and "://" not in path:
            changed[key] = posixpath.join(folder, path)
    if changed == properties:
        return resource
    result = resource.copied()
    result[section] = changed
    return result
