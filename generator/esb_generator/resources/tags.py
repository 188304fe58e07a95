"""Tags, which are a mapping in SAM and a list in CloudFormation."""

from __future__ import annotations

from esb_generator.resources.nodes import Field, Node, Shape, read_shape, text, text_map
from esb_generator.values import Map

_TAG: Shape = {"Key": Field(text, required=True), "Value": Field(text, required=True)}


def tags(node: Node) -> list[dict[str, str]]:
    """Either form as boto3's list of Key and Value."""
    if isinstance(node.value, Map):
        return [{"Key": key, "Value": value} for key, value in text_map(node).items()]
    return [read_shape(item, _TAG) for item in node.items()]
