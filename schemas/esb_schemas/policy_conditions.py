"""Conditions of resource policies: requirements for a request, besides its method and path.

"Condition operators" and "Global condition keys" in the IAM user guide. A condition is true if it is
for one of its values; a negated one, if it is for all of them. Every request has all of these keys, so `IfExists` makes
no difference.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from operator import eq, ge, gt, le, lt, ne
from typing import Final, NamedTuple, TypeAlias


class ConditionContext(NamedTuple):
    """The context of a request: the address of the client, whether it uses TLS, and the seconds since 1970."""

    address: str
    secure: bool
    time: float


Condition: TypeAlias = Callable[[ConditionContext], bool]


class UnknownCondition(ValueError):
    """The operator or the key is not supported; the text names it."""


class InvalidCondition(ValueError):
    """A value has another type than the operator compares; the text says what it must be."""


def condition(operator: str, key: str, values: Sequence[str]) -> Condition:
    """A test of one key, such as `aws:SourceIp`. Raises UnknownCondition or InvalidCondition."""
    name = operator.removesuffix("IfExists")
    make = _CONDITIONS.get((name, key.lower()))
    if make is None:
        raise UnknownCondition(f"{operator} of {key}")
    return make(values)


def _of_addresses(values: Sequence[str]) -> Condition:
    networks = [_network(value) for value in values]

    def is_in(context: ConditionContext) -> bool:
        address = _address(context.address)
        return address is not None and any(address in network for network in networks)

    return is_in


def _of_other_addresses(values: Sequence[str]) -> Condition:
    is_in = _of_addresses(values)
    return lambda context: not is_in(context)


def _network(value: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        raise InvalidCondition(f"must be an address or a block such as 10.0.0.0/8, not {value!r}") from None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address. An IPv4-mapped one (::ffff:10.0.0.1), from a dual-stack socket, becomes the IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _of_transport(values: Sequence[str]) -> Condition:
    wanted = {_flag(value) for value in values}
    return lambda context: context.secure in wanted


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise InvalidCondition(f"must be true or false, not {value!r}")
    return value.lower() == "true"


def _of_time(compare: Callable[[float, float], bool]) -> Callable[[Sequence[str]], Condition]:
    def make(values: Sequence[str]) -> Condition:
        times = [_time(value) for value in values]
        test = all if compare is ne else any
        return lambda context: test(compare(context.time, time) for time in times)

    return make


def _time(value: str) -> float:
    """A date in ISO 8601 (UTC if it has no offset), or seconds since 1970, as seconds since 1970."""
    try:
        return float(value) if value.isdecimal() else _utc(datetime.fromisoformat(value)).timestamp()
    except (ValueError, OverflowError):
        raise InvalidCondition(f"must be a date such as 2026-09-01T00:00:00Z, not {value!r}") from None


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


_DATES: Final = {
    "DateEquals": eq,
    "DateNotEquals": ne,
    "DateLessThan": lt,
    "DateLessThanEquals": le,
    "DateGreaterThan": gt,
    "DateGreaterThanEquals": ge,
}
_CONDITIONS: Final[Mapping[tuple[str, str], Callable[[Sequence[str]], Condition]]] = {
    ("IpAddress", "aws:sourceip"): _of_addresses,
    ("NotIpAddress", "aws:sourceip"): _of_other_addresses,
    ("Bool", "aws:securetransport"): _of_transport,
    **{(name, "aws:currenttime"): _of_time(compare) for name, compare in _DATES.items()},
}
