"""The intrinsic functions, a small function and a row of a table each.

Shapes and rules are those of "Intrinsic function reference" in the AWS CloudFormation template reference.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Mapping

from esb_generator.cloudformation.resolving.resolver import MAX_TEXT, Function, Resolver, Test
from esb_generator.cloudformation.resolving.results import Result, describe, items_of, text_of, texts_of
from esb_generator.errors import error_at
from esb_generator.values import Map, Mark, Seq, Value, WrittenFloat, WrittenInt, as_text
from esb_schemas.lazy_pattern import LazyPattern

_VARIABLE = LazyPattern(r"\$\{([^}]*)\}")
_VARIABLE_NAME = LazyPattern(r"[A-Za-z0-9_.:]+")
_ZONES = "abc"


def _arguments(name: str, argument: Value, at: Mark, counts: tuple[int, ...], shape: str) -> Seq:
    """The function's arguments, unresolved; raises TemplateError if their number is wrong."""
    if isinstance(argument, Seq) and len(argument) in counts:
        return argument
    raise error_at(at, f"{name} takes a list: {shape}")


def _ref(resolver: Resolver, argument: Value, at: Mark) -> Result:
    if not isinstance(argument, str):
        resolver.require_extensions("Ref of anything but a name", at)
    return resolver.ref(resolver.text(argument, at, "Ref"), at)


def _get_att(resolver: Resolver, argument: Value, at: Mark) -> Result:
    if isinstance(argument, str):
        logical_id, _, attribute = argument.partition(".")
    else:
        arguments = _arguments("Fn::GetAtt", argument, at, (2,), "the logical id, the attribute")
        logical_id = resolver.text(arguments[0], arguments.item_mark(0), "the logical id of Fn::GetAtt")
        attribute = resolver.text(arguments[1], arguments.item_mark(1), "the attribute of Fn::GetAtt")
    if not logical_id or not attribute:
        raise error_at(at, "Fn::GetAtt takes a logical id and an attribute, as in !GetAtt Orders.Arn")
    return resolver.attribute(logical_id, attribute, at)


def _sub(resolver: Resolver, argument: Value, at: Mark) -> Result:
    variables = Map(at)
    template = argument
    if isinstance(argument, Seq):
        template, given = _arguments("Fn::Sub", argument, at, (2,), "the text, a mapping of variables")
        if not isinstance(given, Map):
            raise error_at(
                argument.item_mark(1), f"the variables of Fn::Sub must be a mapping, and this is {describe(given)}"
            )
        variables = given
    if not isinstance(template, str):
        raise error_at(at, f"Fn::Sub takes a text, or a list of a text and a mapping, and this is {describe(template)}")
    parts: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(template):
        parts += (template[end : match.start()], _variable(resolver, match, variables, at))
        end = match.end()
    return _bounded(resolver, [*parts, template[end:]], "", at)


def _variable(resolver: Resolver, match: re.Match[str], variables: Map, at: Mark) -> str:
    """The value of `${Name}`; `${!Name}` is the text `${Name}`."""
    name = match[1].strip()
    if name.startswith("!"):
        return f"${{{name[1:]}}}"
    if not _VARIABLE_NAME.fullmatch(name):
        raise error_at(at, f"{match[0]} is not a variable of Fn::Sub; write ${{!{name}}} to keep the text as it is")
    if name in variables:
        return resolver.text(variables[name], variables.value_mark(name), match[0])
    value = _named(resolver, name, at)
    if isinstance(value, str | int | float):
        return as_text(value)
    raise error_at(at, f"{match[0]} must be text, and it is {describe(value)}")


def _named(resolver: Resolver, name: str, at: Mark) -> Result:
    logical_id, dot, attribute = name.partition(".")
    return resolver.attribute(logical_id, attribute, at) if dot else resolver.ref(name, at)


def _join(resolver: Resolver, argument: Value, at: Mark) -> Result:
    arguments = _arguments("Fn::Join", argument, at, (2,), "the delimiter, a list of texts")
    delimiter = arguments[0]
    if not isinstance(delimiter, str):
        raise error_at(arguments.item_mark(0), "the delimiter of Fn::Join must be text")
    items = resolver.value(arguments[1], arguments.item_mark(1))
    if isinstance(items, str) and resolver.references.placeholders.is_placeholder(items):
        return items
    return _bounded(resolver, texts_of(items, arguments.item_mark(1), "the list of Fn::Join"), delimiter, at)


def _bounded(resolver: Resolver, parts: list[str], delimiter: str, at: Mark) -> Result:
    """The joined text with its dynamic references replaced."""
    if sum(map(len, parts)) + len(delimiter) * len(parts) > MAX_TEXT:
        raise error_at(at, f"this text would have more than {MAX_TEXT:,} characters")
    return resolver.value(delimiter.join(parts), at)


def _select(resolver: Resolver, argument: Value, at: Mark) -> Result:
    arguments = _arguments("Fn::Select", argument, at, (2,), "the index, a list")
    index = _whole_number(resolver, arguments, 0, "the index of Fn::Select")
    items = resolver.value(arguments[1], arguments.item_mark(1))
    if isinstance(items, str) and resolver.references.placeholders.is_placeholder(items):
        return items
    if not isinstance(items, Seq):
        raise error_at(arguments.item_mark(1), f"Fn::Select takes a list, and this is {describe(items)}")
    if index < len(items):
        return items[index]
    if isinstance(items, _Pieces):
        return items[-1]
    raise error_at(at, f"the list of Fn::Select has {len(items)} items and none with the index {index}; the first is 0")


def _split(resolver: Resolver, argument: Value, at: Mark) -> Result:
    arguments = _arguments("Fn::Split", argument, at, (2,), "the delimiter, a text")
    delimiter = arguments[0]
    if not isinstance(delimiter, str) or not delimiter:
        raise error_at(arguments.item_mark(0), "the delimiter of Fn::Split must be a text that is not empty")
    text = resolver.text(arguments[1], arguments.item_mark(1), "what Fn::Split splits")
    pieces = Seq(at, text.split(delimiter))
    return _Pieces(at, pieces) if resolver.references.placeholders.is_placeholder(text) else pieces


class _Pieces(Seq):
    """The pieces of a placeholder; their real number is unknown, so the last one stands for those beyond it."""


def _if(resolver: Resolver, argument: Value, at: Mark) -> Result:
    arguments = _arguments("Fn::If", argument, at, (3,), "a condition's name, the value if true, the value if false")
    name = arguments[0]
    if not isinstance(name, str):
        raise error_at(arguments.item_mark(0), f"Fn::If takes the name of a condition, and this is {describe(name)}")
    chosen = 1 if resolver.holds(name, arguments.item_mark(0)) else 2
    return resolver.value(arguments[chosen], arguments.item_mark(chosen))


def _find_in_map(resolver: Resolver, argument: Value, at: Mark) -> Result:
    shape = "the mapping's name, the top-level key, the second-level key"
    arguments = _arguments("Fn::FindInMap", argument, at, (3, 4), shape)
    first, second, third = (
        resolver.text(arguments[index], arguments.item_mark(index), "a key of Fn::FindInMap") for index in range(3)
    )
    try:
        return resolver.value(resolver.mapped((first, second, third)), at)
    except KeyError as missing:
        default = arguments[3] if len(arguments) == 4 else None
        if isinstance(default, Map) and "DefaultValue" in default:
            resolver.require_extensions("DefaultValue of Fn::FindInMap", arguments.item_mark(3))
            return resolver.value(default["DefaultValue"], default.value_mark("DefaultValue"))
        text = f"Mappings has no {first}.{second}.{third}: {missing.args[0]} is not there"
        raise error_at(at, text) from None


def _base64(resolver: Resolver, argument: Value, at: Mark) -> Result:
    return base64.b64encode(resolver.text(argument, at, "Fn::Base64").encode()).decode()


def _import_value(resolver: Resolver, argument: Value, at: Mark) -> Result:
    name = resolver.text(argument, at, "Fn::ImportValue")
    shared = resolver.context.shared
    found = shared.exported(name, at) if shared is not None else None
    return resolver.references.imported(name, at) if found is None else resolver.shared(found, at)


def _get_stack_output(resolver: Resolver, argument: Value, at: Mark) -> Result:
    given = resolver.value(argument, at)
    if not isinstance(given, Map) or not {"StackName", "OutputName"} <= given.keys():
        raise error_at(at, "Fn::GetStackOutput takes a mapping with StackName and OutputName")
    stack, output = (text_of(given[key], at, f"{key} of Fn::GetStackOutput") for key in ("StackName", "OutputName"))
    shared = resolver.context.shared
    found = shared.output(stack, output, at) if shared is not None else None
    return resolver.references.imported(f"{stack}.{output}", at) if found is None else resolver.shared(found, at)


def _cidr(resolver: Resolver, argument: Value, at: Mark) -> Result:
    arguments = _arguments("Fn::Cidr", argument, at, (2, 3), "the IP block, the count, the CIDR bits")
    block = resolver.text(arguments[0], arguments.item_mark(0), "the IP block of Fn::Cidr")
    count = _whole_number(resolver, arguments, 1, "the count of Fn::Cidr")
    try:
        network = ipaddress.ip_network(block, strict=False)
    except ValueError:
        raise error_at(arguments.item_mark(0), f"{block!r} is not an IP block such as 10.0.0.0/16") from None
    bits = _whole_number(resolver, arguments, 2, "the CIDR bits of Fn::Cidr") if len(arguments) == 3 else 8
    prefix = network.max_prefixlen - bits
    if not 1 <= count <= 256 or not network.prefixlen <= prefix <= network.max_prefixlen:
        raise error_at(at, f"{block} cannot be divided into {count} blocks of {bits} bits; the count is 1 to 256")
    if count > 2 ** (prefix - network.prefixlen):
        raise error_at(at, f"{block} has no room for {count} blocks of {bits} bits")
    size = 2**bits
    return Seq(at, [f"{network.network_address + index * size}/{prefix}" for index in range(count)])


def _get_azs(resolver: Resolver, argument: Value, at: Mark) -> Result:
    """Three zones, since only AWS knows which ones an account has."""
    region = resolver.text(argument, at, "the region of Fn::GetAZs") or resolver.context.identity.region
    return Seq(at, [region + zone for zone in _ZONES])


def _length(resolver: Resolver, argument: Value, at: Mark) -> Result:
    resolver.require_extensions("Fn::Length", at)
    return len(items_of(resolver.value(argument, at), at, "what Fn::Length counts"))


def _to_json_string(resolver: Resolver, argument: Value, at: Mark) -> Result:
    resolver.require_extensions("Fn::ToJsonString", at)
    value = resolver.value(argument, at)
    if not isinstance(value, Map | Seq):
        raise error_at(at, f"Fn::ToJsonString takes a mapping or a list, and this is {describe(value)}")
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)


def _whole_number(resolver: Resolver, arguments: Seq, index: int, what: str) -> int:
    text = resolver.text(arguments[index], arguments.item_mark(index), what)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise error_at(arguments.item_mark(index), f"{what} must be a whole number, and this is {text!r}")
    return int(text)


def _plain(value: Value) -> object:
    """Built-in types, numbers without their source text."""
    match value:
        case Map():
            return {key: _plain(child) for key, child in value.items()}
        case Seq():
            return [_plain(child) for child in value]
        case WrittenInt():
            return int(value)
        case WrittenFloat():
            return float(value)
        case _:
            return value


# Conditions


def _equals(resolver: Resolver, argument: Value, at: Mark) -> bool:
    arguments = _arguments("Fn::Equals", argument, at, (2,), "two values")
    left, right = (resolver.value(item, arguments.item_mark(index)) for index, item in enumerate(arguments))
    return _comparable(left) == _comparable(right)


def _comparable(value: Result) -> object:
    """Scalars compare as text, as in CloudFormation, where every parameter is text."""
    if isinstance(value, str | int | float):
        return as_text(value)
    return [_comparable(item) for item in value] if isinstance(value, Seq) else value


def _not(resolver: Resolver, argument: Value, at: Mark) -> bool:
    arguments = _arguments("Fn::Not", argument, at, (1,), "one condition")
    return not resolver.truth(arguments[0], arguments.item_mark(0))


def _and(resolver: Resolver, argument: Value, at: Mark) -> bool:
    return all(_truths(resolver, "Fn::And", argument, at))


def _or(resolver: Resolver, argument: Value, at: Mark) -> bool:
    return any(_truths(resolver, "Fn::Or", argument, at))


def _truths(resolver: Resolver, name: str, argument: Value, at: Mark) -> list[bool]:
    arguments = _arguments(name, argument, at, tuple(range(2, 11)), "two to ten conditions")
    return [resolver.truth(item, arguments.item_mark(index)) for index, item in enumerate(arguments)]


def _condition(resolver: Resolver, argument: Value, at: Mark) -> bool:
    if not isinstance(argument, str):
        raise error_at(at, f"Condition takes the name of a condition, and this is {describe(argument)}")
    return resolver.holds(argument, at)


FUNCTIONS: Mapping[str, Function] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
    "Ref": _ref,
}
TESTS: Mapping[str, Test] = {
    "Condition": _condition,
    "Fn::And": _and,
    "Fn::Equals": _equals,
    "Fn::Not": _not,
    "Fn::Or": _or,
}
