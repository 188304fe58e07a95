"""The resources under expansion, and the way from a resolved reference back to a logical id."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from esb_generator.cloudformation.resolved import Resolved, StackScope
from esb_generator.cloudformation.resource_types import Fields, Format, StackPlace, kind_of
from esb_generator.cloudformation.template import ATTRIBUTES
from esb_generator.errors import Problem
from esb_generator.resources.findings import Findings, Notice
from esb_generator.resources.nodes import Node
from esb_generator.sam.implicit_apis import IMPLICIT_APIS, implicit_api
from esb_generator.values import Map, Mark, Value

FUNCTION_TYPES = ("AWS::Serverless::Function", "AWS::Lambda::Function")
LAYER_TYPES = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
# Greedy: an integration's URI has the function's ARN inside its own.
_FUNCTION_ARN = re.compile(
    r".*:function:(?P<name>[A-Za-z0-9_-]+)(?::[^/:]+)?(?:/(?:response-streaming-)?invocations)?$"
)
_LAYER_ARN = re.compile(r"arn:[^:]*:lambda:[^:]*:[^:]*:layer:(?P<name>[A-Za-z0-9_-]+)(?::[0-9]+)?$")


class Resource(NamedTuple):
    """One resource; `mark` is the position of its logical id, `scope` what it is called in its own stack."""

    logical_id: str
    type: str
    mark: Mark
    properties: Node
    metadata: Node
    scope: StackScope
    unknown_attributes: Mapping[str, Mark]  # attributes that there are not

    def sibling_id(self, logical_id: str) -> str:
        """What another resource of the same stack is called here."""
        return self.logical_id.removesuffix(self.scope.logical_id) + logical_id

    def notice(self, text: str) -> None:
        """Report something about the resource as a whole that the stack does not run."""
        self.properties.findings.notices.append(Notice(self.mark, self.logical_id, self.type, text))

    def problem(self, text: str) -> None:
        """Report that the resource as a whole is wrong."""
        self.properties.findings.problems.append(Problem(self.mark, f"{self.logical_id}: {text}"))


class ExpandContext(NamedTuple):
    """What is not in the template: `place` gives ARNs and made-up ids, `read_file` documents beside the template."""

    place: StackPlace
    findings: Findings
    read_file: Callable[[str], Value]


class Stack:
    """Every resource by logical id; `names` are the physical names."""

    def __init__(self, resources: Mapping[str, Resource], names: Mapping[str, str], context: ExpandContext) -> None:
        self.resources = resources
        self.names = names
        self.context = context

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of some types, in template order."""
        return (resource for resource in self.resources.values() if resource.type in types)

    def name(self, resource: Resource) -> str:
        """A resource's physical name."""
        return self.names.get(resource.logical_id, resource.logical_id)

    def function(self, reference: str) -> Resource | None:
        """The function that an ARN (with or without a qualifier, or inside an integration URI) or a name means."""
        match = _FUNCTION_ARN.match(reference)
        name = match["name"] if match else reference.partition(":")[0]
        return self._functions.get(name)

    def function_by_id(self, logical_id: str) -> Resource | None:
        """The function with a logical id."""
        found = self.resources.get(logical_id)
        return found if found is not None and found.type in FUNCTION_TYPES else None

    def layer(self, reference: str) -> Resource | None:
        """The layer of this template that an ARN means."""
        match = _LAYER_ARN.match(reference)
        return self._layers.get(match["name"] if match else reference)

    def find(self, reference: str, types: Collection[str]) -> Resource | None:
        """The resource that a Ref, a name, a logical id, a URL or an ARN means."""
        tail = re.split(r"[:/]", reference)[-1]
        candidates = (*self._references.get(reference, ()), *self._references.get(tail, ()))
        return next((found for found in candidates if found.type in types), None)

    def attribute(self, resource: Resource, name: str) -> str:
        """What GetAtt gives for a resource that the template has, by the table of identities."""
        return self._filled(resource, kind_of(resource.type).attributes[name])

    def references_to(self, logical_id: str, kind: str) -> tuple[str, ...]:
        """What the ways to refer to a resource give, also to one that SAM makes (`FrontApiKey`, `Front.ApiKey`)."""
        tail = kind.rpartition("::")[2]
        local = [(place, logical_id.removeprefix(at)) for at, place in self._places if logical_id.startswith(at)]
        ids = ((place, each) for place, own in local for each in (own, f"{own.removesuffix(tail)}.{tail}"))
        forms = (Fields(place, each, each, lambda _: "") for place, each in ids)
        return (logical_id, *(f"{kind_of(kind).ref}".format_map(fields) for fields in forms))

    def function_arn(self, resource: Resource) -> str:
        """The ARN of a function."""
        return self.attribute(resource, "Arn")

    @cached_property
    def _places(self) -> Collection[tuple[str, StackPlace]]:
        """Where each stack lives, after what the ids of its resources begin with here."""
        owners = self.resources.values()
        return {(each.logical_id.removesuffix(each.scope.logical_id), each.scope.place) for each in owners}

    @cached_property
    def _functions(self) -> Mapping[str, Resource]:
        return {self.name(resource): resource for resource in self.of_type(*FUNCTION_TYPES)}

    @cached_property
    def _layers(self) -> Mapping[str, Resource]:
        return {self.name(resource): resource for resource in self.of_type(*LAYER_TYPES)}

    @cached_property
    def _references(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            given = self._filled(resource, kind_of(resource.type).ref)
            for reference in (given, resource.logical_id, self.name(resource)):
                found.setdefault(reference, []).append(resource)
        return found

    def _filled(self, resource: Resource, form: Format) -> str:
        return f"{form}".format_map(
            Fields(resource.scope.place, resource.scope.logical_id, self.name(resource), lambda _: "")
        )


def stack_of(resolved: Resolved, context: ExpandContext) -> Stack:
    """Wrap resolved resources so that they can be read with their places; the implicit APIs come last."""
    wrapped: dict[str, Resource] = {}
    for logical_id, body in resolved.resources.items():
        scope = resolved.scopes.get(logical_id) or StackScope(resolved.place, logical_id)
        wrapped[logical_id] = _resource(logical_id, body, resolved.mark(logical_id), scope, context.findings)
    for resource in list(wrapped.values()):
        for name in IMPLICIT_APIS:
            if (logical_id := resource.sibling_id(name)) not in wrapped:
                wrapped[logical_id] = _implicit(logical_id, StackScope(resource.scope.place, name), context.findings)
    return Stack(wrapped, resolved.names, context)


def _implicit(logical_id: str, scope: StackScope, findings: Findings) -> Resource:
    nowhere = Mark("", 0, 0)  # a used one takes the place of the first event that uses it
    return _resource(logical_id, implicit_api(scope.logical_id, nowhere), nowhere, scope, findings)


def _resource(logical_id: str, body: Map, mark: Mark, scope: StackScope, findings: Findings) -> Resource:
    kind = f"{body.get('Type')}"

    def section(key: str) -> Node:
        value = body.get(key)
        at = body.value_mark(key) if value is not None else mark
        path = "" if key == "Properties" else key
        return Node(Map(mark) if value is None else value, at, logical_id, kind, path, findings)

    unknown_attributes = {key: body.key_mark(key) for key in body if key not in ATTRIBUTES}
    return Resource(logical_id, kind, mark, section("Properties"), section("Metadata"), scope, unknown_attributes)
