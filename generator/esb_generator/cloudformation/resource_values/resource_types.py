"""Types of resources for the resolver: physical names, and the values of Ref and GetAtt.

The rows are in `services/`; the resolver is given a function that looks one up.

A format's fields are `{name}` (the physical name), `{logical_id}`, `{whole_id}` (the same after the ids of the nested
stacks around it), `{region}`, `{account}`, `{partition}`, `{stack}`,
`{suffix}` (of AWS's domain names), `{Property}` (a property of the resource, as text), `{target}` (the name of the
function in the property TargetFunctionArn), and placeholder ids that are the same in every build: `{hex17}`, `{id10}`,
`{ID14}` with that many characters, `{uuid}`. A tuple of formats makes a list.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from esb_schemas.partitions import arn_of, partition_of, url_suffix_of

Format: TypeAlias = str | tuple[str, ...]
PropertyText: TypeAlias = Callable[[str], str | None]  # a property of a resource as text, None if it has none


class StackIdentity(NamedTuple):
    """The stack's name, region and account: the values of the pseudo parameters.

    In a nested stack `prefix` begins the names that are made of logical ids; `nesting` counts the stacks around it.
    """

    stack_name: str
    region: str
    account_id: str
    prefix: str = ""
    nesting: int = 0

    @property
    def partition(self) -> str:
        """The partition of the region: `aws`, `aws-cn`, `aws-us-gov` …"""
        return partition_of(self.region)

    @property
    def url_suffix(self) -> str:
        """The domain of AWS's endpoints in this partition."""
        return url_suffix_of(self.region)

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        unique = placeholder_id("uuid", self.stack_name)
        return arn_of("cloudformation", self.region, self.account_id, f"stack/{self.stack_name}/{unique}")


def no_suffix(_: PropertyText) -> str:
    """Generated names end as they do."""
    return ""


class Name(NamedTuple):
    """The physical name: the property that gives it, and how AWS limits it. Lengths are in characters.

    `suffix` is the end of a generated name, by the resource's properties.
    """

    property: str | None = None
    default: str = "{stack}-{logical_id}"
    shortest: int = 1
    longest: int | None = None
    lower_case: bool = False
    suffix: Callable[[PropertyText], str] = no_suffix

    def default_in(self, identity: StackIdentity, logical_id: str, property_text: PropertyText) -> str:
        """The name of a resource without the property."""
        own = logical_id if "{stack}" in self.default else identity.prefix + logical_id
        name, suffix = self.default.format(stack=identity.stack_name, logical_id=own), self.suffix(property_text)
        if len(name) < self.shortest:
            name = f"{identity.stack_name}-{name}"
        name = name.lower() if self.lower_case else name
        if self.longest is None or len(name) + len(suffix) <= self.longest:
            return name + suffix
        unique = placeholder_id("hex8", name)
        return f"{name[: self.longest - len(suffix) - len(unique) - 1]}-{unique}{suffix}"


class Support(NamedTuple):
    """Whether the stack has a resource.

    If it `exists` there, the values of Ref and GetAtt are real, and its properties have an effect. `reason` tells the
    user why the application works differently without it; it is empty if the application works the same.
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


class TemplateType(Protocol):
    """The part of a `ResourceType` that the resolver uses."""

    @property
    def type(self) -> str:
        """The name; one that ends in `*` is a prefix."""

    @property
    def name(self) -> Name:
        """The physical name."""

    @property
    def attributes(self) -> Mapping[str, Format]:
        """The values of GetAtt."""

    @property
    def ref(self) -> Format:
        """The value of Ref."""

    @property
    def kind(self) -> str:
        """The users' word for it, such as table; names are unique within a kind."""

    @property
    def support(self) -> SupportOf:
        """Whether the stack has such a resource."""

    @property
    def properties(self) -> Mapping[str, object]:
        """The properties that may occur, if that is checked."""

    @property
    def deploy_only(self) -> frozenset[str]:
        """The attributes that are known only after a deploy."""

    @property
    def only_these_attributes(self) -> bool:
        """Whether GetAtt of another attribute is an error; otherwise it gives a plausible value."""

    @property
    def internal_ids(self) -> bool:
        """Whether its ids are of use within the template, but not to a function that calls AWS with them."""

    @property
    def identity(self) -> frozenset[str]:
        """The properties under which data is kept."""

    @property
    def polled(self) -> str:
        """The attribute with the ARN that an event source mapping names, if functions can receive from it."""

    @property
    def local_paths(self) -> Mapping[str, bool]:
        """The properties that name files, and whether the default is the template's folder."""

    @property
    def shared_value(self) -> str:
        """The property that other templates read by the resource's name."""

    @property
    def nested_template(self) -> str:
        """The property that names the template of a nested stack."""

    def has_effect(self, property_name: str, last_key: str) -> bool:
        """Whether a value below a property makes a difference in the stack."""


Types: TypeAlias = Callable[[str], TemplateType]


def placeholder_id(kind: str, seed: str) -> str:
    """An id in AWS's shape that depends on nothing but its arguments."""
    source = hashlib.shake_256(f"{kind}:{seed}".encode())
    match kind:
        case "uuid":
            digits = source.hexdigest(16)  # as uuid.UUID(…, version=4), whose import takes 1 % of a small build
            variant = "89ab"[int(digits[16], 16) % 4]
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        case _ if kind.startswith("hex"):
            return source.hexdigest(int(kind[3:]))[: int(kind[3:])]
        case _:
            letters = "abcdefghijklmnopqrstuvwxyz"
            alphabet = f"{letters.upper() if kind.isupper() else letters}0123456789"
            return "".join(alphabet[byte % len(alphabet)] for byte in source.digest(int(kind[2:])))


class Fields(dict[str, str]):
    """The fields of a format; ids and properties are made on demand."""

    def __init__(
        self, identity: StackIdentity, logical_id: str, name: str, property_text: Callable[[str], str]
    ) -> None:
        super().__init__(
            account=identity.account_id,
            logical_id=logical_id,
            name=name,
            partition=identity.partition,
            region=identity.region,
            stack=identity.stack_name,
            suffix=identity.url_suffix,
            whole_id=identity.prefix.replace("-", "") + logical_id,
        )
        self._seed = f"{identity.stack_name}/{logical_id}"
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
    """A plausible format for an attribute that a row does not have, guessed from its name."""
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
