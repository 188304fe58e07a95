"""Checks of a template that cannot be resolved, so that one build reports these errors, too.

They need no value of a parameter or of another resource: unknown properties of
resources, and folders of code that are not there. A resource with a condition is left out, as it may not exist.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from esb_generator.cloudformation.reading.template import section_of
from esb_generator.cloudformation.stacks.local_paths import in_folder
from esb_generator.cloudformation.stacks.merge import TemplatePart
from esb_generator.errors import Problem
from esb_generator.model import Application, ArchiveCode, FolderCode, Function
from esb_generator.near_miss import near_miss
from esb_generator.resources.registry import Registry
from esb_generator.values import Map, Value

_ARCHIVES = (".zip", ".jar")


def unknown_properties(parts: Iterable[TemplatePart], registry: Registry) -> Iterator[Problem]:
    """A problem for each property that the type of its resource does not have."""
    for _, name, resource in _resources(parts):
        properties, type_ = resource.get("Properties"), f"{resource.get('Type')}"
        known = registry.type(type_).properties
        for key in properties if known and isinstance(properties, Map) else ():
            if isinstance(properties, Map) and key not in known and not key.startswith("Fn::"):
                text = f"{name}: {type_} has no property {key}{near_miss(key, known)}"
                yield Problem(properties.key_mark(key), text)


def literal_code(parts: Iterable[TemplatePart], registry: Registry) -> Application:
    """An application with nothing but the functions whose code is a path that the template writes out."""
    found = []
    for part, name, resource in _resources(parts):
        row = registry.type(f"{resource.get('Type')}")
        moved = in_folder(_with_globals(part.template, resource), part.folder, registry.type)
        properties, metadata = section_of(moved, "Properties"), section_of(moved, "Metadata")
        is_code = row.kind == "function" and properties.get("PackageType") != "Image" and "Dockerfile" not in metadata
        for key in row.local_paths if is_code and "InlineCode" not in properties else ():
            path = properties.get(key)
            if isinstance(path, str) and "://" not in path and "{{" not in path:
                mark = section_of(part.template, "Resources").key_mark(name)
                found.append(Function(name, name, mark, _code(path)))
    return Application("", "", "", functions=tuple(found))


def _code(path: str) -> FolderCode | ArchiveCode:
    local = posixpath.normpath(path)
    return ArchiveCode(local) if local.lower().endswith(_ARCHIVES) else FolderCode(local)


def _resources(parts: Iterable[TemplatePart]) -> Iterator[tuple[TemplatePart, str, Map]]:
    for part in parts:
        for name, resource in section_of(part.template, "Resources").items():
            if isinstance(resource, Map) and "Condition" not in resource and not name.startswith("Fn::"):
                yield part, name, resource


def _with_globals(template: Map, resource: Map) -> Map:
    """The resource with the CodeUri of Globals, if it has none."""
    shared: Value = section_of(section_of(template, "Globals"), "Function").get("CodeUri")
    if resource.get("Type") != "AWS::Serverless::Function" or not isinstance(shared, str):
        return resource
    properties = section_of(resource, "Properties").copied()
    properties.setdefault("CodeUri", shared)
    result = resource.copied()
    result["Properties"] = properties
    return result
