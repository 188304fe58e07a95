"""AWS::Serverless::LayerVersion and AWS::Lambda::LayerVersion become layers."""

from __future__ import annotations

from esb_generator.model import FolderCode, Layer
from esb_generator.resources.nodes import check_keys, names
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.lambda_.code import build_method, local_content

CONTENT = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}
_PROPERTIES = names(
    "CompatibleArchitectures CompatibleRuntimes Description LayerName LicenseInfo PublishLambdaVersion RetentionPolicy"
)


def layer(stack: Stack, resource: Resource) -> Layer:
    """A layer; its content is used as it is unless Metadata names a BuildMethod."""
    content = CONTENT[resource.type]
    check_keys(resource.properties, {**_PROPERTIES, **names(content)})
    return Layer(
        logical_id=resource.logical_id,
        name=stack.name(resource),
        mark=resource.mark,
        content=resource.properties.need(content, local_content) or FolderCode("."),
        build_method=build_method(resource),
    )
