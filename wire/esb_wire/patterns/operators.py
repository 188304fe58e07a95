"""The operators of patterns: their tests, and the services that accept them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeGuard

from esb_wire.patterns.errors import InvalidPattern
from esb_wire.patterns.matching import Scalar
from esb_wire.patterns.wildcards import compile_wildcard

StringTest = Callable[[str], bool]
NumberTest = Callable[[int | float], bool]


@dataclass(frozen=True, slots=True)
class Exact:
    """The value is this one; numbers compare by value."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class OfString:
    """The value is a string that passes."""

    test: StringTest


@dataclass(frozen=True, slots=True)
class OfNumber:
    """The value is a number that passes."""

    test: NumberTest


@dataclass(frozen=True, slots=True)
class Other:
    """The value, of any type, passes."""

    test: Callable[[Scalar], bool]


@dataclass(frozen=True, slots=True)
class Exists:
    """The value is there, or is not."""

    present: bool


Condition = Exact | OfString | OfNumber | Other | Exists


@dataclass(frozen=True, slots=True)
class Operators:
    """The operators of one service."""

    conditions: Mapping[str, Callable[[Any], Condition]]
    anything_but: Mapping[str, Callable[[Any], StringTest]] = field(default_factory=dict)
    """The operators allowed within `anything-but`, besides values."""

    def condition(self, entry: Any) -> Condition:
        """Compile one entry of a leaf's array. Raises InvalidPattern."""
        if isinstance(entry, dict):
            name, operand = _single(entry)
            if name == "anything-but":
                return _anything_but(operand, self.anything_but)
            if name not in self.conditions:
                raise InvalidPattern(f"Unrecognized match type {name}")
            return self.conditions[name](operand)
        if isinstance(entry, list):
            raise InvalidPattern("Match value must be String, number, true, false, or null")
        return Exact(entry)

    def is_operator(self, name: str) -> bool:
        return name in self.conditions or name == "anything-but"


def _single(entry: dict[str, Any]) -> tuple[str, Any]:
    if len(entry) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    return next(iter(entry.items()))


def _text(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{name} match pattern must be a string")
    return operand


# -- text --------------------------------------------------------------------------------------------------------------


def _prefix(operand: Any) -> Condition:
    prefix = _text(operand, "prefix")
    return OfString(lambda value: value.startswith(prefix))


def _suffix(operand: Any) -> Condition:
    suffix = _text(operand, "suffix")
    return OfString(lambda value: value.endswith(suffix))


def _equals_ignore_case(operand: Any) -> Condition:
    wanted = _text(operand, "equals-ignore-case").lower()
    return OfString(lambda value: value.lower() == wanted)


def _wildcard(operand: Any) -> Condition:
    return OfString(compile_wildcard(_text(operand, "wildcard")))


def _or_ignoring_case(name: str, method: Callable[[str, str], bool]) -> Callable[[Any], Condition]:
    """`prefix` or `suffix`, whose operand may also be `{"equals-ignore-case": "text"}`."""

    def compile_operand(operand: Any) -> Condition:
        if isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"}:
            wanted = _text(operand["equals-ignore-case"], "equals-ignore-case").lower()
            return OfString(lambda value: method(value.lower(), wanted))
        text = _text(operand, name)
        return OfString(lambda value: method(value, text))

    return compile_operand


# -- numbers, addresses, presence --------------------------------------------------------------------------------------

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def _numeric(operand: Any) -> Condition:
    """`["=", 1]`, `[">", 0]`, `["<", 9]` or `[">", 0, "<", 9]`."""
    if not isinstance(operand, list):
        raise InvalidPattern("Value of numeric must be an array.")
    rest = list(operand)
    name, bound = _comparison(rest, "Invalid member in numeric match", "Unrecognized numeric range operator")
    compare = _COMPARISONS[name]
    if not rest:
        return OfNumber(lambda value: compare(value, bound))
    if not name.startswith(">"):
        raise InvalidPattern("Too many elements in numeric expression")
    upper_name, upper = _comparison(rest, "Bad value in numeric range", "Bad numeric range operator", ("<", "<="))
    if rest:
        raise InvalidPattern("Too many terms in numeric range expression")
    if bound >= upper:
        raise InvalidPattern("Bottom must be less than top")
    compare_upper = _COMPARISONS[upper_name]
    return OfNumber(lambda value: compare(value, bound) and compare_upper(value, upper))


def _comparison(
    rest: list[Any], not_text: str, not_allowed: str, allowed: Sequence[str] = tuple(_COMPARISONS)
) -> tuple[str, int | float]:
    """Take an operator and its bound from the beginning of the list."""
    name = rest.pop(0) if rest else "]"
    if not isinstance(name, str) or name == "]":
        raise InvalidPattern(f"{not_text}: {name}")
    if name not in allowed:
        raise InvalidPattern(f"{not_allowed}: {name}")
    bound = rest.pop(0) if rest else None
    if not _is_number(bound):
        raise InvalidPattern(f"Value of {'equals' if name == '=' else name} must be numeric")
    return name, bound


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cidr(operand: Any) -> Condition:
    network = _network(_text(operand, "prefix"))  # AWS's own wording for a range that is not a string
    return OfString(lambda value: (address := _address(value)) is not None and address in network)


def _network(text: str) -> IPv4Network | IPv6Network:
    address, slash, bits = text.partition("/")
    if not slash or "/" in bits:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    if _address(address) is None:
        raise InvalidPattern(f"Nonstandard IP address: {address}")
    if not (bits.isascii() and bits.isdecimal()):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise InvalidPattern("Malformed CIDR, mask bits must be between 0 and 32, or 128 for IPv6") from None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _exists(operand: Any) -> Condition:
    if not isinstance(operand, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")
    return Exists(operand)


# -- anything-but ------------------------------------------------------------------------------------------------------


def _anything_but(operand: Any, inner: Mapping[str, Callable[[Any], StringTest]]) -> Condition:
    if isinstance(operand, dict):
        name, value = _single(operand)
        if name not in inner:
            raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
        excludes = inner[name](value)
        return Other(lambda value: not (isinstance(value, str) and excludes(value)))
    if not isinstance(operand, list):
        if operand is None or isinstance(operand, bool):
            raise InvalidPattern("Value of anything-but must be an array or single string/number value.")
        operand = [operand]
    excluded = _excluded_values(operand)
    return Other(lambda value: isinstance(value, bool) or value not in excluded)


def _excluded_values(values: list[Any]) -> frozenset[str | int | float]:
    if not values:
        raise InvalidPattern("Empty arrays are not allowed")
    if not all(isinstance(value, str) or _is_number(value) for value in values):
        raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) > 1:
        raise InvalidPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return frozenset(values)


def _but_prefix(operand: Any) -> StringTest:
    prefixes = _affixes(operand)
    return lambda value: value.startswith(prefixes)


def _but_suffix(operand: Any) -> StringTest:
    suffixes = _affixes(operand)
    return lambda value: value.endswith(suffixes)


def _affixes(operand: Any) -> tuple[str, ...]:
    if isinstance(operand, dict):
        raise InvalidPattern("Value of anything-but must be an array or single string/number value.")
    affixes = _texts(operand, "prefix/suffix match pattern must be a string")
    if "" in affixes:
        raise InvalidPattern("Null prefix/suffix not allowed")
    return affixes


def _but_single_prefix(operand: Any) -> StringTest:
    prefix = _text(operand, "prefix")
    return lambda value: value.startswith(prefix)


def _but_ignoring_case(operand: Any) -> StringTest:
    reason = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    excluded = frozenset(text.lower() for text in _texts(operand, reason))
    return lambda value: value.lower() in excluded


def _but_wildcard(operand: Any) -> StringTest:
    tests = [compile_wildcard(text) for text in _texts(operand, "wildcard match pattern must be a string")]
    return lambda value: any(test(value) for test in tests)


def _texts(operand: Any, reason: str) -> tuple[str, ...]:
    texts = tuple(operand) if isinstance(operand, list) else (operand,)
    if not texts:
        raise InvalidPattern("Empty arrays are not allowed")
    if not all(isinstance(text, str) for text in texts):
        raise InvalidPattern(reason)
    return texts


# -- the tables --------------------------------------------------------------------------------------------------------

_SHARED: Final[Mapping[str, Callable[[Any], Condition]]] = {
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
}
_IGNORING_CASE: Final[Mapping[str, Callable[[Any], Condition]]] = {
    "prefix": _or_ignoring_case("prefix", str.startswith),
    "suffix": _or_ignoring_case("suffix", str.endswith),
}

EVENTBRIDGE: Final = Operators(
    {**_SHARED, **_IGNORING_CASE, "cidr": _cidr, "wildcard": _wildcard},
    {
        "equals-ignore-case": _but_ignoring_case,
        "prefix": _but_prefix,
        "suffix": _but_suffix,
        "wildcard": _but_wildcard,
    },
)
SNS: Final = Operators({**_SHARED, "cidr": _cidr, "wildcard": _wildcard}, {"prefix": _but_single_prefix})
EVENT_SOURCE_MAPPING: Final = Operators({**_SHARED, **_IGNORING_CASE})
