"""Functions that may write to the bucket whose new objects invoke them.

Seen in the template: a policy that allows it, or, of a function without policies in it, a variable that names the
bucket. A notification with a prefix or a suffix is left alone: that is how such functions are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from esb_generator.resources.nodes import Node
from esb_generator.resources.stack import Resource
from esb_generator.values import Map, Seq, Value

_TEMPLATES: Final = ("S3CrudPolicy", "S3FullAccessPolicy", "S3WritePolicy")
_MANAGED: Final = ("AmazonS3FullAccess", "AdministratorAccess", "PowerUserAccess")


def report_loop(node: Node, bucket: Resource, name: str, function: Resource) -> None:
    """A notice at a notification whose function may invoke itself by it. `name` is that of the bucket."""
    if why := _reason(function.properties, name):
        node.notice(
            f"{function.logical_id} is invoked by each new object of {bucket.logical_id}, and {why}: what it writes "
            "there invokes it again, and only embedded mode stops that after 16 times, as AWS does; give the "
            "notification a prefix to which it does not write"
        )


def _reason(function: Node, bucket: str) -> str:
    policies = function.get("Policies")
    if policies is not None:
        return "its Policies let it write to it" if any(_allows(each, bucket) for each in _list(policies.value)) else ""
    variables = function.child("Environment").child("Variables").value
    found = variables if isinstance(variables, Map) else {}
    named = (key for key, value in found.items() if value in (bucket, f"arn:aws:s3:::{bucket}"))
    variable = next(named, None)
    return f"its variable {variable} names it" if variable else ""


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
        and any(fnmatchcase(f"arn:aws:s3:::{bucket}/key", resource) for resource in _texts(statement.get("Resource")))
        for statement in _list(policy.get("Statement"))
        if isinstance(statement, Map) and statement.get("Effect") == "Allow"
    )


def _list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, Seq) else [value]


def _texts(value: Value) -> Iterator[str]:
    return (each for each in _list(value) if isinstance(each, str))
