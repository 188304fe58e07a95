"""AWS::Serverless::Function and AWS::Lambda::Function become functions."""

from __future__ import annotations

import re
from typing import Literal

from esb_generator.model import Function
from esb_generator.resources.nodes import Node, check_keys, integer, matching, names, one_of, text, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.lambda_.code import build_method, function_code, image_config, package_type
from esb_schemas import contract
from esb_schemas.contract import given

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as families: a new minor version needs no release.
_RUNTIME = re.compile(
    r"python[23]\.\d+|nodejs\d+\.x|java\d+(\.al2)?|dotnet\d+|dotnetcore\d\.\d|ruby\d\.\d|go1\.x"
    r"|provided(\.al\d+)?"
)
# Retired before AWS published images of the runtimes: nothing can be built on them.
_WITHOUT_IMAGE = re.compile(r"nodejs([468]\.\d+(-edge)?)?|dotnetcore[12]\.0")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Defined runtime environment variables"
_RESERVED = names(
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME "
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE "
    "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY "
    "AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR"
)
_handler = matching(re.compile(r"\S{1,128}"), "must be 1 to 128 characters without spaces, such as app.handler")
_family = matching(_RUNTIME, "must be a Lambda runtime such as python3.12, nodejs22.x, java21 or provided.al2023")
alias = matching(re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}"), "must be letters, digits, _ and -, and not a number")
_MAX_LAYERS = 5
BUILD_FIRST = "run sam build, and esb build -t .aws-sam/build/template.yaml"

_LOGGING = names("ApplicationLogLevel LogFormat LogGroup SystemLogLevel")


def function(stack: Stack, resource: Resource, aliases: tuple[str, ...]) -> Function:
    """A function with everything that its resource says; `aliases` come from other resources."""
    properties = resource.properties
    stack.check_properties(resource)
    zipped = package_type(resource) == "Zip"
    method = build_method(resource)
    if zipped and method is not None and not _installed(method):
        resource.metadata.notice(f"BuildMethod {method} is not run, the code is taken as it lies there; {BUILD_FIRST}")
    properties.read("PackageType", one_of("Zip", "Image"))
    provisioned = _inside(properties, "ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions", 1)
    reserved = properties.read("ReservedConcurrentExecutions", integer(0))
    entry = given(
        contract.Function,
        description=properties.read("Description", text),
        handler=properties.need("Handler", _handler) if zipped else None,
        runtime=properties.need("Runtime", _runtime) if zipped else None,
        architecture=properties.read("Architectures", _architecture),
        timeout=properties.read("Timeout", integer(1, 900)),
        memory_size=properties.read("MemorySize", integer(128, 10240)),
        ephemeral_storage=_inside(properties, "EphemeralStorage", "Size", 512, 10240),
        environment=_environment(properties),
        log_format=properties.read("LoggingConfig", _log_format),
        scaling=_scaling(provisioned, reserved),
        reserved_concurrency=reserved,
        aliases=tuple(dict.fromkeys((*_published(properties), *aliases))),
        image=None if zipped else image_config(resource),
    )
    layers = _layers(stack, properties) if zipped else ()
    return Function(_name(stack, resource), resource.logical_id, resource.mark, function_code(resource), entry, layers)


def _scaling(provisioned: int | None, reserved: int | None) -> contract.Scaling:
    """The reserved concurrency is the maximum; without it the default, or the provisioned concurrency if higher."""
    if reserved is None and provisioned is not None:
        return contract.Scaling(provisioned, max(provisioned, contract.FunctionSettings().max_capacity))
    return contract.Scaling(provisioned, reserved)


def _runtime(node: Node) -> str:
    said = text(node)
    if _WITHOUT_IMAGE.fullmatch(said):
        node.problem(f"{said} is a runtime that AWS has retired and has no image of; choose a later one")
        return said
    return _family(node)


def _installed(method: str) -> bool:
    """Whether a BuildMethod does no more than the function's image does: install what a manifest lists."""
    return method.startswith(("python", "nodejs", "ruby"))


def _published(properties: Node) -> tuple[str, ...]:
    name = properties.read("AutoPublishAlias", alias)
    return () if name is None else (name,)


def _name(stack: Stack, resource: Resource) -> str:
    name = stack.name(resource)
    if not _NAME.fullmatch(name):
        resource.problem(f"the function name {name!r} must be 1 to 64 letters, digits, - and _; give a FunctionName")
    return name


def _architecture(node: Node) -> Literal["x86_64", "arm64"]:
    chosen = [one_of("x86_64", "arm64")(item) for item in node.items()]
    if len(chosen) > 1:
        node.problem("must name one architecture")
    return "arm64" if chosen == ["arm64"] else "x86_64"


def _layers(stack: Stack, properties: Node) -> tuple[str, ...]:
    node = properties.get("Layers")
    if node is None:
        return ()
    if len(texts(node)) > _MAX_LAYERS:
        node.problem(f"has {len(texts(node))} layers; Lambda takes {_MAX_LAYERS}")
    found = []
    for item in node.items():
        reference = text(item)
        layer = stack.layer(reference)
        if layer is not None:
            found.append(layer.logical_id)
        elif isinstance(item.value, str):
            item.notice(
                f"the layer {reference} is left out, its content is not here; if the function needs it, "
                "put its content into a folder and add an AWS::Serverless::LayerVersion"
            )
    return tuple(found)


def _environment(properties: Node) -> dict[str, str]:
    node = properties.get("Environment")
    if node is None:
        return {}
    check_keys(node, names("Variables"))
    variables = node.get("Variables")
    if variables is None:
        return {}
    result = {}
    for key, child in variables.entries():
        if not _VARIABLE.fullmatch(key):
            child.problem("has a name that Lambda refuses; begin with a letter, go on with letters, digits and _")
        elif key in _RESERVED:
            child.problem("is set by Lambda itself; choose another name")
        result[key] = text(child)
    return result


def _log_format(node: Node) -> Literal["Text", "JSON"]:
    check_keys(node, _LOGGING)
    return "JSON" if node.read("LogFormat", one_of("Text", "JSON")) == "JSON" else "Text"


def _inside(properties: Node, key: str, inner: str, low: int, high: int | None = None) -> int | None:
    """A number that is the only entry of a mapping."""
    node = properties.get(key)
    if node is None:
        return None
    check_keys(node, names(inner))
    return node.need(inner, integer(low, high))
