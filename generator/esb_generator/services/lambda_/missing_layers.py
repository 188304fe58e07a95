"""Layers whose ARN is not of the template: a notice about the missing content, and where to get it."""

from __future__ import annotations

import re

from esb_generator.resources.findings import first_names
from esb_generator.resources.nodes import Node, text
from esb_generator.resources.stack import Stack

_OTHER = "put its content into a folder and add an AWS::Serverless::LayerVersion"
# The alternative to the Lambda Web Adapter, https://github.com/awslabs/aws-lambda-web-adapter
WITHOUT_ADAPTER = "let a handler call the application, as mangum (Python) and serverless-http (Node.js) do"
_ADAPTER = r"LambdaAdapterLayer(X86|Arm64|)"
# By the name of a layer that AWS publishes.
_KNOWN = (
    (r"AWSLambdaPowertoolsPython.*", "add aws-lambda-powertools to requirements.txt"),
    (r"AWSLambdaPowertoolsTypeScript.*", "add the @aws-lambda-powertools packages that it imports to package.json"),
    (r"AWSSDKPandas-Python.*", "add awswrangler to requirements.txt"),
    (
        rf"{_ADAPTER}",
        f"set ESB_WEB_ADAPTER to the Lambda Web Adapter's program or image, and build again, or {WITHOUT_ADAPTER}",
    ),
    (r"LambdaInsightsExtension.*", "it only collects metrics; the function runs without it"),
    (
        r"AWS-(Parameters-and-Secrets-Lambda|AppConfig)-Extension.*",
        "unpack its archive into a folder for an AWS::Serverless::LayerVersion; it calls AWS, which is not reached, so"
        " read the values from environment variables",
    ),
)


def report_missing_layers(stack: Stack) -> None:
    """A notice for each layer whose content is not here, at the first function that names it."""
    users: dict[str, list[Node]] = {}
    for resource in stack.of_kind("function"):
        for item in resource.properties.items_of("Layers"):
            if isinstance(item.value, str) and stack.layer(reference := text(item)) is None:
                users.setdefault(reference, []).append(item)
    if stack.context.web_adapter is not None:
        users = {reference: items for reference, items in users.items() if not is_web_adapter(reference)}
    for reference, (first, *others) in users.items():
        also = f", also of {first_names([item.logical_id for item in others])}" if others else ""
        why = f"its content is not in the project; if needed, {_fix(reference)}"
        first.notice(f"the layer {reference} is left out{also}: {why}")


def is_web_adapter(reference: str) -> bool:
    """Whether the ARN is that of the Lambda Web Adapter's layer, in any account: people publish copies of it."""
    return re.fullmatch(_ADAPTER, _layer_name(reference)) is not None


def _fix(reference: str) -> str:
    return next((fix for pattern, fix in _KNOWN if re.fullmatch(pattern, _layer_name(reference))), _OTHER)


def _layer_name(arn: str) -> str:
    return arn.rpartition(":layer:")[2].partition(":")[0]
