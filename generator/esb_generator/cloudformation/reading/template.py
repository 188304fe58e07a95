"""Loads a template file as plain data with positions, and checks the shape that all templates share.

The properties of resources are checked where they are read (`services/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from esb_generator.cloudformation.reading.scalars import plain_scalar
from esb_generator.cloudformation.reading.yaml_reader import OnDuplicate, PlainScalar, read_text
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.project import ANYWHERE, OUTSIDE, Project, special_kind
from esb_generator.values import Map, Mark, Seq, Value, words
from esb_schemas.lazy_pattern import LazyPattern

CANNOT_BE_READ = "cannot be read"
OnRead: TypeAlias = Callable[[Path], object]  # called with the path of each document before it is read
ReadFile: TypeAlias = Callable[[str, Mark], Value]  # reads the document that a template names at a place

SECTIONS = words(
    "AWSTemplateFormatVersion Conditions Description Globals Hooks Mappings Metadata Outputs Parameters Resources "
    "Rules Transform"
)
_MAPPINGS = ("Conditions", "Globals", "Mappings", "Metadata", "Outputs", "Parameters", "Rules")
ATTRIBUTES = words(
    "Condition Connectors CreationPolicy DeletionPolicy DependsOn Description IgnoreGlobals Metadata Properties Type "
    "UpdatePolicy UpdateReplacePolicy Version"
)
_LOGICAL_ID = LazyPattern(r"[A-Za-z0-9]{1,255}")
_TYPE = LazyPattern(r"[A-Za-z0-9_@:-]+")


def ignore(_: object) -> None:
    """The default of `on_read` and `on_warning`."""


def load(path: Path, *, name: str | None = None, on_duplicate: OnDuplicate | None = None) -> Map:
    """The template at `path`; marks carry `name`, else the path as given.

    `on_duplicate` is called with a warning for each key that is there twice; without it, such a key is an error.
    Raises TemplateError for a file that cannot be read, is not YAML or JSON, or does not have a template's shape.
    """
    file = name or path.as_posix()
    return checked(read_document(path, name=file, on_duplicate=on_duplicate), file)


def checked(document: Value, file: str) -> Map:
    """A document as a template; raises TemplateError when it does not have a template's shape."""
    problems = list(_shape_problems(document, Mark(file, 1, 1)))
    if problems or not isinstance(document, Map):
        raise TemplateError(problems)
    return document


def check_resources(template: Map) -> None:
    """Check the resources once loops and includes are expanded; raises TemplateError like `load`."""
    if problems := _resources_problems(template, expanded=True):
        raise TemplateError(problems)


def read_document(
    path: Path,
    *,
    name: str | None = None,
    on_duplicate: OnDuplicate | None = None,
    scalar: PlainScalar = plain_scalar,
) -> Value:
    """Any YAML or JSON file (an OpenAPI document, an included part of a template); raises TemplateError."""
    file = name or path.as_posix()
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "is a folder, not a file" if path.is_dir() else (error.strerror or str(error)).lower()
        raise error_at(Mark(file, 1, 1), f"{CANNOT_BE_READ}: {reason}") from None
    except ValueError:
        file = file.replace("\0", " ")
        raise error_at(Mark(file, 1, 1), f"{CANNOT_BE_READ}: no file's name has a null") from None
    return read_text(content, file, on_duplicate=on_duplicate, scalar=scalar)


def relative_reader(
    template: Path,
    on_read: OnRead = ignore,
    *,
    project: Project = ANYWHERE,
    on_warning: Callable[[Problem], object] = ignore,
) -> ReadFile:
    """A function that reads the files a template names, relative to the template's folder.

    `on_warning` is called for each file outside the project, and for each key that a file has twice. Raises
    TemplateError for what is no file, such as a FIFO, without opening it.
    """

    def read(location: str, at: Mark) -> Value:
        path = template.parent / location
        if (special := special_kind(path)) is not None:
            raise error_at(at, f"{path} is {special}, which a build never opens; name a file")
        if not project.has(path):
            on_warning(Problem(at, f"the file {path} is {OUTSIDE}"))
        on_read(path)
        return read_document(path, name=path.as_posix(), on_duplicate=on_warning)

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
    at = template.key_mark("Resources")
    if resources is None:
        return [Problem(at, "the template has no Resources; a template needs at least one resource")]
    if not isinstance(resources, Map):
        return [Problem(template.value_mark("Resources"), "Resources must be a mapping of logical id to resource")]
    if not resources:
        return [Problem(at, "Resources is empty; a template needs at least one resource")]
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


def _is_dropped(key: str, type_: Value) -> bool:
    """Whether the SAM transform drops an attribute; one that looks misspelt counts as an error."""
    return isinstance(type_, str) and type_.startswith("AWS::Serverless::") and not near_miss(key, ATTRIBUTES)


def _resource_problems(resources: Map, logical_id: str, resource: Value) -> Iterator[Problem]:
    at = resources.key_mark(logical_id)
    if not _LOGICAL_ID.fullmatch(logical_id):
        yield Problem(at, f"the logical id {logical_id!r} may only have letters and digits, at most 255")
        return
    if not isinstance(resource, Map):
        yield Problem(at, f"{logical_id} must be a mapping with a Type")
        return
    type_ = resource.get("Type")
    for key in resource:
        if key not in ATTRIBUTES and not key.startswith("Fn::") and not _is_dropped(key, type_):
            text = f"{logical_id} has no attribute {key}{near_miss(key, ATTRIBUTES)}"
            yield Problem(resource.key_mark(key), text)
    if "Type" not in resource:
        yield Problem(at, f"{logical_id} has no Type; give it one, such as AWS::Serverless::Function")
    elif not isinstance(type_, str) or not _TYPE.fullmatch(type_):
        text = f"the Type of {logical_id} must be that of a resource, such as AWS::Serverless::Function"
        yield Problem(resource.value_mark("Type"), text)
    if not isinstance(resource.get("Properties"), Map | None):
        yield Problem(resource.value_mark("Properties"), f"the Properties of {logical_id} must be a mapping")


def section_of(template: Map, name: str) -> Map:
    """A section of a template, empty when it has none."""
    section = template.get(name)
    return section if isinstance(section, Map) else Map(template.mark)
