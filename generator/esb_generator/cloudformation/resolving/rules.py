"""The Rules section: assertions about the parameters.

Shapes and functions are those of "Rules" and "AWS rule functions" in the AWS CloudFormation user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from esb_generator.cloudformation.reading.template import section_of
from esb_generator.cloudformation.resolving.functions import FUNCTIONS, TESTS
from esb_generator.cloudformation.resolving.resolve_context import ResolveContext
from esb_generator.cloudformation.resolving.resolver import Function, Resolver, Test
from esb_generator.cloudformation.resolving.results import Result, items_of, texts_of
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Mark, Seq, Value, as_text

_KEYS = ("Assertions", "RuleCondition")
# They look up data that only AWS has, such as a VPC's tags or a subnet's zone.
_LOOKUPS = ("Fn::ValueOf", "Fn::ValueOfAll")


def broken_rules(template: Map, context: ResolveContext) -> list[Problem]:
    """A problem for each assertion that does not hold; rules that need AWS's data are skipped."""
    rules = section_of(template, "Rules")
    functions: dict[str, Function] = {**FUNCTIONS, "Fn::RefAll": partial(_ref_all, section_of(template, "Parameters"))}
    resolver = Resolver(template, context, functions=functions, tests={**TESTS, **_TESTS})
    for name, rule in rules.items():
        if _needs_aws(rule):
            continue
        try:
            resolver.problems += _broken(name, rule, rules.key_mark(name), resolver)
        except TemplateError as failure:
            resolver.problems += failure.problems
    return resolver.problems


def _broken(name: str, rule: Value, at: Mark, resolver: Resolver) -> Iterator[Problem]:
    if not isinstance(rule, Map) or not isinstance(rule.get("Assertions"), Seq):
        raise error_at(at, f"the rule {name} must be a mapping with a list of Assertions")
    for key in rule:
        if key not in _KEYS:
            yield Problem(rule.key_mark(key), f"the rule {name} has no key {key}{near_miss(key, _KEYS)}")
    condition = rule.get("RuleCondition")
    if condition is not None and not resolver.truth(condition, rule.value_mark("RuleCondition")):
        return
    assertions = items_of(rule["Assertions"], rule.value_mark("Assertions"), "Assertions")
    for index, assertion in enumerate(assertions):
        place = assertions.item_mark(index)
        if not isinstance(assertion, Map) or "Assert" not in assertion:
            raise error_at(place, f"an assertion of the rule {name} must be a mapping with Assert")
        if not resolver.truth(assertion["Assert"], assertion.value_mark("Assert")):
            description = assertion.get("AssertDescription")
            reason = f": {description}" if isinstance(description, str) else ""
            yield Problem(place, f"the parameters break the rule {name}{reason}")


def _needs_aws(node: Value) -> bool:
    if isinstance(node, Map):
        return any(key in _LOOKUPS or _needs_aws(child) for key, child in node.items())
    return isinstance(node, Seq) and any(_needs_aws(child) for child in node)


def _pair(name: str, argument: Value, at: Mark) -> Seq:
    if isinstance(argument, Seq) and len(argument) == 2:
        return argument
    raise error_at(at, f"{name} takes a list of two")


def _contains(resolver: Resolver, argument: Value, at: Mark) -> bool:
    pair = _pair("Fn::Contains", argument, at)
    items = texts_of(resolver.value(pair[0], pair.item_mark(0)), pair.item_mark(0), "the list of Fn::Contains")
    return resolver.text(pair[1], pair.item_mark(1), "the text of Fn::Contains") in items


def _each_member_equals(resolver: Resolver, argument: Value, at: Mark) -> bool:
    pair = _pair("Fn::EachMemberEquals", argument, at)
    wanted = resolver.text(pair[1], pair.item_mark(1), "the text of Fn::EachMemberEquals")
    return all(item == wanted for item in _members(resolver, pair, 0, "Fn::EachMemberEquals"))


def _each_member_in(resolver: Resolver, argument: Value, at: Mark) -> bool:
    pair = _pair("Fn::EachMemberIn", argument, at)
    allowed = _members(resolver, pair, 1, "Fn::EachMemberIn")
    return all(item in allowed for item in _members(resolver, pair, 0, "Fn::EachMemberIn"))


def _members(resolver: Resolver, pair: Seq, index: int, name: str) -> list[str]:
    at = pair.item_mark(index)
    return texts_of(resolver.value(pair[index], at), at, f"a list of {name}")


def _ref_all(declared: Map, resolver: Resolver, argument: Value, at: Mark) -> Result:
    """The values of all parameters of a type."""
    given = resolver.context.parameters
    names = (name for name, body in declared.items() if isinstance(body, Map) and body.get("Type") == argument)
    values = (given.get(name) for name in names)
    return Seq(at, [as_text(value) for value in values if isinstance(value, str | int | float)])


_TESTS: Mapping[str, Test] = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
}
