"""AWS::Serverless::LayerVersion and AWS::Lambda::LayerVersion become layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esb_generator.model import FolderCode, Function, Layer, WebAdapter
from esb_generator.resources.files import left_out, local_content
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.lambda_.code import build_metadata

WEB_ADAPTER: Final = "lambda-web-adapter"  # in place of a logical id, which has no dash
WEB_ADAPTER_FILE: Final = "extensions/lambda-adapter"  # its program in the layer
_CONTENT = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}


def layer(stack: Stack, resource: Resource) -> Layer:
    """A layer; its content is used as it is unless Metadata names a BuildMethod."""
    stack.check_properties(resource)
    return Layer(
        logical_id=resource.logical_id,
        name=stack.name(resource),
        mark=resource.mark,
        content=resource.properties.need(_CONTENT[resource.type], local_content) or FolderCode("."),
        build=build_metadata(resource),
    )


def web_adapter_layer(functions: Iterable[Function], adapter: WebAdapter | None) -> Iterator[Layer]:
    """The layer that takes the place of the Lambda Web Adapter's, if a function has that."""
    marks = [function.mark for function in functions if WEB_ADAPTER in function.layers]
    if adapter is not None and marks:
        yield Layer(WEB_ADAPTER, WEB_ADAPTER, marks[0], adapter)


def content_left_out(resource: Resource) -> str:
    """Why a layer is left out: its content is an object in S3."""
    return left_out("content", "layer", resource.properties.get(_CONTENT[resource.type]))
