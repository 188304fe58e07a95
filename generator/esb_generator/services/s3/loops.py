"""Functions that may write to the bucket whose new objects invoke them.

The template shows it: by a policy that allows writing, or, if it has no policies for the function, by a variable with
the bucket's name. A policy for any bucket is not enough if a variable names another bucket, which is then the target. A
notification with a prefix or a suffix is not reported, because these prevent such loops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Final

from esb_generator.resources.nodes import Node
from esb_generator.resources.stack import Resource, Stack
from esb_generator.values import Map, Seq, Value
from esb_schemas.partitions import PARTITIONS

_TEMPLATES: Final = ("S3CrudPolicy", "S3FullAccessPolicy", "S3WritePolicy")
_MANAGED: Final = ("AmazonS3FullAccess", "AdministratorAccess", "PowerUserAccess")
_NO_BUCKET: Final = "?"  # a name that only a policy for every bucket matches


def report_loop(stack: Stack, node: Node, bucket: Resource, function: Resource) -> None:
    """A notice at a notification whose function may invoke itself by it."""
    name = stack.name(bucket)
    others = {stack.name(each) for each in stack.of_kind("bucket")} - {name}
    if why := _reason(function.properties, name, others):
        node.notice(
            f"{function.logical_id} is invoked by each new object of {bucket.logical_id}, and {why}: what it writes "
            "there invokes it again, and only embedded mode stops that after 16 times, as AWS does; give the "
            "notification a prefix to which it does not write"
        )


def _reason(function: Node, bucket: str, others: Collection[str]) -> str:
    policies = function.get("Policies")
    variable = _variable_with(function, {bucket})
    if policies is None:
        return f"its variable {variable} names it" if variable else ""
    allowing = [each for each in _list(policies.value) if _allows(each, bucket)]
    of_any_bucket = all(_allows(each, _NO_BUCKET) for each in allowing)
    if not allowing or (of_any_bucket and not variable and _variable_with(function, others)):
        return ""
    return "its Policies let it write to it"


def _variable_with(function: Node, buckets: Collection[str]) -> str | None:
    """The first variable whose value is one of these buckets."""
    variables = function.child("Environment").child("Variables").value
    named = variables.items() if isinstance(variables, Map) else ()
    arns = {arn for bucket in buckets for arn in _arns(bucket)}
    return next((key for key, value in named if str(value) in buckets or str(value) in arns), None)


def _allows(policy: Value, bucket: str) -> bool:
    if isinstance(policy, str):
        return policy.rpartition("/")[2] in _MANAGED
    if not isinstance(policy, Map):
        return False
    templates = (policy[name] for name in _TEMPLATES if name in policy)
    if any(isinstance(each, Map) and each.get("BucketName") == bucket for each in templates):
        return True
    return any(
        any(fnmatchcase("s3:PutObject".lower(), action.lower()) for action in _texts(statement.get("Action")))
        and any(
            fnmatchcase(f"{arn}/key", resource)
            for resource in _texts(statement.get("Resource"))
            for arn in _arns(bucket)
        )
        for statement in _list(policy.get("Statement"))
        if isinstance(statement, Map) and statement.get("Effect") == "Allow"
    )


def _arns(bucket: str) -> list[str]:
    return [f"arn:{partition}:s3:::{bucket}" for partition in PARTITIONS]


def _list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, Seq) else [value]


def _texts(value: Value) -> Iterator[str]:
    return (each for each in _list(value) if isinstance(each, str))
