"""The resources of the stack, found by name, ARN, URL or logical id."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from esb_generator.cloudformation.reading.template import ReadFile
from esb_generator.cloudformation.resolved import StackScope
from esb_generator.cloudformation.resource_values.resource_types import Fields, Format, StackIdentity, Types
from esb_generator.errors import Problem
from esb_generator.model import WebAdapter
from esb_generator.resources.findings import Findings, Notice
from esb_generator.resources.nodes import Node, check_keys, text
from esb_generator.values import Mark
from esb_schemas.lazy_pattern import LazyPattern

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
# Greedy: an integration's URI has the function's ARN inside its own.
_FUNCTION_ARN = LazyPattern(
    r".*:function:(?P<name>[A-Za-z0-9_-]+)(?::[^/:]+)?(?:/(?:response-streaming-)?invocations)?$"
)
_LAYER_ARN = LazyPattern(r"arn:[^:]*:lambda:[^:]*:[^:]*:layer:(?P<name>[A-Za-z0-9_-]+)(?::[0-9]+)?$")


class Resource(NamedTuple):
    """A resource; `mark` is the position of its logical id, `scope` its stack and its id there."""

    logical_id: str
    type: str
    mark: Mark
    properties: Node
    metadata: Node
    scope: StackScope
    unknown_attributes: Mapping[str, Mark]

    def sibling_id(self, logical_id: str) -> str:
        """The id here of another resource in the same nested stack."""
        return self.logical_id.removesuffix(self.scope.logical_id) + logical_id

    def notice(self, text: str) -> None:
        """Report that the stack does not support the resource, or a part of it."""
        self.properties.findings.notices.append(Notice(self.mark, self.logical_id, self.type, text))

    def problem(self, text: str) -> None:
        """Report that the resource as a whole is wrong."""
        self.properties.findings.problems.append(Problem(self.mark, f"{self.logical_id}: {text}"))


class Event(NamedTuple):
    """An entry of a function's Events whose type has a row."""

    name: str
    type: str
    owner: Resource
    properties: Node


class ExpandContext(NamedTuple):
    """The input besides the template; `read_file` reads documents relative to the template's folder.

    `web_adapter` is used in place of layers with the Lambda Web Adapter's ARN.
    """

    identity: StackIdentity
    findings: Findings
    read_file: ReadFile
    web_adapter: WebAdapter | None = None


class Stack:
    """Every resource by logical id; `names` are the physical names, `types` the rows of their types."""

    def __init__(
        self,
        resources: Mapping[str, Resource],
        names: Mapping[str, str],
        context: ExpandContext,
        types: Types,
        events: Iterable[Event] = (),
    ) -> None:
        self.resources = resources
        self.names = names
        self.context = context
        self._types = types
        self._events = tuple(events)

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of the given types, in template order."""
        return (resource for resource in self.resources.values() if resource.type in types)

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """The resources of a kind, such as function, in template order."""
        return (resource for resource in self.resources.values() if self._types(resource.type).kind == kind)

    def events(self, *types: str) -> Iterator[Event]:
        """The events of functions (of the given types), in template order."""
        return (event for event in self._events if not types or event.type in types)

    def check_properties(self, resource: Resource) -> None:
        """Report properties that the resource's type does not have, and those that have no effect here."""
        check_keys(resource.properties, self._types(resource.type).properties)

    def name(self, resource: Resource) -> str:
        """A resource's physical name."""
        return self.names.get(resource.logical_id, resource.logical_id)

    def rename_hint(self, name: str, fix: str) -> str:
        """The advice for a name that AWS refuses: a part of it may be the stack's name."""
        return f"{fix}, or another --stack-name" if self.context.identity.stack_name.lower() in name.lower() else fix

    def function(self, reference: str | None) -> Resource | None:
        """The function with a name or an ARN, which may have a qualifier or stand in an integration URI."""
        if not reference:
            return None
        match = _FUNCTION_ARN.match(reference)
        return self._functions.get(match["name"] if match else reference.partition(":")[0])

    def function_by_id(self, logical_id: str) -> Resource | None:
        """The function with a logical id."""
        found = self.resources.get(logical_id)
        return found if found is not None and self._types(found.type).kind == "function" else None

    def layer(self, reference: str) -> Resource | None:
        """The layer of this template with an ARN."""
        match = _LAYER_ARN.match(reference)
        return self._layers.get(match["name"] if match else reference)

    def find(self, reference: str | None, types: Collection[str] | None = None) -> Resource | None:
        """The resource (of the given types) with a value of Ref, a name, a logical id, a URL or an ARN."""
        if not reference:
            return None
        tail = re.split(r"[:/]", reference)[-1]
        candidates = (*self._references.get(reference, ()), *self._references.get(tail, ()))
        return next((found for found in candidates if types is None or found.type in types), None)

    def event_source(self, arn: str) -> Resource | None:
        """The resource with this ARN, if functions can receive from it."""
        polled = ((each, self._types(each.type).polled) for each in self.resources.values())
        return next((each for each, name in polled if name and self.attribute(each, name) == arn), None)

    def attribute(self, resource: Resource, name: str) -> str:
        """The value of GetAtt for an attribute that the row has."""
        return self._filled(resource, self._types(resource.type).attributes[name])

    def references_to(self, logical_id: str, type_: str) -> tuple[str, ...]:
        """The values of all references to a resource, also to a generated one (`FrontApiKey`, `Front.ApiKey`)."""
        tail = type_.rpartition("::")[2]
        local = [
            (identity, logical_id.removeprefix(at)) for at, identity in self._identities if logical_id.startswith(at)
        ]
        ids = ((identity, each) for identity, own in local for each in (own, f"{own.removesuffix(tail)}.{tail}"))
        forms = (Fields(identity, each, each, lambda _: "") for identity, each in ids)
        return (logical_id, *(f"{self._types(type_).ref}".format_map(fields) for fields in forms))

    def function_arn(self, resource: Resource) -> str:
        """The ARN of a function."""
        return self.attribute(resource, "Arn")

    def trigger_arn(self, function: Resource) -> str:
        """What the SAM transform has events invoke: the alias that AutoPublishAlias publishes, else the function."""
        alias = function.properties.read("AutoPublishAlias", text)
        return self.function_arn(function) + (f":{alias}" if alias else "")

    @cached_property
    def _identities(self) -> Collection[tuple[str, StackIdentity]]:
        """Each stack, with the prefix of its resources' ids."""
        owners = self.resources.values()
        return {(each.logical_id.removesuffix(each.scope.logical_id), each.scope.identity) for each in owners}

    @cached_property
    def _functions(self) -> Mapping[str, Resource]:
        return {self.name(resource): resource for resource in self.of_kind("function")}

    @cached_property
    def _layers(self) -> Mapping[str, Resource]:
        return {self.name(resource): resource for resource in self.of_kind("layer")}

    @cached_property
    def _references(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            given = self._filled(resource, self._types(resource.type).ref)
            for reference in (given, resource.logical_id, self.name(resource)):
                found.setdefault(reference, []).append(resource)
        return found

    def _filled(self, resource: Resource, form: Format) -> str:
        scope = resource.scope
        return f"{form}".format_map(Fields(scope.identity, scope.logical_id, self.name(resource), lambda _: ""))
