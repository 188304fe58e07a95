"""Resource policies of REST APIs, whose statements the gateway enforces.

A policy with a part that it does not enforce closes its API. What SAM makes of `Auth: {ResourcePolicy: …}` is in its
specification, ResourcePolicyStatement.
"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final, Literal, NamedTuple

from esb_generator.resources.nodes import Node, one_of, text, texts
from esb_generator.values import Seq
from esb_schemas.contract import PolicyStatement
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.policy_conditions import InvalidCondition, UnknownCondition, condition

POLICY: Final = "x-amazon-apigateway-policy"  # in the document of an API
_INVOKE: Final = "execute-api:invoke"
_OWN: Final = "execute-api:/"  # how a resource begins that is of this API
_SAM: Final = ("CustomStatements", "IpRangeWhitelist", "IpRangeBlacklist")
_PARTS: Final = ("Sid", "Effect", "Principal", "Action", "Resource", "Condition")
_RANGES: Final[Mapping[str, str]] = {"IpRangeWhitelist": "NotIpAddress", "IpRangeBlacklist": "IpAddress"}
_PARAMETER: Final = LazyPattern(r"\{[^{}]*\}")


class Policy(NamedTuple):
    """The statements of a policy, none if it lets everybody in; or why no route of its API can be served.

    The reason goes on after the route.
    """

    statements: tuple[PolicyStatement, ...] = ()
    closed: str = ""

    def and_also(self, other: "Policy") -> "Policy":
        """Both policies in one."""
        added = (statement for statement in other.statements if statement not in self.statements)
        return Policy((*self.statements, *added), self.closed or other.closed)


class _NotEnforced(Exception):
    """A part of a policy that the gateway does not enforce; the text names it."""


def document_policy(node: Node | None) -> Policy:
    """A policy as IAM writes it."""
    return Policy() if node is None else _policy(node, "Statement", ("Version", "Id", "Statement"), ("execute-api:/*",))


def sam_policy(node: Node | None, stage: str, methods: Iterable[str] = ("*",), path: str = "/*") -> Policy:
    """ResourcePolicy of an API, or of an event for the methods of its path."""
    if node is None:
        return Policy()
    place = _PARAMETER.sub("*", path)
    return _policy(node, "CustomStatements", _SAM, tuple(f"execute-api:/{stage}/{each}{place}" for each in methods))


def _policy(node: Node, key: str, known: Iterable[str], resources: tuple[str, ...]) -> Policy:
    try:
        unknown = next((name for name, _ in node.entries() if name not in known), "")
        if unknown:
            raise _NotEnforced(f"with {unknown}")
        found = (*_ip_ranges(node, resources), *_statements(node.get(key)))
    except _NotEnforced as reason:
        return Policy(closed=f"is behind a resource policy {reason}, which is not checked")
    if not found:
        return Policy(closed="is behind a resource policy that has no statement for callers")
    return Policy() if all(map(_admits_everybody, found)) else Policy(found)


def _ip_ranges(node: Node, resources: tuple[str, ...]) -> Iterator[PolicyStatement]:
    for name, operator in _RANGES.items():
        ranges = node.get(name)
        if ranges is not None:
            yield PolicyStatement("Allow", resources)
            values = _values(ranges, operator, "aws:SourceIp")
            yield PolicyStatement("Deny", resources, {operator: {"aws:SourceIp": values}})


def _statements(node: Node | None) -> Iterator[PolicyStatement]:
    listed = () if node is None else node.items() if isinstance(node.value, Seq) else (node,)
    for each in listed:
        _refuse_parts(each)
        if any(fnmatchcase(_INVOKE, action.lower()) for action in each.need("Action", _one_or_more) or ()):
            effect: Literal["Allow", "Deny"] = each.need("Effect", one_of("Allow", "Deny")) or "Deny"
            resources = each.need("Resource", _one_or_more) or ()
            if effect == "Deny":
                _refuse_resources(resources)
            yield PolicyStatement(effect, resources, dict(_conditions(each.child("Condition"))))


def _refuse_resources(resources: Iterable[str]) -> None:
    """A denial of what can be no method would deny nothing."""
    for resource in resources:
        if not resource.startswith(("*", _OWN, "arn:")):
            raise _NotEnforced(f"with the Resource {resource}")


def _refuse_parts(statement: Node) -> None:
    part = next((name for name, _ in statement.entries() if name not in _PARTS), "")
    if part:
        raise _NotEnforced(f"with {part}")
    principal = statement.get("Principal")
    named = principal.get("AWS") if principal is not None and not isinstance(principal.value, str) else principal
    if named is None or "*" not in _one_or_more(named):
        raise _NotEnforced("with a Principal that is not everybody")


def _conditions(node: Node) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    for operator, keys in node.entries():
        yield operator, {key: _values(values, operator, key) for key, values in keys.entries()}


def _values(node: Node, operator: str, key: str) -> tuple[str, ...]:
    values = _one_or_more(node)
    try:
        condition(operator, key, values)
    except UnknownCondition:
        raise _NotEnforced(f"with a condition on {key}") from None
    except InvalidCondition as error:
        node.problem(str(error))
    return values


def _one_or_more(node: Node) -> tuple[str, ...]:
    return texts(node) if isinstance(node.value, Seq) else (text(node),)


def _admits_everybody(statement: PolicyStatement) -> bool:
    return statement.effect == "Allow" and not statement.conditions and any(map(_is_everything, statement.resources))


def _is_everything(resource: str) -> bool:
    """A star, or the path of an API that is nothing but stars."""
    is_path = resource.startswith((_OWN, "arn:"))
    return resource == "*" or (is_path and resource.partition("/")[2] in ("*", "*/*", "*/*/*"))
