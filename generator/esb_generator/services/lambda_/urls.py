"""FunctionUrlConfig of AWS::Serverless::Function, and AWS::Lambda::Url, become the URLs of functions."""

from __future__ import annotations

from esb_generator.resources.cors import http_cors
from esb_generator.resources.nodes import Node, check_keys, names, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.contract import FunctionUrl

_CONFIG = names("AuthType Cors InvokeMode")


def function_urls(stack: Stack) -> dict[str, FunctionUrl]:
    """The URLs by the logical ids of their functions; a second one of a function is reported and left out."""
    found: dict[str, FunctionUrl] = {}
    for resource in stack.of_type("AWS::Serverless::Function"):
        config = resource.properties.get("FunctionUrlConfig")
        if config is not None:
            check_keys(config, _CONFIG)
            found[resource.logical_id] = _url(config, resource.properties.read("AutoPublishAlias", text))
    for resource in stack.of_type("AWS::Lambda::Url"):
        stack.check_properties(resource)
        reference = resource.properties.need("TargetFunctionArn", text) or ""
        owner = stack.function(reference)
        url = _url(resource.properties, _qualifier(resource, reference))
        if owner is None:
            resource.notice(f"{reference} is not a function of this template: the URL is left out")
        elif owner.logical_id in found:
            resource.notice(f"{owner.logical_id} has a URL already, and a function has one here: this one is left out")
        else:
            found[owner.logical_id] = url
    return found


def _url(node: Node, qualifier: str | None) -> FunctionUrl:
    return FunctionUrl(
        auth_type=node.need("AuthType", one_of("NONE", "AWS_IAM")) or "NONE",
        invoke_mode=node.read("InvokeMode", one_of("BUFFERED", "RESPONSE_STREAM")) or "BUFFERED",
        qualifier=qualifier,
        cors=node.read("Cors", http_cors),
    )


def _qualifier(resource: Resource, reference: str) -> str | None:
    """The alias that the URL names, or at the end of the function's ARN."""
    named = resource.properties.read("Qualifier", text)
    return named or reference.rpartition("function:")[2].partition(":")[2] or None
