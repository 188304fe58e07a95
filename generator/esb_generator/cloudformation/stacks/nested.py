"""Nested stacks whose template is a local file: AWS::CloudFormation::Stack and AWS::Serverless::Application.

Each is a separate stack with its own names, parameters and outputs, and becomes a part of the one application: the
resources of a nested stack `Shared` get ids `Shared…`, its functions and tables names `Shared-…`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple, TypeVar

from esb_generator.cloudformation.resolved import Resolved, StackScope
from esb_generator.cloudformation.resolving.resolver import Resolver
from esb_generator.cloudformation.resolving.results import NoValue
from esb_generator.cloudformation.resource_values.placeholders import Placeholder, Use
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity
from esb_generator.cloudformation.stacks.local_paths import in_folder
from esb_generator.cloudformation.stacks.open_stack import OpenStack
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Mark, Seq, Value, as_text

T = TypeVar("T")
_REMOTE = ("https://", "http://", "s3://")
MAX_DEPTH = 10


def _once(known: dict[str, T | TemplateError], key: str, make: Callable[[], T]) -> T:
    """A value that is made once, or the error that it ended with."""
    if key not in known:
        try:
            known[key] = make()
        except TemplateError as failure:
            known[key] = failure
    found = known[key]
    if isinstance(found, TemplateError):
        raise found
    return found


class Child(NamedTuple):
    """The input for resolving a nested template.

    `location` is relative to the folder of the template that nests it; `where` says in an error where to give values.
    """

    location: str
    document: Value
    where: str
    identity: StackIdentity
    parameters: Mapping[str, str]
    placeholders: Mapping[str, tuple[Placeholder, ...]]

    @property
    def shown(self) -> str:
        """The file's name in errors."""
        return self.document.mark.file if isinstance(self.document, Map) else self.location


class NestedStacks:
    """The nested stacks of one template, each resolved once, on demand.

    `folders` has the folder of the template that each resource is written in.
    """

    def __init__(
        self,
        resources: Map,
        folders: Mapping[str, str],
        resolver: Resolver,
        open_: Callable[[Child], OpenStack],
    ) -> None:
        self._resources = resources
        self._folders = folders
        self._resolver = resolver
        self._open = open_
        self.types = resolver.context.types
        self._opened: dict[str, OpenStack | TemplateError] = {}
        self._resolved: dict[str, Resolved | TemplateError] = {}

    def is_local(self, logical_id: str) -> bool:
        """Whether this is a nested stack whose template is a local file."""
        resource = self._resource(logical_id)
        kind, properties = resource.get("Type"), resource.get("Properties")
        key = self.types(f"{kind}").nested_template
        location = properties.get(key) if key and isinstance(properties, Map) else None
        return isinstance(location, str) and not location.startswith(_REMOTE)

    def folder(self, logical_id: str) -> str:
        """The folder of a local template, relative to that of the one that nests it."""
        return posixpath.dirname(self._location(logical_id)[0])

    def opened(self, logical_id: str, at: Mark) -> OpenStack:
        """The nested stack, whose values can be resolved; raises TemplateError if they cannot."""
        with self._entered(logical_id, at):
            return _once(self._opened, logical_id, lambda: self._open(self._child(logical_id)))

    def opened_if_exists(self, logical_id: str) -> OpenStack | None:
        """As `opened`; None if its condition is false."""
        resource = self._resource(logical_id)
        condition = resource.get("Condition")
        if isinstance(condition, str) and not self._resolver.holds(condition, resource.value_mark("Condition")):
            return None
        return self.opened(logical_id, resource.mark)

    def resolved(self, logical_id: str, at: Mark) -> Resolved:
        """The nested stack, resolved; raises TemplateError with its problems."""
        with self._entered(logical_id, at):
            return _once(self._resolved, logical_id, lambda: self._whole(logical_id))

    def _whole(self, logical_id: str) -> Resolved:
        stack = _once(self._opened, logical_id, lambda: self._open(self._child(logical_id)))
        return _from_outside(stack.complete(), logical_id)

    @contextmanager
    def _entered(self, logical_id: str, at: Mark) -> Iterator[None]:
        """Raises TemplateError for a nested stack that depends on itself."""
        self._resolver.chain.enter(f"the nested stack {logical_id}", at)
        try:
            yield
        finally:
            self._resolver.chain.leave()

    def output(self, logical_id: str, name: str, at: Mark) -> Value:
        """The value of GetAtt `Outputs.<name>`."""
        stack = self.opened(logical_id, at)
        names = [known for known, _ in stack.outputs()]
        if name not in names:
            raise error_at(at, f"the nested stack {logical_id} has no output {name}{near_miss(name, names)}")
        return self._resolver.shared(stack.output(name, at), at)

    def _child(self, logical_id: str) -> Child:
        location, at = self._location(logical_id)
        identity = self._resolver.context.identity
        if identity.nesting >= MAX_DEPTH:
            raise error_at(at, f"{location} is nested more than {MAX_DEPTH} stacks deep")
        given, placeholders = self._parameters(logical_id)
        return Child(
            location=location,
            document=self._resolver.context.document(location, at),
            where=f"under Parameters of {logical_id} ({at.file}:{at.line})",
            identity=identity._replace(
                stack_name=f"{identity.stack_name}-{logical_id}",
                prefix=f"{identity.prefix}{logical_id}-",
                nesting=identity.nesting + 1,
            ),
            parameters=given,
            placeholders=placeholders,
        )

    def _location(self, logical_id: str) -> tuple[str, Mark]:
        properties = self._properties(logical_id)
        key = self.types(f"{self._resource(logical_id).get('Type')}").nested_template
        location = posixpath.join(self._folders[logical_id], f"{properties[key]}")
        return self._resolver.context.real(location), properties.value_mark(key)

    def _properties(self, logical_id: str) -> Map:
        properties = self._resource(logical_id).get("Properties")
        return properties if isinstance(properties, Map) else Map(self._resources.mark)

    def _resource(self, logical_id: str) -> Map:
        resource = self._resources.get(logical_id)
        return resource if isinstance(resource, Map) else Map(self._resources.mark)

    def _parameters(self, logical_id: str) -> tuple[dict[str, str], dict[str, tuple[Placeholder, ...]]]:
        """The Parameters of the nested stack as texts, and the placeholders in them."""
        section = self._properties(logical_id).get("Parameters")
        if not isinstance(section, Map):
            return {}, {}
        given: dict[str, str] = {}
        placeholders: dict[str, tuple[Placeholder, ...]] = {}
        path = ("Resources", logical_id, "Properties", "Parameters")
        for name, value in section.items():
            at = section.value_mark(name)
            resolved = self._resolver.value_at((*path, name), value, at)
            if not isinstance(resolved, NoValue):
                given[name] = _as_parameter(resolved, name, at)
                placeholders[name] = self._resolver.references.placeholders.at((*path, name))
        return given, placeholders


def _as_parameter(value: Value, name: str, at: Mark) -> str:
    """A value as a parameter: a list becomes its items with commas between."""
    match value:
        case str() | int() | float():
            return as_text(value)
        case Seq() if all(isinstance(item, str | int | float) for item in value):
            return ",".join(as_text(item) for item in value if isinstance(item, str | int | float))
        case _:
            raise error_at(at, f"the parameter {name} must be text or a list of texts")


def with_nested(own: Resolved, nested: NestedStacks) -> Resolved:
    """The resources of a template and of all stacks nested in it.

    Raises TemplateError for a resource whose id would be that of another one.
    """
    local = filter(nested.is_local, own.resources)
    stacks = {logical_id: nested.resolved(logical_id, own.mark(logical_id)) for logical_id in local}
    if not stacks:
        return own
    resources: dict[str, Map] = {}
    names: dict[str, str] = {}
    marks: dict[str, Mark] = {}
    scopes: dict[str, StackScope] = {}
    problems: list[Problem] = []
    for logical_id, resource in own.resources.items():
        if logical_id not in stacks:
            resources[logical_id], names[logical_id] = resource, own.names[logical_id]
            marks[logical_id] = own.mark(logical_id)
            continue
        child = stacks[logical_id]
        for inner_id, inner in child.resources.items():
            outer_id = f"{logical_id}{inner_id}"
            if outer_id in own.resources or outer_id in resources:
                text = f"{inner_id} of the nested stack {logical_id} would be called {outer_id}, which is there already"
                problems.append(Problem(child.mark(inner_id), f"{text}; give it another logical id"))
            resources[outer_id] = in_folder(inner, nested.folder(logical_id), nested.types)
            names[outer_id], marks[outer_id] = child.names[inner_id], child.mark(inner_id)
            scopes[outer_id] = child.scopes.get(inner_id) or StackScope(child.identity, inner_id)
    if problems:
        raise TemplateError(problems)
    placeholders = tuple(chain(own.placeholders, *(child.placeholders for child in stacks.values())))
    return own._replace(resources=resources, names=names, marks=marks, scopes=scopes, placeholders=placeholders)


def _from_outside(resolved: Resolved, logical_id: str) -> Resolved:
    """A nested stack whose placeholders' uses have the ids of the stack around it."""

    def outer(placeholder: Placeholder) -> Placeholder:
        uses = (use for use in placeholder.uses if use.path.startswith("Resources."))
        return placeholder._replace(uses=tuple(_outer(use, logical_id) for use in uses))

    renamed = [outer(placeholder) for placeholder in resolved.placeholders]
    return resolved._replace(placeholders=tuple(placeholder for placeholder in renamed if placeholder.uses))


def _outer(use: Use, logical_id: str) -> Use:
    return use._replace(path=use.path.replace("Resources.", f"Resources.{logical_id}", 1))
