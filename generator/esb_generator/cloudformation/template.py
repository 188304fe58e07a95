"""A template file becomes plain data with line numbers, or a list of sentences about what is wrong with it.

This checks the shape that every template has; what a resource's properties mean is the expander's subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from esb_generator.cloudformation.yaml_reader import read_text
from esb_generator.errors import Problem, TemplateError
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Mark, Seq, Value

CANNOT_BE_READ = "cannot be read"
OnRead: TypeAlias = Callable[[Path], object]  # is told of a document before it is read

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
_MAPPINGS = ("Conditions", "Globals", "Mappings", "Metadata", "Outputs", "Parameters", "Rules")
ATTRIBUTES = (
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
)
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_TYPE = re.compile(r"[A-Za-z0-9_@:-]+")


def ignore(_: Path) -> None:
    """Nobody wants to know which documents are read."""


def load(path: Path, *, name: str | None = None) -> Map:
    """The template at `path`; marks carry `name`, else the path as it was given.

    Raises TemplateError for a file that cannot be read, is not YAML or JSON, or does not have a template's shape.
    """
    file = name or path.as_posix()
    return checked(read_document(path, name=file), file)


def checked(document: Value, file: str) -> Map:
    """A document as a template; raises TemplateError when it does not have a template's shape."""
    problems = list(_shape_problems(document, Mark(file, 1, 1)))
    if problems or not isinstance(document, Map):
        raise TemplateError(problems)
    return document


def check_resources(template: Map) -> None:
    """The resources after their loops and includes were written out; raises TemplateError like `load`."""
    if problems := _resources_problems(template, expanded=True):
        raise TemplateError(problems)


def read_document(path: Path, *, name: str | None = None) -> Value:
    """Any YAML or JSON file (an OpenAPI document, an included part of a template); raises TemplateError."""
    file = name or path.as_posix()
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "is a folder, not a file" if path.is_dir() else (error.strerror or str(error)).lower()
        raise TemplateError([Problem(Mark(file, 1, 1), f"{CANNOT_BE_READ}: {reason}")]) from None
    except ValueError:
        file = file.replace("\0", " ")
        raise TemplateError([Problem(Mark(file, 1, 1), f"{CANNOT_BE_READ}: no file's name has a null")]) from None
    return read_text(content, file)


def reader_beside(template: Path, on_read: OnRead = ignore) -> Callable[[str], Value]:
    """A function that reads a file named in the template, relative to the template's folder."""

    def read(location: str) -> Value:
        path = template.parent / location
        on_read(path)
        return read_document(path, name=path.as_posix())

    return read


def _shape_problems(template: Value, start: Mark) -> list[Problem]:
    if not isinstance(template, Map):
        return [Problem(start, "a template is a mapping with a Resources section, and this file is not a mapping")]
    problems = [
        Problem(template.key_mark(key), f"{key} is not a section of a template{near_miss(key, SECTIONS)}")
        for key in template
        if key not in SECTIONS and key != "Fn::Transform"
    ]
    problems += [
        Problem(template.value_mark(key), f"{key} must be a mapping")
        for key in _MAPPINGS
        if template.get(key) is not None and not isinstance(template[key], Map)
    ]
    return problems + _resources_problems(template, expanded=False)


def _resources_problems(template: Map, *, expanded: bool) -> list[Problem]:
    resources = template.get("Resources")
    if resources is None and not expanded and _includes(template):
        return []
    if resources is None:
        at = template.key_mark("Resources")
        return [Problem(at, "the template has no Resources; a template needs at least one resource")]
    if not isinstance(resources, Map):
        return [Problem(template.value_mark("Resources"), "Resources must be a mapping of logical id to resource")]
    if not resources:
        text = "Resources is empty; a template needs at least one resource"
        return [Problem(template.key_mark("Resources"), text)]
    return [
        problem
        for logical_id, resource in resources.items()
        if expanded or not logical_id.startswith(("Fn::Transform", "Fn::ForEach::"))
        for problem in _resource_problems(resources, logical_id, resource)
    ]


def _includes(template: Map) -> bool:
    """Whether sections of the template come from another file."""
    transform = template.get("Transform")
    items = transform if isinstance(transform, Seq) else [transform]
    return "Fn::Transform" in template or any(isinstance(item, Map) for item in items)


def _is_dropped(key: str, kind: Value) -> bool:
    """Whether the SAM transform leaves the attribute out of what it makes, unless it is a misspelt one."""
    return isinstance(kind, str) and kind.startswith("AWS::Serverless::") and not near_miss(key, ATTRIBUTES)


def _resource_problems(resources: Map, logical_id: str, resource: Value) -> list[Problem]:
    at = resources.key_mark(logical_id)
    if not _LOGICAL_ID.fullmatch(logical_id):
        return [Problem(at, f"the logical id {logical_id!r} may only have letters and digits, at most 255")]
    if not isinstance(resource, Map):
        return [Problem(at, f"{logical_id} must be a mapping with a Type")]
    kind = resource.get("Type")
    problems = [
        Problem(resource.key_mark(key), f"{logical_id} has no attribute {key}{near_miss(key, ATTRIBUTES)}")
        for key in resource
        if key not in ATTRIBUTES and not key.startswith("Fn::") and not _is_dropped(key, kind)
    ]
    if "Type" not in resource:
        problems.append(Problem(at, f"{logical_id} has no Type; give it one, such as AWS::Serverless::Function"))
    elif not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        text = f"the Type of {logical_id} must be that of a resource, such as AWS::Serverless::Function"
        problems.append(Problem(resource.value_mark("Type"), text))
    if not isinstance(resource.get("Properties"), Map | None):
        problems.append(Problem(resource.value_mark("Properties"), f"the Properties of {logical_id} must be a mapping"))
    return problems
