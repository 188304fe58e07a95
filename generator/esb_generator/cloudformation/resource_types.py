"""What the resolver needs to know about a type of resource: its name, and the values of Ref and GetAtt.

The rows are in `services/`; the resolver is given a function that looks one up.

A format's fields are `{name}` (the physical name), `{logical_id}`, `{whole_id}` (the same after the ids of the nested
stacks around it), `{region}`, `{account}`, `{partition}`, `{stack}`,
`{suffix}` (of AWS's domain names), `{Property}` (a property of the resource, as text), `{target}` (the name of the
function in the property TargetFunctionArn), and placeholder ids that are the same in every build: `{hex17}`, `{id10}`,
`{ID14}` with that many characters, `{uuid}`. A tuple of formats makes a list.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Format: TypeAlias = str | tuple[str, ...]
PropertyText: TypeAlias = Callable[[str], str | None]  # a property of a resource as text, None if it has none


class StackPlace(NamedTuple):
    """Where the application would live at AWS.

    In a nested stack `prefix` begins the names that are made of logical ids; `nesting` counts the stacks around it.
    """

    stack_name: str
    region: str
    account_id: str
    prefix: str = ""
    nesting: int = 0

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(start):
                return partition
        return "aws"

    @property
    def url_suffix(self) -> str:
        """The domain of AWS's endpoints in this partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        unique = placeholder_id("uuid", self.stack_name)
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account_id}:stack/{self.stack_name}/{unique}"


class Name(NamedTuple):
    """The physical name: the property that gives it, and how AWS limits it. Lengths are in characters."""

    property: str | None = None
    default: str = "{stack}-{logical_id}"
    shortest: int = 1
    longest: int | None = None
    lower_case: bool = False

    def default_in(self, place: StackPlace, logical_id: str) -> str:
        """The name of a resource without the property."""
        own = logical_id if "{stack}" in self.default else place.prefix + logical_id
        name = self.default.format(stack=place.stack_name, logical_id=own)
        if len(name) < self.shortest:
            name = f"{place.stack_name}-{name}"
        name = name.lower() if self.lower_case else name
        if self.longest is None or len(name) <= self.longest:
            return name
        unique = placeholder_id("hex8", name)
        return f"{name[: self.longest - len(unique) - 1]}-{unique}"


class Support(NamedTuple):
    """What the stack makes of a resource.

    If it `exists` there, the values of Ref and GetAtt are real, and its properties have an effect. `reason` tells the
    user why the application works differently without it; it is empty if it does not.
    """

    exists: bool
    reason: str = ""


SupportOf: TypeAlias = Callable[[PropertyText], Support]


def supported(_: PropertyText) -> Support:
    """The stack has every resource of the type."""
    return Support(exists=True)


def without_effect(_: PropertyText) -> Support:
    """The stack has no such resource, and the application behaves the same without it."""
    return Support(exists=False)


def unsupported(reason: str) -> SupportOf:
    """The stack has no resource of the type."""
    support = Support(False, reason)
    return lambda _: support


@dataclass(frozen=True)
class TemplateType:
    """A type of resource, as far as the resolver is concerned.

    A `type` that ends in `*` is a prefix. `kind` is what users call it ("table"); names are unique within a kind.

    Attributes: `deploy_only` are known only after a deploy. With `only_these_attributes`, GetAtt of another one is an
    error; otherwise it gives a plausible value. `internal_ids` are of use to the template's own resources, but not to a
    function that calls AWS with them.

    Properties: `properties` are those that may occur, if that is checked; `identity` those under which data is kept;
    `without_effect` those that make no difference here (`*.credentials` is a key at any depth); `local_paths` those
    that name files, and whether the default is the template's folder; `nested_template` the one that names the template
    of a nested stack.
    """

    type: str
    name: Name = Name()  # noqa: RUF009  (frozen)
    attributes: Mapping[str, Format] = field(default_factory=dict)
    ref: Format = "{name}"
    kind: str = ""
    support: SupportOf = supported
    properties: Mapping[str, object] = field(default_factory=dict)
    deploy_only: frozenset[str] = frozenset()
    only_these_attributes: bool = False
    internal_ids: bool = False
    identity: frozenset[str] = frozenset()
    without_effect: frozenset[str] = frozenset()
    local_paths: Mapping[str, bool] = field(default_factory=dict)
    nested_template: str = ""

    def has_effect(self, property_name: str, last_key: str) -> bool:
        """Whether a value below a property makes a difference in the stack."""
        return property_name not in self.without_effect and f"*.{last_key}" not in self.without_effect


Types: TypeAlias = Callable[[str], TemplateType]


def placeholder_id(kind: str, seed: str) -> str:
    """An id in AWS's shape that depends on nothing but its arguments."""
    source = hashlib.shake_256(f"{kind}:{seed}".encode())
    match kind:
        case "uuid":
            return _uuid(bytearray(source.digest(16)))
        case _ if kind.startswith("hex"):
            return source.hexdigest(int(kind[3:]))[: int(kind[3:])]
        case _:
            alphabet = (
                string.ascii_uppercase + string.digits if kind.isupper() else string.ascii_lowercase + string.digits
            )
            return "".join(alphabet[byte % len(alphabet)] for byte in source.digest(int(kind[2:])))


class Fields(dict[str, str]):
    """The fields of a format; ids and properties are made on demand."""

    def __init__(self, place: StackPlace, logical_id: str, name: str, property_text: Callable[[str], str]) -> None:
        super().__init__(
            account=place.account_id,
            logical_id=logical_id,
            name=name,
            partition=place.partition,
            region=place.region,
            stack=place.stack_name,
            suffix=place.url_suffix,
            whole_id=place.prefix.replace("-", "") + logical_id,
        )
        self._seed = f"{place.stack_name}/{logical_id}"
        self._property_text = property_text

    def __missing__(self, key: str) -> str:
        if key == "target":
            return _function_name(self._property_text("TargetFunctionArn"))
        if key[0].isupper() and not key.startswith("ID"):
            return self._property_text(key)
        return placeholder_id(key, self._seed)


def _function_name(reference: str) -> str:
    """The name in a function's ARN, in a part of one, or before a qualifier."""
    return reference.rpartition("function:")[2].partition(":")[0]


def arn(service: str, resource: str, *, owner: str = "{region}:{account}") -> str:
    """The format of an ARN."""
    return f"arn:{{partition}}:{service}:{owner}:{resource}"


def other_attribute(resource_type: str, attribute: str) -> Format:
    """A plausible format for an attribute that a row does not have, by the habits of AWS's names."""
    service = resource_type.split("::")[1].lower() if resource_type.count("::") == 2 else "custom"
    if attribute.endswith(("Arn", "ARN")):
        return arn(service, "{name}")
    if attribute.endswith(("Url", "URL", "Uri", "URI")):
        return f"https://{{name}}.{service}.{{region}}.{{suffix}}"
    if attribute.endswith(("Endpoint", "Address", "DomainName", "DNSName", "DnsName")):
        return f"{{name}}.{service}.{{region}}.{{suffix}}"
    if attribute.endswith("Port"):
        return "443"
    return "{name}-" + attribute.replace(".", "-").replace("{", "").replace("}", "")


def _uuid(digits: bytearray) -> str:
    """A UUID of version 4, RFC 9562 (5.4); the module uuid asks the machine for what it is at its import."""
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    text = digits.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
