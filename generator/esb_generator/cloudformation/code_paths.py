"""Paths of a template that lies in another folder than the one that it becomes a part of."""

from __future__ import annotations

import posixpath

from esb_generator.values import Map

# Where each type of resource names files, and whether the template's own folder is meant when it does not.
_PATHS: dict[str, tuple[tuple[str, bool], ...]] = {
    "AWS::Lambda::Function": (("Code", False),),
    "AWS::Lambda::LayerVersion": (("Content", False),),
    "AWS::Serverless::Api": (("DefinitionUri", False),),
    "AWS::Serverless::Function": (("CodeUri", True),),
    "AWS::Serverless::HttpApi": (("DefinitionUri", False),),
    "AWS::Serverless::LayerVersion": (("ContentUri", False),),
    "AWS::Serverless::StateMachine": (("DefinitionUri", False),),
}


def moved(resource: Map, folder: str) -> Map:
    """The resolved resource with its local paths relative to the folder that `folder` is relative to."""
    if folder in ("", "."):
        return resource
    result = _with_paths(resource, "Properties", folder, _PATHS.get(f"{resource.get('Type')}", ()))
    return _with_paths(result, "Metadata", folder, (("DockerContext", False),))


def _with_paths(resource: Map, section: str, folder: str, keys: tuple[tuple[str, bool], ...]) -> Map:
    said = resource.get(section) or Map(resource.mark)
    if not keys or not isinstance(said, Map):
        return resource
    changed = said.copied()
    for key, is_default in keys:
        path = said.get(key, "" if is_default and "InlineCode" not in said else None)
        if isinstance(path, str) and "://" not in path:
            changed[key] = posixpath.join(folder, path)
    if changed == said:
        return resource
    result = resource.copied()
    result[section] = changed
    return result
