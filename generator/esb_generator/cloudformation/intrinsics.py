"""Resolves a template and its parameters to resources without intrinsic functions.

Stages, in order: includes and loops are expanded; the SAM transform adds implicit APIs and merges Globals; conditions
select the resources and outputs; each property is resolved. Values are computed on demand, and once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from esb_generator.cloudformation.macros.expansion import expand_macros
from esb_generator.cloudformation.parameters.declared_parameters import values_of
from esb_generator.cloudformation.parameters.shared_values import SharedValues
from esb_generator.cloudformation.reading.template import check_resources, checked, section_of
from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.resolving.functions import FUNCTIONS, TESTS
from esb_generator.cloudformation.resolving.resolve_context import ResolveContext
from esb_generator.cloudformation.resolving.resolver import Resolver
from esb_generator.cloudformation.resolving.results import NoValue
from esb_generator.cloudformation.resolving.rules import broken_rules
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.cloudformation.resource_values.resource_types import Types
from esb_generator.cloudformation.stacks.local_paths import in_folder
from esb_generator.cloudformation.stacks.merge import TemplatePart, merge_templates
from esb_generator.cloudformation.stacks.nested import Child, NestedStacks, with_nested
from esb_generator.cloudformation.stacks.open_stack import OpenStack
from esb_generator.errors import Problem, TemplateError
from esb_generator.values import Map

# They refer to other things, or matter only at a deploy.
_UNRESOLVED = frozenset(
    ["Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Type", "UpdatePolicy", "UpdateReplacePolicy"]
)


def resolve(template: Map, context: ResolveContext, others: Sequence[TemplatePart] = ()) -> Resolved:
    """Resolve a loaded template and the stacks that it nests, from its includes to the last intrinsic function.

    The context's parameters have a value for every declared parameter (parameters.values_of). `others` are templates of
    the same stack. Raises TemplateError with every problem.
    """
    shared = SharedValues()
    stack = _open([TemplatePart(template), *others], context._replace(shared=shared))
    shared.add(lambda: stack)
    return stack.complete()


def _open(parts: Sequence[TemplatePart], context: ResolveContext) -> OpenStack:
    """Expand macros and the transform of a stack's templates, and merge them."""
    prepared = [_prepared(part, context) for part in parts]
    expanded = merge_templates(prepared, context.transform.shared_ids)
    folders = {
        key: part.folder for part, one in zip(parts, prepared, strict=True) for key in section_of(one, "Resources")
    }
    resolver = Resolver(expanded, context, functions=FUNCTIONS, tests=TESTS)
    section = section_of(expanded, "Resources")
    nested = NestedStacks(section, folders, resolver, lambda child: _open_child(child, context))
    resolver.nested = nested
    for logical_id in filter(nested.is_local, section):
        if context.shared is not None:
            context.shared.add(partial(nested.opened_if_exists, logical_id))
    return OpenStack(expanded, resolver, folders, lambda stack: _complete(stack, nested))


def _complete(stack: OpenStack, nested: NestedStacks) -> Resolved:
    """Resolve all resources and outputs of a stack. Raises TemplateError with every problem."""
    resolver, context = stack.resolver, stack.resolver.context
    resolver.check_conditions()
    resolver.problems += broken_rules(stack.template, context)
    resources = {
        logical_id: in_folder(resource, stack.folders[logical_id], context.types)
        for logical_id, resource in _resources(stack, nested).items()
    }
    outputs = _outputs(stack)
    if resolver.problems:
        raise TemplateError(resolver.problems)
    references = resolver.references
    own = Resolved(
        identity=context.identity,
        resources=resources,
        names={logical_id: references.name(logical_id) for logical_id in resources},
        outputs=outputs,
        placeholders=references.placeholders.with_effect(),
        marks=stack.resources.keys_at,
    )
    if problems := list(_placeholders_as_names(resources, own.placeholders, context.types)):
        raise TemplateError(problems)
    return with_nested(own, nested)


def _prepared(part: TemplatePart, context: ResolveContext) -> Map:
    """A template after its macros and the transform; its includes are relative to its folder."""
    here = context.in_folder(part.folder)

    def resolver_of(template: Map) -> Resolver:
        return Resolver(template, here, functions=FUNCTIONS, tests=TESTS)

    prepared = context.transform.apply(expand_macros(part.template, resolver_of))
    check_resources(prepared)
    return prepared


def _open_child(child: Child, outer: ResolveContext) -> OpenStack:
    """A nested stack; only its parameters come from the stack around it."""
    there = outer.in_folder(posixpath.dirname(child.location))
    template = outer.transform.prepare(checked(child.document, child.shown), there.folder)
    given = values_of(template, child.parameters, local_values=outer.local_values, where=child.where)
    placeholders = {**given.placeholders, **child.placeholders}
    context = there._replace(
        identity=child.identity, parameters=given.values, placeholders=placeholders, stored=given.stored
    )
    return _open([TemplatePart(template)], context)


def _resources(stack: OpenStack, nested: NestedStacks) -> dict[str, Map]:
    found: dict[str, Map] = {}
    resolver, section = stack.resolver, stack.resources
    for logical_id, resource in section.items():
        if not isinstance(resource, Map) or not stack.exists(resource):
            continue
        if nested.is_local(logical_id):
            found[logical_id] = resource
            try:
                nested.resolved(logical_id, section.key_mark(logical_id))
            except TemplateError as failure:
                resolver.problems += failure.problems
            continue
        resolver.fills_in = resolver.references.exists(logical_id)
        resolver.path[:] = ["Resources", logical_id]
        found[logical_id] = _attributes(resource, resolver)
    resolver.fills_in = False
    return found


def _outputs(stack: OpenStack) -> Map:
    section = section_of(stack.template, "Outputs")
    found = Map(stack.template.mark)
    for name, output in stack.outputs():
        stack.resolver.path[:] = ["Outputs", name]
        found.put(name, _attributes(output, stack.resolver), section.key_mark(name), section.value_mark(name))
    return found


def _attributes(thing: Map, resolver: Resolver) -> Map:
    """The attributes, resolved as far as they have values."""
    try:
        resolver.check_functions(thing)
    except TemplateError as failure:
        resolver.problems += failure.problems
        return thing
    result = thing.copied()
    for key, value in thing.items():
        if key not in _UNRESOLVED:
            resolved = resolver.entry(thing, key, value)
            if isinstance(resolved, NoValue):
                del result[key]
            else:
                result[key] = resolved
    return result


def _placeholders_as_names(
    resources: Mapping[str, Map], placeholders: tuple[Placeholder, ...], types: Types
) -> Iterator[Problem]:
    """A problem for each placeholder in a name or key under which data is kept: a deploy would never use it."""
    for placeholder in placeholders:
        for use in placeholder.uses:
            section, logical_id, *rest = use.path.split(".")
            if section != "Resources" or logical_id not in resources:
                continue
            name = rest[1]
            if name in types(f"{resources[logical_id]['Type']}").identity:
                text = f"{name} of {logical_id} depends on {placeholder.reference}, which only a deploy would know"
                yield Problem(use.mark, f"{text}; write it out, or make it a parameter")
