"""Functions and layers whose code is an object in S3 are left out: the build has no way to fetch it."""

from __future__ import annotations

from esb_generator.resources.nodes import Node
from esb_generator.resources.stack import FUNCTION_TYPES, Resource, Stack
from esb_generator.services.lambda_.code import object_in_s3, package_type
from esb_generator.services.lambda_.layers import CONTENT

_MEND = "give a local folder or .zip file"


def drop_remote_code(stack: Stack) -> Stack:
    """The stack without them; each is told of."""
    kept = {}
    for logical_id, resource in stack.resources.items():
        node = _code(resource)
        place = object_in_s3(node) if node is not None else None
        if place is None:
            kept[logical_id] = resource
        elif resource.type in FUNCTION_TYPES:
            resource.notice(f"its code is {place}, which the build cannot fetch: the function is left out; {_MEND}")
        else:
            resource.notice(f"its content is {place}, which the build cannot fetch: the layer is left out; {_MEND}")
    return stack if len(kept) == len(stack.resources) else Stack(kept, stack.names, stack.context)


def _code(resource: Resource) -> Node | None:
    """Where the code is said to be, if it is to be fetched at all."""
    properties = resource.properties
    if resource.type in CONTENT:
        return properties.get(CONTENT[resource.type])
    if resource.type not in FUNCTION_TYPES or package_type(resource) == "Image" or properties.has("InlineCode"):
        return None
    return properties.get("CodeUri" if resource.type == "AWS::Serverless::Function" else "Code")
