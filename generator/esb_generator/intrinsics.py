"""A template and its parameters become resources in which nothing is left to resolve.

Stages, in order: includes and loops are written out; the implicit APIs are added and Globals merged; conditions choose
the resources and outputs; each property is resolved. Everything is worked out when it is first asked for, and once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from esb_generator import collector
from esb_generator.errors import Problem, TemplateError
from esb_generator.functions import FUNCTIONS, TESTS
from esb_generator.identities import Place, kind_of
from esb_generator.implicit_apis import with_implicit_apis
from esb_generator.local_values import LocalValues
from esb_generator.resolver import NoValue, Resolver, Surroundings, error
from esb_generator.sam_globals import merge_globals
from esb_generator.stand_ins import StandIn
from esb_generator.template import check_resources
from esb_generator.values import Map, Mark, Value
from esb_generator.written_out import written_out

# What only names other things, and what only concerns a deploy.
_KEPT = frozenset(
    ["Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Type", "UpdatePolicy", "UpdateReplacePolicy"]
)
_TABLES = frozenset({"AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable"})
_TABLE_KEYS = frozenset(
    ["AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes", "PrimaryKey", "TableName"]
)


@dataclass(frozen=True)
class Resolved:
    """The template as a deploy would see it.

    `resources` has the resources whose condition holds, in the template's order, every property resolved, marks kept.
    `names` has each one's physical name, `outputs` each output's mapping, resolved.
    """

    resources: Mapping[str, Map]
    names: Mapping[str, str]
    outputs: Map
    stand_ins: tuple[StandIn, ...]


@collector.paused()
def resolve(  # noqa: PLR0913  # the two things that are resolved, and what a deploy would know about its place
    template: Map,
    *,
    parameters: Mapping[str, Value],
    stack_name: str,
    region: str = "us-east-1",
    account_id: str = "123456789012",
    local_values: LocalValues | None = None,
    read: Callable[[str], Value] | None = None,
) -> Resolved:
    """Resolve a loaded template, from its includes to the last intrinsic function.

    `parameters` has a value for every declared parameter (parameters.values_of). `read` gives the document that an
    AWS::Include names (template.reader_beside); without it, includes are refused. Raises TemplateError with every
    problem found.
    """
    surroundings = Surroundings(
        Place(stack_name, region, account_id), parameters, local_values or LocalValues(), _reading(read)
    )

    def resolver_of(template: Map) -> Resolver:
        return Resolver(template, surroundings, functions=FUNCTIONS, tests=TESTS)

    expanded = merge_globals(with_implicit_apis(written_out(template, resolver_of)))
    check_resources(expanded)
    resolver = resolver_of(expanded)
    resolver.check_conditions()
    resources = _resources(expanded, resolver)
    outputs = _outputs(expanded, resolver)
    if resolver.problems:
        raise TemplateError(resolver.problems)
    stand_ins = resolver.references.stand_ins
    if problems := list(_names_of_stand_ins(resources, stand_ins)):
        raise TemplateError(problems)
    return Resolved(
        resources=resources,
        names={logical_id: resolver.references.name(logical_id) for logical_id in resources},
        outputs=outputs,
        stand_ins=stand_ins,
    )


def _reading(read: Callable[[str], Value] | None) -> Callable[[str, Mark], Value]:
    def read_at(location: str, at: Mark) -> Value:
        if read is None:
            raise error(at, f"{location} is another file, and files cannot be included here")
        return read(location)

    return read_at


def _resources(template: Map, resolver: Resolver) -> dict[str, Map]:
    section = template["Resources"]
    found: dict[str, Map] = {}
    for logical_id, resource in section.items() if isinstance(section, Map) else ():
        if isinstance(resource, Map) and _exists(resource, resolver):
            kind = resource["Type"]
            resolver.fills_in = isinstance(kind, str) and kind_of(kind).runs
            resolver.path[:] = ["Resources", logical_id]
            found[logical_id] = _attributes(resource, resolver)
    resolver.fills_in = False
    return found


def _outputs(template: Map, resolver: Resolver) -> Map:
    section = template.get("Outputs")
    found = Map(template.mark)
    for name, output in section.items() if isinstance(section, Map) else ():
        if isinstance(section, Map) and isinstance(output, Map) and _exists(output, resolver):
            resolver.path[:] = ["Outputs", name]
            found.put(name, _attributes(output, resolver), section.key_mark(name), section.value_mark(name))
    return found


def _exists(thing: Map, resolver: Resolver) -> bool:
    """Whether a resource's or an output's condition holds; a condition that cannot be worked out counts as true."""
    condition = thing.get("Condition")
    if condition is None:
        return True
    at = thing.value_mark("Condition")
    try:
        if not isinstance(condition, str):
            raise error(at, "Condition must be the name of a condition")
        return resolver.holds(condition, at)
    except TemplateError as failure:
        resolver.problems += failure.problems
        return True


def _attributes(thing: Map, resolver: Resolver) -> Map:
    """Every attribute resolved, but those that only name other things."""
    try:
        resolver.check_functions(thing)
    except TemplateError as failure:
        resolver.problems += failure.problems
        return thing
    result = thing.copied()
    for key, value in thing.items():
        if key not in _KEPT:
            resolved = resolver.entry(thing, key, value)
            if isinstance(resolved, NoValue):
                del result[key]
            else:
                result[key] = resolved
    return result


def _names_of_stand_ins(resources: Mapping[str, Map], stand_ins: tuple[StandIn, ...]) -> Iterator[Problem]:
    """Data would be kept under a name or key that a deploy would never use."""
    for stand_in in stand_ins:
        for use in stand_in.uses:
            logical_id, name = use.path.split(".")[1:4:2]
            kind = resources[logical_id]["Type"] if logical_id in resources else None
            if (kind in _TABLES and name in _TABLE_KEYS) or (kind == "AWS::S3::Bucket" and name == "BucketName"):
                text = f"{name} of {logical_id} depends on {stand_in.reference}, which only a deploy would know"
                yield Problem(use.mark, f"{text}; write it out, or make it a parameter")
